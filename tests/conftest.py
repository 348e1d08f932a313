"""Fixtures that many tests share: a real server in a process of its own, a client, and the guard against leaks."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

from tests import leaks

ROOT = Path(__file__).resolve().parent.parent
#: Serves on a socket that is listening already: a client may connect before the server has started.
SERVE = """
import socket, sys
from dataclasses import replace
from server.web.app import create_app
from server.web.tcp import server, tune
from server.settings import load
listening = socket.socket(fileno=int(sys.argv[1]))
settings = replace(load(), port=listening.getsockname()[1])
tune(listening, settings)
server(create_app(settings, sys.argv[2]), settings).run(sockets=[listening])
"""

#: What Python says to its audit hooks (PEP 578) when it starts a process.
STARTS = ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system")
_started: list[str] = []  # since the present test began


def _hear(event: str, _: tuple[object, ...]) -> None:
    if event in STARTS:
        _started.append(event)


sys.addaudithook(_hear)
leaks.mark()
#: A loaded machine is no failure: no deadlines, no complaint about slow draws.
settings.register_profile("loaded", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("loaded")


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a process, a zombie, a thread, a descriptor or a shared-memory segment.

    One that starts processes without the marker ``real_processes`` fails, too: the marked ones are repeated.
    """
    before = leaks.held()
    _started.clear()
    yield
    started = list(_started)
    found = leaks.left(before)
    if found:
        leaks.kill(before)
    assert not found, "left behind: " + "; ".join(found)
    marked = request.node.get_closest_marker("real_processes") or request.node.get_closest_marker("browser")
    assert marked or not started, f"it starts processes ({started[0]}): mark it with pytest.mark.real_processes"


@dataclass(frozen=True)
class Served:
    """A server that is running: its address, its process, where it keeps its data and writes what it has to say."""

    url: str
    port: int
    process: subprocess.Popen[bytes]
    data: Path
    said: Path

    def stop(self) -> int:
        """SIGTERM; the exit status, once it is gone."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def _tested(served: Served) -> None:
    """Wait until the server knows how the kernel can be heard; it answers before."""
    pause = threading.Event()
    while True:
        answer = httpx.get(f"{served.url}/readyz", timeout=60)
        if answer.status_code != 200 or not answer.json()["testing"]:
            return
        pause.wait(0.05)


@contextlib.contextmanager
def serving(data: Path, package: str = "server.lessons", **environ: str) -> Iterator[Served]:
    """A server on a free port with its data in ``data``; ``environ`` adds TIMESLICE_… settings."""
    said = data / "said.txt"
    with socket.socket() as listening, said.open("wb") as out:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", SERVE, str(listening.fileno()), package],
            cwd=ROOT,
            env={**os.environ, "TIMESLICE_DATA_DIR": str(data), **environ},
            pass_fds=[listening.fileno()],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    served = Served(f"http://127.0.0.1:{port}", port, process, data, said)
    try:
        _tested(served)
        yield served
    finally:
        if process.poll() is None:
            served.stop()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that do not harm it. It must never have met a fault of its own."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running
    said = running.said.read_text(errors="replace")
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same with the lessons of tests/lessons: some wait for the reader, some misbehave."""
    with serving(tmp_path_factory.mktemp("lab"), "tests.lab") as running:
        yield running
    said = running.said.read_text(errors="replace")
    assert "Traceback" not in said, said


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """A client of the shared server; it follows no redirect."""
    with httpx.Client(base_url=served.url, timeout=60) as made:
        yield made
