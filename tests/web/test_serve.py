"""`timeslice serve`, from outside: its first line, its end, and what keeps it from starting."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_main import ROOT, timeslice

pytestmark = pytest.mark.real_processes


@contextmanager
def serving(data: Path, *argv: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`timeslice serve` at a free port; its first line."""
    with subprocess.Popen(
        [sys.executable, "-m", "server", "serve", "--port", "0", "--no-browser", "--data", str(data), *argv],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.parametrize(("signum", "status"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_serve_says_its_address_answers_and_ends_on_a_signal(tmp_path: Path, signum: int, status: int) -> None:
    with serving(tmp_path) as (process, line):
        assert line.startswith("Timeslice on http://127.0.0.1:")
        url = line.split()[2]
        with urllib.request.urlopen(f"{url}healthz", timeout=30) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(f"{url}en/", timeout=30) as page:
            assert f'<link rel="canonical" href="{url}en/">' in page.read().decode(), "links lead to the port it got"
        process.send_signal(signum)
        assert process.wait(30) == status


@pytest.mark.parametrize(("lang", "word"), [("en", "Tier "), ("zh", "记录级别")])
def test_serve_says_one_tier_once_it_is_known_and_one_remedy(tmp_path: Path, lang: str, word: str) -> None:
    with serving(tmp_path, "--lang", lang) as (process, line):
        assert process.stdout is not None
        told = process.stdout.readline()
        with urllib.request.urlopen(f"{line.split()[2]}readyz", timeout=30) as answer:
            tier = json.load(answer)["tier"]
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read().splitlines()
    assert "http://127.0.0.1:" in line
    assert told.startswith(f"{word}{tier}")
    assert len(rest) <= 1
    assert all(each.startswith("  ") for each in rest), "a remedy"


def test_a_second_server_on_the_same_data_is_refused_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, _):
        second = timeslice("serve", "--port", "0", "--no-browser", "--data", str(tmp_path))
        process.terminate()
        process.wait(30)
    assert (second.returncode, second.stdout) == (1, "")
    assert "another server keeps its runs in" in second.stderr
    assert len(second.stderr.splitlines()) == 1, second.stderr


def test_a_port_that_is_taken_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = timeslice("serve", "--port", port, "--no-browser", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"timeslice serve: cannot listen on 127.0.0.1 port {port}: Address already in use")
    assert len(done.stderr.splitlines()) == 1
