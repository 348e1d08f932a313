"""Progress of a run: on a terminal only, gone when the run has ended, and the same report with it as without."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server import events
from server.cli import main as command_line
from server.cli import running, terminal
from server.cli.progress import Progress
from server.cli.style import Style
from server.events import Entry, RunStarted
from server.lesson import catalog
from server.log import recording
from server.log.event_log import EventLog

ROOT = Path(__file__).resolve().parents[2]
SLUG, PRESET = "concurrency-parallelism", "processes"
ERASE = "\r\x1b[K"


def seen(raw: str) -> str:
    """What a terminal shows in the end: a line that is erased is not there, colours are not text."""
    lines = [line.rpartition(ERASE)[2] for line in re.sub(r"\x1b\[[0-9]*m", "", raw).replace("\r\n", "\n").split("\n")]
    return "\n".join(lines)


class Terminal(io.StringIO):
    """A terminal, and an event for its first line of progress about a run that has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if "recorded" in text:
            self.told.set()
        return super().write(text)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Callable[[io.StringIO], str]:
    """Runs the command on a stream, with the shipped recording in place of a run; what it has written there."""
    path = catalog.recording_path(SLUG, PRESET)
    assert path is not None
    entries = recording.read(path).entries

    def written(stream: io.StringIO) -> str:
        def perform(_slug: str, _preset: str | None, _pairs: Any, on_entry: Callable[[Entry], None]) -> EventLog:
            log = EventLog()
            for entry in entries:
                log.append(entry)
                on_entry(entry)
            if isinstance(stream, Terminal):
                assert stream.told.wait(30)
            return log

        monkeypatch.setattr(running, "perform", perform)
        monkeypatch.setattr(sys, "stdout", stream)
        assert command_line.main(["run", SLUG, "--preset", PRESET, "--lang", "en"]) == 0
        return stream.getvalue()

    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return written


def test_a_terminal_ends_up_with_what_a_pipe_gets(recorded: Callable[[io.StringIO], str]) -> None:
    piped, raw = recorded(io.StringIO()), recorded(Terminal())
    assert "\x1b" not in piped
    assert "\r" not in piped
    assert re.search(r"\d+ s of about \d+ s, [\d,]+ entries recorded", raw)
    assert "\x1b[32m" in raw, "colours"
    assert seen(raw) == piped


def test_no_color_takes_the_colours_and_leaves_the_progress(
    recorded: Callable[[io.StringIO], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    raw = recorded(Terminal())
    assert not re.search(r"\x1b\[[0-9]*m", raw)
    assert ERASE in raw


def test_the_line_says_what_was_expected_and_when_it_is_late() -> None:
    progress = Progress(None, Style("zh"), 10.0, 80)
    assert progress.line().startswith("正在启动")
    progress.on_entry(
        Entry(0, "told", RunStarted("x", {}, "exact", [0], "6.1", "3.11", "2026-11-24T00:00:00+00:00", 5))
    )
    assert progress.line() == "已运行0秒，大约共需10秒，已记录1条"
    late = Progress(None, Style("en"), -1.0, 80)
    late.begin()
    assert "longer than" in late.line()


def test_what_is_no_terminal_gets_only_the_head() -> None:
    out = io.StringIO()
    with Progress(None, Style(), 5.0, 80) as progress:
        progress.begin("head", out)
    assert out.getvalue() == "head\n"


@pytest.mark.real_processes
def test_a_real_run_at_a_real_terminal_says_how_far_it_is_and_leaves_its_report() -> None:
    argv = [sys.executable, "-m", "server", "run", SLUG, "--preset", PRESET, "--set", "millions=20"]
    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    with subprocess.Popen(argv, stdin=follower, stdout=follower, stderr=follower, cwd=ROOT, env=env) as process:
        os.close(follower)
        raw = read_all(leader)
    os.close(leader)
    text = seen(raw)
    assert process.returncode in (0, 1), text
    assert re.search(r"\d+ s(, longer than the| of about) \d+ s", raw), raw
    assert "entries recorded" not in text, "the line is gone in the end"
    assert text.rstrip().endswith("Finished.")
    assert {"Claims", "Proof"} <= set(text.splitlines())


def read_all(fd: int) -> str:
    """All that comes until nobody holds the other end of the terminal (Linux says EIO)."""
    data = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            return data.decode("utf-8")
        if not piece:
            return data.decode("utf-8")
        data += piece


@pytest.mark.real_processes
def test_a_real_run_in_a_pipe_says_nothing_extra(tmp_path: Path) -> None:
    log = tmp_path / "x.ndjson"
    argv = [sys.executable, "-m", "server", "run", SLUG, "--preset", PRESET, "--set", "millions=8", "--json", str(log)]
    env = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, env=env, timeout=120, check=False)
    entries = [events.decode(line) for line in log.read_text("ascii").splitlines()]
    report = running.report(SLUG, entries, terminal.outcome(entries), 100, Style())
    assert done.stderr == ""
    assert done.stdout.splitlines()[2:] == report
