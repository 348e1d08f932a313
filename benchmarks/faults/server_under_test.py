"""The server under test: started, killed and started again on one port, every process of it known by its mark."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from benchmarks.kills import left
from tests.conftest import SERVE

ROOT = Path(__file__).resolve().parents[2]
READY_S, ANSWER_S = 300.0, 30.0  # a loaded machine is no failure
SELF_TEST_S = 45.0  # the spawner kills a self-test that hangs after 30 s, and that of a busy machine is not quick
_PROBE_NAMES = ("ts-self-test", "ts-spawner")  # of the spawner's children: its self-test, and who has no name yet
ENDED = ("finished", "failed", "stopped", "interrupted")
_PERF_EVENT_OPEN = {"x86_64": 298, "aarch64": 241}  # arch/*/include/asm/unistd
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server; status 0 if none came."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class ServerUnderTest:
    """One server at a time, with its data in ``data``; what it answers and writes is watched for what must never be."""

    def __init__(self, data: Path) -> None:
        self.data, self.violations = data, list[str]()
        self.mark = secrets.token_hex(8).upper()
        self.log = data.parent / "server.log"
        self._log_read = 0
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        self.fds = 0  # of the server when it had nothing to do

    def up(self, perf: bool = True, tested: bool = True) -> None:
        """Starts the server if it is not there, and waits until it admits runs (and its self-test is over)."""
        if self.process is not None and self.process.poll() is None:
            return
        environ = {**os.environ, f"TIMESLICE_TEST_{self.mark}": "1", "TIMESLICE_DATA_DIR": str(self.data)}
        with socket.create_server(("127.0.0.1", self.port), backlog=512) as listening, self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(listening.fileno()), "tests.lab"], cwd=ROOT, env=environ,
                pass_fds=[listening.fileno()], stdout=out, stderr=out, preexec_fn=None if perf else _refuse_perf,
            )  # fmt: skip
        deadline = time.monotonic() + READY_S
        while not self._ready(tested):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server is not ready after {READY_S:.0f} s; see {self.log}")
            time.sleep(0.05)
        self.settle(lambda: len(self.roles()["spawner"]) == 1)
        self.fds = self.open_fds()

    def _ready(self, tested: bool) -> bool:
        answer = self.ask("GET", "/readyz")
        return answer.status == 200 and not (tested and answer.json["testing"])

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def end(self, number: int, within_s: float = ANSWER_S) -> float:
        """A signal to the server, and how many seconds it took to go; a violation if it does not."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.violations.append(f"the server is still there {within_s:.0f} s after signal {number}")
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        key: str = "",
        port: int | None = None,
        within_s: float = ANSWER_S,
    ) -> Answer:
        """One request. An answer of 5xx other than 503, or one that holds a path of this machine, is a violation."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        connection = HTTPConnection("127.0.0.1", port or self.port, timeout=within_s)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            got = connection.getresponse()
            answer = Answer(got.status, got.read(), dict(got.headers.items()))
        except (OSError, HTTPException):
            return Answer(0)
        finally:
            connection.close()
        if answer.status >= 500 and answer.status != 503 and port is None:
            self.violations.append(f"5: {method} {_plain(path)} answered {answer.status}")
        shown = b"" if path.endswith("/log") else answer.body  # a lesson may print what it likes: its log says so
        if str(self.data).encode() in shown or _TRACEBACK.encode() in shown:
            self.violations.append(f"5: {method} {_plain(path)} shows a path or a traceback")
        return answer

    def start(self, lesson: str) -> dict[str, Any] | None:
        """POST /api/runs; None if it was refused as it may be."""
        answer = self.ask("POST", "/api/runs", {"lesson": lesson})
        if answer.status in (200, 201):
            made: dict[str, Any] = answer.json
            return made
        if answer.status not in (0, 429, 503):
            self.violations.append(f"a start of {lesson} answered {answer.status}")
        if (
            answer.status == 429
            and not answer.headers.get("Retry-After", answer.headers.get("retry-after", "")).isdigit()
        ):
            self.violations.append("429 without an integer Retry-After")
        return None

    def status(self, run: str) -> str:
        """Of a run; its HTTP status in digits where there is none."""
        answer = self.ask("GET", f"/api/runs/{run}")
        return str(answer.json["status"]) if answer.status == 200 else str(answer.status)

    def roles(self) -> dict[str, list[int]]:
        """Pids below the server, as :func:`roles_of` sorts them."""
        pids = left(self.mark)
        return roles_of(self.pid, {pid: _parent(pid) for pid in pids}, {pid: _name(pid) for pid in pids})

    def open_fds(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def settle(self, true: Callable[[], bool], within_s: float = 10.0) -> bool:
        """Waits until something is true; False if it does not become so."""
        deadline = time.monotonic() + within_s
        while not true():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def tracebacks(self) -> int:
        """How many the server has written since the last question."""
        text = self.log.read_bytes()[self._log_read :]
        self._log_read += len(text)
        return text.count(_TRACEBACK.encode())


def _plain(path: str) -> str:
    return re.sub(r"[a-z0-9]{26}", "{id}", path)


def roles_of(server: int, parents: Mapping[int, int], names: Mapping[int, str]) -> dict[str, list[int]]:
    """Pids by what they are: "spawner", "probe" (its self-test, and what is below that), "launcher", "worker".

    A new spawner tests how the kernel can be heard while runs begin already: its self-test is no launcher, the test's
    tasks are no workers, and a fault of those must not hit them. A worker is whoever is none of the others.
    """
    spawner = [pid for pid, parent in parents.items() if parent == server]
    children = [pid for pid, parent in parents.items() if parent in spawner]
    probe = [pid for pid in children if names[pid] in _PROBE_NAMES]
    launcher = [pid for pid in children if pid not in probe]
    while below := [pid for pid, parent in parents.items() if parent in probe and pid not in probe]:
        probe += below
    known = {server, *spawner, *launcher, *probe}
    worker = [pid for pid in parents if pid not in known]
    return {"spawner": spawner, "probe": probe, "launcher": launcher, "worker": worker}


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
    except OSError:
        return ""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def send(pids: list[int], number: int) -> None:
    """A signal to each that is still there."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _refuse_perf() -> None:
    """perf_event_open(2) gives EPERM from here on: seccomp(2), a filter of four BPF instructions."""
    code = b"".join(
        struct.pack("HBBI", *each)
        for each in (
            (0x20, 0, 0, 0),  # load the number of the system call
            (0x15, 0, 1, _PERF_EVENT_OPEN[platform.machine()]),  # is it that one?
            (0x06, 0, 0, 0x00050001),  # SECCOMP_RET_ERRNO | EPERM
            (0x06, 0, 0, 0x7FFF0000),  # SECCOMP_RET_ALLOW
        )
    )
    text = ctypes.create_string_buffer(code)
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    libc.prctl(22, 2, program)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


STOP, GO, KILL, TERM = signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL, signal.SIGTERM
