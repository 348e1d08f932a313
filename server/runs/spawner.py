"""The spawner as its asker sees it: started once, asked for launchers, closed; the process itself is zygote.py.

The web server has threads, so it must never fork: it execs the spawner, and the spawner forks.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import recorder
from ..launcher.launcher import Order
from ..lesson import catalog
from ..stage import Machine

ROOT_PACKAGE = __package__.rpartition(".")[0]
ROOT = Path(__file__).resolve().parents[ROOT_PACKAGE.count(".") + 2]  # the folder that holds the package
_KEPT = ("PATH", "TMPDIR", "XDG_RUNTIME_DIR")
MESSAGE_BYTES = 128 * 1024
HELLO_S = 60.0  # looking at the machine takes a third of a second where nothing else happens
ANSWER_S = 5.0  # a fork takes 2 ms
_CODE = (
    "import sys; sys.path[:0] = {paths!r}; "
    "from {package}.launcher.spawner_process import main; main({fd}, {packages!r}, {uid})"
)


class SpawnerError(Exception):
    """The spawner is gone or refused; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A running launcher, with the asker's ends of its two pipes; both are the asker's to close."""

    pid: int
    control_fd: int  # write JSON lines; closing it kills the run
    facts_fd: int  # read encoded entries, one a line


class Absent:
    """Stands where no spawner can be: nothing runs here, only recordings can be shown."""

    pid = 0
    alive = False

    def __init__(self, reason: str) -> None:
        self.finding = recorder.Finding(tier="recording", reason=reason, remedy=None, kernel=platform.release())
        self.machine = Machine()

    def launch(self, order: Order) -> Launched:  # noqa: ARG002 - the shape of a Client
        """Refuses with the reason."""
        raise SpawnerError(self.finding.reason)

    def kill(self, pid: int) -> None:
        """There is nothing to kill."""

    def close(self) -> None:
        """There is nothing to end."""


class Client:
    """The asker's end. Used by one thread; every call blocks for the few milliseconds a fork takes."""

    def __init__(
        self, process: subprocess.Popen[bytes], sock: socket.socket, finding: recorder.Finding, machine: Machine
    ) -> None:
        self._process = process
        self._socket = sock
        self.finding = finding  # how the kernel can be heard here
        self.machine = machine  # what else there is: interpreters, slices, GNU tools
        self.pid = process.pid

    @classmethod
    def start(
        cls, packages: Sequence[str] = (catalog.PACKAGE,), paths: Sequence[str | Path] = (), uid: int = -1
    ) -> Client:
        """Exec a spawner that has the lessons of ``packages`` imported (``paths`` come first on its sys.path).

        ``uid`` is the user that workers will be; other interpreters count only if that user can run them.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        search = [*map(str, paths), str(ROOT)]
        code = _CODE.format(package=ROOT_PACKAGE, paths=search, fd=theirs.fileno(), packages=tuple(packages), uid=uid)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", code],
                stdin=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.settimeout(HELLO_S)
        try:
            hello = _receive(ours)
        except BaseException:
            ours.close()
            process.wait()
            raise
        ours.settimeout(ANSWER_S)
        return cls(process, ours, recorder.Finding(**hello["finding"]), Machine.of(hello["machine"]))

    @property
    def alive(self) -> bool:
        """Whether the spawner is still there."""
        return self._process.poll() is None

    def launch(self, order: Order) -> Launched:
        """Fork a launcher for ``order``; :class:`SpawnerError` if there is none to ask or it could not fork."""
        message = json.dumps({"launch": asdict(order)}).encode()
        with contextlib.ExitStack() as far, contextlib.ExitStack() as near:
            try:
                control_far, control = _pipe(far, near)
                facts, facts_far = _pipe(near, far)
                socket.send_fds(self._socket, [message], [control_far, facts_far])
                answer = _receive(self._socket)
            except OSError as error:
                raise SpawnerError(f"the run could not be started: {error.strerror or error}") from error
            if "pid" not in answer:
                raise SpawnerError(answer.get("error", "the spawner gave no answer"))
            near.pop_all()
            return Launched(answer["pid"], control, facts)

    def kill(self, pid: int) -> None:
        """SIGKILL a launcher and whatever is below it; one that has gone already is no error."""
        try:
            self._socket.send(json.dumps({"kill": pid}).encode())
            _receive(self._socket)
        except OSError as error:
            raise SpawnerError(f"the spawner cannot be reached: {error.strerror or error}") from error

    def close(self) -> None:
        """End the spawner and everything below it; returns when it is gone."""
        self._socket.close()
        self._process.wait()


def _pipe(reads: contextlib.ExitStack, writes: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed with the stacks they are in."""
    read, write = os.pipe()
    reads.callback(os.close, read)
    writes.callback(os.close, write)
    return read, write


def _environment() -> dict[str, str]:
    """What the observed tree sees of the environment: where programs are, one locale, few malloc arenas."""
    keep = {name: text for name, text in os.environ.items() if name in _KEPT or name.startswith("TIMESLICE_TEST")}
    return keep | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}


def _receive(sock: socket.socket) -> dict[str, Any]:
    data = sock.recv(MESSAGE_BYTES)
    if not data:
        raise SpawnerError("the spawner has ended")
    answer: dict[str, Any] = json.loads(data)
    return answer
