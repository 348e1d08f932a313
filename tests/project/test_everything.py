"""What runs the suite counts right: its last line, its parts, a test that fails now and then, and the busy loops."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import as_user, everything

pytestmark = pytest.mark.real_processes

FAILS = "print('FAILED tests/x.py::test_a - oh'); print('= 1 failed, 3 passed in 2s ='); raise SystemExit(1)"
PASSES = "print('= 5 passed, 2 skipped in 1s =')"
SILENT = "raise SystemExit(3)"


def parts(monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    made = {name: lambda text=text: [sys.executable, "-c", text] for name, text in programs.items()}
    monkeypatch.setattr(everything, "PARTS", made)
    monkeypatch.setattr(everything, "LANES", tuple((name,) for name in programs))


def last_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, list[str]]:
    monkeypatch.setattr(sys, "argv", ["everything.py", *arguments])
    return everything.main(), capsys.readouterr().out.strip().splitlines()


def test_side_by_side_every_line_says_its_part_and_the_last_one_counts_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts(monkeypatch, browser=FAILS, python=PASSES)
    status, lines = last_lines(monkeypatch, capsys)
    assert (status, lines[-1]) == (1, "8 passed, 1 failed")
    assert "failed 1 of 1 times: tests/x.py::test_a" in lines
    assert "browser | = 1 failed, 3 passed in 2s =" in lines
    assert [line.partition(" in ")[0] for line in lines if "s of CPU" in line] == [
        "browser: 3 passed, 1 failed", "python: 5 passed, 0 failed",
    ]  # fmt: skip


def test_a_part_that_is_repeated_says_which_test_failed_how_often(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts(monkeypatch, real=FAILS)
    status, lines = last_lines(monkeypatch, capsys, "--repeat", "3", "--busy", "1", "real")
    assert (status, lines[-2:]) == (1, ["failed 3 of 3 times: tests/x.py::test_a", "9 passed, 3 failed"])


def test_a_part_that_ends_without_a_count_has_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts(monkeypatch, python=PASSES, js=SILENT)
    status, lines = last_lines(monkeypatch, capsys, "--in-turn")
    assert (status, lines[-1]) == (1, "5 passed, 1 failed")


def test_another_user_is_told_nothing_of_roots_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/private")
    monkeypatch.setenv("PATH", "/home/private/bin:/usr/bin")
    monkeypatch.setenv("SOMETHING", "/home/private/x")
    found = as_user.environment(tmp_path)
    assert (found["HOME"], found["PATH"]) == (str(tmp_path), "/usr/bin")
    assert "SOMETHING" not in found
