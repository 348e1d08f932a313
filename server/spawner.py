"""The one small process that forks a launcher per run, with the client that asks it; it knows no run's content.

The web server has threads, so it must never fork. It execs this process once (own session, single-threaded,
everything imported, sub-reaper); this one forks launchers and kills whatever a dead launcher leaves behind. When the
socket ends, because the asker closed it or was killed, everything below is killed before this process exits.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from server import catalog, launcher, recorder
from server.launcher import Order
from server.stage import Machine, descendants, machine, prctl

ROOT = Path(__file__).resolve().parent.parent
_KEPT = ("PATH", "TMPDIR")
MESSAGE_BYTES = 128 * 1024
_PAUSE_S = 0.0005  # between two rounds of killing: long enough to die in
_PASSES = 200
ANSWER_S = 20.0  # a fork takes 2 ms; a machine that needs longer than this is not answering
_CODE = "import sys; sys.path[:0] = {paths!r}; from server.spawner import main; main({fd}, {packages!r}, {uid})"


class SpawnerError(Exception):
    """The spawner is gone or refused; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A running launcher, with the asker's ends of its two pipes; both are the asker's to close."""

    pid: int
    control_fd: int  # write JSON lines; closing it kills the run
    facts_fd: int  # read encoded entries, one a line


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
        code = _CODE.format(paths=search, fd=theirs.fileno(), packages=tuple(packages), uid=uid)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", code],
                stdin=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        ours.settimeout(ANSWER_S)
        try:
            hello = _receive(ours)
            finding = recorder.Finding(**hello["finding"])
            machine = Machine.of(hello["machine"])
        except BaseException:
            ours.close()
            process.wait()
            raise
        return cls(process, ours, finding, machine)

    @property
    def alive(self) -> bool:
        """Whether the spawner is still there."""
        return self._process.poll() is None

    def launch(self, order: Order) -> Launched:
        """Fork a launcher for ``order``; :class:`SpawnerError` if there is none to ask or it could not fork."""
        control_far, control = os.pipe()
        facts, facts_far = os.pipe()
        try:
            message = json.dumps({"launch": asdict(order)}).encode()
            socket.send_fds(self._socket, [message], [control_far, facts_far])
            answer = _receive(self._socket)
            if "pid" not in answer:
                raise SpawnerError(answer.get("error", "the spawner gave no answer"))
            return Launched(answer["pid"], control, facts)
        except BaseException as error:
            os.close(control)
            os.close(facts)
            if isinstance(error, OSError):
                raise SpawnerError(f"the spawner cannot be reached: {error.strerror or error}") from error
            raise
        finally:
            os.close(control_far)
            os.close(facts_far)

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


class _Spawner:
    """The process itself: one socket to listen to, a set of launchers, and orphans to kill."""

    def __init__(self, sock: socket.socket, here: Machine) -> None:
        self._socket = sock
        self._machine = here
        self._launchers: set[int] = set()
        self._wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakes = (self._wake_read, wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Answer until the socket ends."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self.sweep()
            if self._socket.fileno() in ready and not self._answer():
                return

    def _answer(self) -> bool:
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, MESSAGE_BYTES, 4)
        except ConnectionError:
            return False
        if not data:
            return False
        answer: dict[str, Any]
        try:
            said = json.loads(data)
            if "kill" in said:
                answer = {"killed": self._kill(said["kill"])}
            else:
                control, facts = fds
                answer = {"pid": self._fork(Order(**said["launch"]), control, facts)}
        except (OSError, ValueError, TypeError, KeyError) as error:
            answer = {"error": f"the run could not be started: {error}"}
        finally:
            for fd in fds:
                os.close(fd)
        self._socket.send(json.dumps(answer).encode())
        return True

    def _kill(self, pid: int) -> bool:
        """A launcher of ours and what is below it; a pid that is none of ours (any more) is left alone."""
        known = pid in self._launchers
        if known:
            descendants.kill([pid])
            self._launchers.discard(pid)
            self.sweep()
        return known

    def _fork(self, order: Order, control: int, facts: int) -> int:
        pid = os.fork()
        if pid == 0:
            self._enter(order, control, facts)
        self._launchers.add(pid)
        return pid

    def _enter(self, order: Order, control: int, facts: int) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._socket.close()
            for fd in self._wakes:
                os.close(fd)
            launcher.main(order, self._machine, control, facts)
        finally:
            os._exit(1)

    def sweep(self) -> None:
        """Reap the dead; kill orphans (children that are no launcher, with all below them) until none is left.

        One that does not die at once is not waited for: its death brings us here again.
        """
        me = os.getpid()
        for _ in range(_PASSES):
            for pid, _ in descendants.reap()[0]:
                self._launchers.discard(pid)
            if all(pid in self._launchers for pid in descendants.children(me)):
                return
            descendants.kill(descendants.below(me, self._launchers))
            time.sleep(_PAUSE_S)

    def end(self) -> None:
        """Kill everything below until waitpid answers ECHILD."""
        me = os.getpid()
        while True:
            descendants.kill(descendants.below(me))
            if descendants.reap()[1]:
                return
            time.sleep(_PAUSE_S)


def _find() -> recorder.Finding:
    """The best way to hear the kernel here, tried in a child of its own so that nothing of the trial stays."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, json.dumps(asdict(recorder.choose())).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    if not said:
        return recorder.Finding(
            tier="sampled", reason="the self-test of the recorder died", remedy=None, kernel=os.uname().release
        )
    return recorder.Finding(**json.loads(said))


def main(fd: int, packages: Sequence[str], uid: int) -> None:
    """Life of the spawner on the inherited socket ``fd``; returns when everything below it is dead."""
    prctl.become_subreaper()
    prctl.name_thread("ts-spawner")
    launcher.load(packages)
    with socket.socket(fileno=fd) as sock:
        here = machine.look(uid)
        finding = _find()
        kept = recorder.keep_open(finding.tier)
        gc.collect()
        gc.freeze()
        spawner = _Spawner(sock, here)
        sock.send(json.dumps({"finding": asdict(finding), "machine": asdict(here)}).encode())
        try:
            spawner.serve()
        finally:
            spawner.end()
            for each in kept:
                os.close(each)
