"""The spawner as its client sees it: exec'd once, asked for launchers, closed; its own process is spawner_process.py.

The web server has threads, so it must never fork: it execs the spawner, and the spawner forks. Every request carries a
number and its answer the same one, so that a late answer is nobody's. Every wait has a bound, and none of them is the
event loop's.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import recorder
from ..launcher.launcher import LaunchOrder
from ..lesson import catalog
from ..stage import Machine
from ..supervisor import descendants
from .conversation import Conversation, SpawnerError
from .pipes import Pipes

__all__ = ["Absent", "Client", "Launched", "SpawnerError"]

ROOT_PACKAGE = __package__.rpartition(".")[0]
ROOT = Path(__file__).resolve().parents[ROOT_PACKAGE.count(".") + 2]  # the folder that holds the package
_KEPT = ("PATH", "TMPDIR", "XDG_RUNTIME_DIR")
ANSWER_S = 2.0  # a fork takes 2 ms
WOKEN_S = 3.0  # and so long after a spawner that may have been stopped was continued
CLOSE_S = 2.0  # everything below it is dead by then, or it is killed itself
_CODE = (
    "import sys; sys.path[:0] = {paths!r}; "
    "from {package}.launcher.spawner_process import main; main({fd}, {packages!r}, {uid}, {parent})"
)


@dataclass(frozen=True, slots=True)
class Launched:
    """A running launcher, with the asker's ends of its two pipes; all three descriptors are the asker's to close."""

    pid: int
    control_fd: int  # write JSON lines; closing it kills the run
    facts_fd: int  # read encoded entries, one a line
    pidfd: int | None = None  # None: it had left already


def _unknown(tier: Any, reason: str) -> recorder.SelfTestResult:
    return recorder.SelfTestResult(tier=tier, reason=reason, remedy=None, kernel=platform.release())


class Absent:
    """Stands where no spawner can be: nothing runs here, only recordings can be shown."""

    pid = 0
    alive = False
    looked = tested = True

    def __init__(self, reason: str) -> None:
        self.finding = _unknown("recording", reason)
        self.machine = Machine()

    async def looking(self) -> None:
        """There is nothing to look at."""

    async def testing(self) -> None:
        """There is nothing to test."""

    async def launch(self, order: LaunchOrder, pipes: Pipes) -> Launched:  # noqa: ARG002 - the shape of a Client
        """Refuses with the reason."""
        pipes.close()
        raise SpawnerError(self.finding.reason)

    async def kill(self, launched: Launched) -> None:
        """There is nothing to kill."""

    async def close(self) -> None:
        """There is nothing to end."""


class Client:
    """The asker's end, used by one event loop at a time: between two requests it holds on to none."""

    def __init__(self, process: subprocess.Popen[bytes], sock: socket.socket) -> None:
        self._process = process
        self._talk = Conversation(sock, self._hear)
        self.pid = process.pid
        self.looked = self.tested = False
        self.finding = _unknown("sampled", "how the kernel can be heard here is still being tested")
        self.machine = Machine()  # what else there is: interpreters, slices, GNU tools

    @classmethod
    def start(
        cls, packages: Sequence[str] = (catalog.PACKAGE,), paths: Sequence[str | Path] = (), uid: int = -1
    ) -> Client:
        """Exec a spawner that has the lessons of ``packages`` imported (``paths`` come first on its sys.path).

        It waits for nothing; call it on a thread that lives as long as the spawner shall (PR_SET_PDEATHSIG). ``uid``
        is the user that workers will be; other interpreters count only if that user can run them. May raise OSError.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        search = [*map(str, paths), str(ROOT)]
        code = _CODE.format(
            package=ROOT_PACKAGE, paths=search, fd=theirs.fileno(), packages=tuple(packages), uid=uid,
            parent=os.getpid(),
        )  # fmt: skip
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", code],
                stdin=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return cls(process, ours)

    @property
    def alive(self) -> bool:
        """Whether the spawner is still there."""
        return not self._talk.over and self._process.poll() is None

    async def looking(self) -> None:
        """Wait until the machine has been looked at (``machine``); :class:`SpawnerError` if the spawner ends before."""
        if not self.looked:
            await self._talk.message("machine")

    async def testing(self) -> None:
        """Wait until the recorder's self-test is over (``finding``); :class:`SpawnerError` likewise."""
        if not self.tested:
            await self._talk.message("finding")

    async def launch(self, order: LaunchOrder, pipes: Pipes) -> Launched:
        """Fork a launcher for ``order`` on ``pipes``; whatever happens they are not the caller's any more.

        :class:`SpawnerError` if there is no spawner to ask, it does not answer in time, or it could not fork.
        """
        with pipes:
            answer = await self._ask({"launch": asdict(order)}, pipes.theirs)
            pid = answer["pid"]
            return Launched(pid, *pipes.keep(), _pidfd(pid))

    async def kill(self, launched: Launched) -> None:
        """SIGKILL a launcher and whatever is below it; one that has gone already is no error.

        The spawner is asked first, because it knows when nothing is left; where it cannot answer, it is done here.
        """
        try:
            await self._ask({"kill": launched.pid})
        except SpawnerError:
            await asyncio.to_thread(_kill, launched)

    async def close(self) -> None:
        """End the spawner and everything below it; returns when it is gone, after 2 s and a bit at most."""
        self._talk.end("the spawner was closed")
        await asyncio.to_thread(self._finish)

    def believe(self, old: Client) -> None:
        """Until it knows better: what another one has found out on this machine."""
        self.machine, self.finding, self.tested = old.machine, old.finding, old.tested

    def wake(self) -> None:
        """A spawner that somebody has stopped goes on; for another one it is no more than a signal."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def give_up(self) -> None:
        """Kill a spawner that does not answer; its launchers see it and end."""
        self._talk.end("the spawner does not answer")
        self._process.kill()

    def _finish(self) -> None:
        self.wake()
        try:
            self._process.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            descendants.kill_processes(list(descendants.iter_descendants(self.pid)))
            self._process.kill()
            self._process.wait()

    def _hear(self, said: dict[str, Any]) -> None:
        if "machine" in said:
            self.machine, self.looked = Machine.of(said["machine"]), True
        if "finding" in said:
            self.finding, self.tested = recorder.SelfTestResult(**said["finding"]), True

    async def _ask(self, message: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        """One that does not answer may have been stopped: it is continued, and if that does not help, killed."""
        try:
            return await self._talk.ask(message, fds, (ANSWER_S, WOKEN_S), self.wake)
        except TimeoutError:
            self.give_up()
            raise SpawnerError("the process that starts runs does not answer") from None


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:  # it has left, or there are no descriptors: then only the spawner can kill it
        return None


def _kill(launched: Launched) -> None:
    """What the spawner would do, where there is none: the launcher, by a number that cannot have become another's."""
    if launched.pidfd is None:
        return
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(launched.pidfd, 0)
        below = [launched.pid, *descendants.iter_descendants(launched.pid)]
        signal.pidfd_send_signal(launched.pidfd, signal.SIGKILL)
        descendants.kill_processes(below[1:])


def _environment() -> dict[str, str]:
    """What the observed tree sees of the environment: where programs are, one locale, few malloc arenas."""
    keep = {name: text for name, text in os.environ.items() if name in _KEPT or name.startswith("TIMESLICE_TEST")}
    return keep | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
