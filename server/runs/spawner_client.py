"""The client of the spawner process (launcher/spawner_process.py): execs it, requests launchers from it, closes it.

The web server has threads, so it must never fork: it execs the spawner, and the spawner forks. Every request carries a
number and its reply the same one, so that a late reply is dropped. Every wait has a timeout, and none blocks the event
loop.
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
from ..settings import Bounds
from ..stage import Machine
from ..supervisor import descendants
from .pipes import Pipes
from .rpc_channel import RpcChannel, SpawnerError

__all__ = ["LauncherProcess", "NoSpawner", "SpawnerClient", "SpawnerError"]

ROOT_PACKAGE = __package__.rpartition(".")[0]
ROOT = Path(__file__).resolve().parents[ROOT_PACKAGE.count(".") + 2]  # the folder that holds the package
_INHERITED_VARIABLES = ("PATH", "TMPDIR", "XDG_RUNTIME_DIR")
_PROCESSES = Bounds().processes
REPLY_TIMEOUT_S = 2.0  # a fork takes 2 ms
RESUMED_TIMEOUT_S = 3.0  # and so long after a spawner that may have been stopped was continued
CLOSE_TIMEOUT_S = 2.0  # everything below it is dead by then, or it is killed itself
_SPAWNER_PROGRAM = (
    "import sys; sys.path[:0] = {paths!r}; "
    "from {package}.launcher.spawner_process import main; main({fd}, {packages!r}, {uid}, {parent}, {processes})"
)


@dataclass(frozen=True, slots=True)
class LauncherProcess:
    """A running launcher, with the server's ends of its two pipes; whoever launched it closes all three descriptors."""

    pid: int
    control_fd: int  # write JSON lines; closing it kills the run
    facts_fd: int  # read encoded entries, one a line
    pidfd: int | None = None  # None: it had left already


def _pending_finding(tier: Any, reason: str) -> recorder.SelfTestResult:
    return recorder.SelfTestResult(tier=tier, reason=reason, remedy=None, kernel=platform.release())


class NoSpawner:
    """Null object where no spawner can be: nothing runs here, only recordings can be shown."""

    pid = 0
    alive = False
    machine_known = self_tested = True

    def __init__(self, reason: str) -> None:
        self.finding = _pending_finding("recording", reason)
        self.machine = Machine()

    async def wait_machine_known(self) -> None:
        """Returns at once."""

    async def wait_self_test(self) -> None:
        """Returns at once."""

    async def launch(self, order: LaunchOrder, pipes: Pipes) -> LauncherProcess:  # noqa: ARG002 - the shape of a SpawnerClient
        """Raises :class:`SpawnerError` with the reason."""
        pipes.close()
        raise SpawnerError(self.finding.reason)

    async def kill(self, launched: LauncherProcess) -> None:
        """Does nothing."""

    async def close(self) -> None:
        """Does nothing."""


class SpawnerClient:
    """Used by one event loop at a time: between two requests it is bound to none."""

    def __init__(self, process: subprocess.Popen[bytes], sock: socket.socket) -> None:
        self._process = process
        self._channel = RpcChannel(sock, self._on_message)
        self.pid = process.pid
        self.machine_known = self.self_tested = False
        self.finding = _pending_finding("sampled", "how the kernel can be heard here is still being tested")
        self.machine = Machine()  # what else there is: interpreters, slices, GNU tools

    @classmethod
    def start(
        cls,
        packages: Sequence[str] = (catalog.PACKAGE,),
        paths: Sequence[str | Path] = (),
        uid: int = -1,
        processes: int = _PROCESSES,
    ) -> SpawnerClient:
        """Exec a spawner that has the lessons of ``packages`` imported (``paths`` come first on its sys.path).

        It waits for nothing; call it on a thread that lives as long as the spawner shall (PR_SET_PDEATHSIG). ``uid``
        is the user that workers will be; other interpreters count only if that user can run them. ``processes`` is the
        most that a run may have. May raise OSError.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        search = [*map(str, paths), str(ROOT)]
        code = _SPAWNER_PROGRAM.format(
            package=ROOT_PACKAGE, paths=search, fd=theirs.fileno(), packages=tuple(packages), uid=uid,
            parent=os.getpid(), processes=processes,
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
        return not self._channel.closed and self._process.poll() is None

    async def wait_machine_known(self) -> None:
        """Waits for ``machine``, what this machine has; :class:`SpawnerError` if the spawner ends before."""
        if not self.machine_known:
            await self._channel.notification("machine")

    async def wait_self_test(self) -> None:
        """Wait until the recorder's self-test is over (``finding``); :class:`SpawnerError` likewise."""
        if not self.self_tested:
            await self._channel.notification("finding")

    async def launch(self, order: LaunchOrder, pipes: Pipes) -> LauncherProcess:
        """Fork a launcher for ``order`` on ``pipes``, of which it takes ownership.

        :class:`SpawnerError` if there is no spawner, it does not reply in time, or it could not fork.
        """
        with pipes:
            answer = await self._request({"launch": asdict(order)}, pipes.spawner_ends)
            pid = answer["pid"]
            return LauncherProcess(pid, *pipes.detach(), _pidfd(pid))

    async def kill(self, launched: LauncherProcess) -> None:
        """SIGKILL a launcher and whatever is below it; one that has gone already is no error.

        The spawner is asked first, because it knows when nothing is left; where it cannot answer, it is done here.
        """
        try:
            await self._request({"kill": launched.pid})
        except SpawnerError:
            await asyncio.to_thread(_kill_tree, launched)

    async def close(self) -> None:
        """End the spawner and everything below it; returns when it is gone, after 2 s and a bit at most."""
        self._channel.close("the spawner was closed")
        await asyncio.to_thread(self._wait_or_kill)

    def copy_findings(self, old: SpawnerClient) -> None:
        """Takes over what a former spawner found out on this machine, until this one knows."""
        self.machine, self.finding, self.self_tested = old.machine, old.finding, old.self_tested

    def resume(self) -> None:
        """Sends SIGCONT: a stopped spawner goes on, another ignores it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)

    def kill_unresponsive(self) -> None:
        """Kill a spawner that does not answer; its launchers see it and end."""
        self._channel.close("the spawner does not answer")
        self._process.kill()

    def _wait_or_kill(self) -> None:
        self.resume()
        try:
            self._process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            descendants.kill_processes(list(descendants.iter_descendants(self.pid)))
            self._process.kill()
            self._process.wait()

    def _on_message(self, message: dict[str, Any]) -> None:
        if "machine" in message:
            self.machine, self.machine_known = Machine.of(message["machine"]), True
        if "finding" in message:
            self.finding, self.self_tested = recorder.SelfTestResult(**message["finding"]), True

    async def _request(self, message: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        """One that does not answer may have been stopped: it is continued, and if that does not help, killed."""
        try:
            return await self._channel.request(message, fds, (REPLY_TIMEOUT_S, RESUMED_TIMEOUT_S), self.resume)
        except TimeoutError:
            self.kill_unresponsive()
            raise SpawnerError("the process that starts runs does not answer") from None


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:  # it has left, or there are no descriptors: then only the spawner can kill it
        return None


def _kill_tree(launched: LauncherProcess) -> None:
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
    keep = {
        name: text
        for name, text in os.environ.items()
        if name in _INHERITED_VARIABLES or name.startswith("TIMESLICE_TEST")
    }
    return keep | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
