"""The spawner's own process, exec'd by spawner.py: it forks a launcher per run and sweeps up; it knows no lesson.

Own session, single-threaded, everything imported, sub-reaper. It kills whatever a dead launcher leaves behind. When
the socket ends, because the asker closed it or was killed, everything below is killed before it exits; should it have
been stopped, the asker's death continues it (PR_SET_PDEATHSIG). It answers from the first moment on: looking at the
machine and testing how the kernel can be heard is the work of a child, whose findings are passed on as they come.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import math
import os
import select
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NoReturn

from .. import recorder
from ..settings import Bounds
from ..stage import Machine, machine
from ..supervisor import bound, confine, descendants, prctl, slices
from . import launcher
from .launcher import Order

MESSAGE_BYTES = 128 * 1024  # the longest message of the protocol
_PAUSE_S = 0.0005  # between two rounds of killing: long enough to die in
_PASSES = 200
EXPLORE_S = 30.0  # looking and testing take half a second, 10 s on a crowded machine; one that hangs is killed
_SPENT = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)  # fork(2), recvmsg(2): later it may be had


class _Spawner:
    """The process itself: one socket to listen to, a set of launchers, and orphans to kill."""

    def __init__(self, sock: socket.socket, explorer: Explorer, groups: bound.Groups | None) -> None:
        self._socket = sock
        self._explorer = explorer
        self._groups = groups
        self._machine = Machine()
        self._kept: list[int] = []
        self._launchers: set[int] = set()
        self._used = False  # a launcher was born since the last group was made
        self._wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakes = (self._wake_read, wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Answer until the socket ends."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        poll.register(self._explorer.fd, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll(self._explorer.left_ms())}
            self._explorer.kill_if_late()
            if self._explorer.fd in ready and not self._pass_on():
                poll.unregister(self._explorer.fd)
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self.sweep()
            if self._socket.fileno() in ready and not self._answer():
                return
            self._ready_group()

    def _pass_on(self) -> bool:
        """What the child has found out; False if it will find nothing more."""
        for said in (found := self._explorer.read()) or ():
            if "machine" in said:
                self._machine = Machine.of(said["machine"])
            else:
                self._kept = recorder.open_idle_events(said["finding"]["tier"])
            with contextlib.suppress(OSError):  # the asker has gone, or does not read: then it asks no run of us either
                self._socket.send(json.dumps(said).encode())
        return found is not None

    def _answer(self) -> bool:
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, MESSAGE_BYTES, 4)
        except ConnectionError:
            return False
        if not data:
            return False
        answer: dict[str, Any] = {}
        try:
            said = json.loads(data)
            answer["number"] = said["number"]
            answer |= self._do(said, fds)
        except (OSError, ValueError, TypeError, KeyError) as error:
            answer["error"] = f"the run could not be started: {error}"
            answer["spent"] = isinstance(error, OSError) and error.errno in _SPENT
        finally:
            for fd in fds:
                os.close(fd)
        try:
            self._socket.send(json.dumps(answer).encode())
        except ConnectionError:
            return False
        return True

    def _do(self, said: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        if "kill" in said:
            return {"killed": self._kill(said["kill"])}
        control, facts = fds
        return {"pid": self._fork(Order(**said["launch"]), control, facts)}

    def _kill(self, pid: int) -> bool:
        """A launcher of ours and what is below it; a pid that is none of ours (any more) is left alone."""
        known = pid in self._launchers
        if known:
            descendants.kill([pid])
            self._launchers.discard(pid)
            self.sweep()
        return known

    def _fork(self, order: Order, control: int, facts: int) -> int:
        me, pid = os.getpid(), os.fork()
        if pid == 0:
            self._enter(order, control, facts, me)
        self._launchers.add(pid)
        self._used = True
        return pid

    def _ready_group(self) -> None:
        """Go where the next launcher is to be born; it takes 15 ms, so it comes after the answer."""
        if self._used and self._groups is not None:
            self._used = False
            try:
                self._groups.ready()
            except OSError:  # the cgroup file system has become read-only, or full: runs go on without the bound
                self._groups = None

    def _enter(self, order: Order, control: int, facts: int, me: int) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._socket.close()
            for fd in (*self._wakes, self._explorer.fd):
                os.close(fd)
            launcher.main(order, self._machine, control, facts, me)
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
                self._explorer.died(pid)
            spared = {*self._launchers, self._explorer.pid}
            if all(pid in spared for pid in descendants.children(me)):
                break
            descendants.kill(descendants.below(me, spared))
            time.sleep(_PAUSE_S)
        if self._groups is not None:
            self._groups.sweep()

    def end(self) -> None:
        """Kill everything below until waitpid answers ECHILD."""
        for each in self._kept:
            os.close(each)
        me = os.getpid()
        while True:
            descendants.kill(descendants.below(me))
            if descendants.reap()[1]:
                break
            time.sleep(_PAUSE_S)
        if self._groups is not None:
            self._groups.close()


class Explorer:
    """The child that finds out what this machine can do; a process of its own, so that nothing of the trial stays."""

    def __init__(self, uid: int, within_s: float = EXPLORE_S) -> None:
        self._until_s = time.monotonic() + within_s
        self.fd, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._rest = b""
        self._owed = {"machine", "finding"}
        self.pid = os.fork()
        if self.pid == 0:
            os.set_blocking(write, True)
            try:
                _say(write, machine=asdict(machine.look(uid)))
                _say(write, finding=asdict(recorder.run_self_test()))
            finally:
                os._exit(0)
        os.close(write)

    def left_ms(self) -> int | None:
        """How long it may still take, for poll(2); None once it is over."""
        left_s = self._until_s - time.monotonic()
        return max(0, math.ceil(1000 * left_s)) if self.pid > 0 and left_s < math.inf else None

    def kill_if_late(self) -> None:
        """One that hangs, or that somebody has stopped, is killed: what it has not said is then known as unknown."""
        if self.pid > 0 and time.monotonic() >= self._until_s:
            descendants.kill([self.pid, *descendants.below(self.pid)])
            self._until_s = math.inf

    def died(self, pid: int) -> None:
        """Somebody of this number has been reaped."""
        if pid == self.pid:
            self.pid = -1

    def read(self) -> list[dict[str, Any]] | None:
        """What it has said since the last call; None when it is over and has said, or never will say, everything."""
        try:
            data = os.read(self.fd, MESSAGE_BYTES)
        except BlockingIOError:
            return []
        *lines, self._rest = (self._rest + data).split(b"\n")
        said = [json.loads(line) for line in lines]
        self._owed -= {kind for each in said for kind in each}
        if data or said:
            return said
        if not self._owed:
            return None
        owed, self._owed = sorted(self._owed, reverse=True), set()
        return [_UNSAID[kind] for kind in owed]  # it was killed


_UNSAID = {
    "machine": {"machine": asdict(Machine())},
    "finding": {
        "finding": asdict(
            recorder.SelfTestResult(
                tier="sampled", reason="the self-test of the recorder died", remedy=None, kernel=os.uname().release
            )
        )
    },
}


def _say(fd: int, **said: Any) -> None:
    os.write(fd, json.dumps(said).encode() + b"\n")


def main(fd: int, packages: Sequence[str], uid: int, parent: int) -> None:
    """Life of the spawner on the inherited socket ``fd``; returns when everything below it is dead."""
    prctl.continue_with(parent)
    prctl.become_subreaper()
    prctl.name_thread("ts-spawner")
    launcher.load(packages)
    with socket.socket(fileno=fd) as sock:
        explorer = Explorer(uid)
        confine.enter()
        groups = bound.groups(uid, Bounds().processes)
        slices.go_first()  # it needs little, and at once: to fork, and to kill
        gc.collect()
        gc.freeze()
        spawner = _Spawner(sock, explorer, groups)
        try:
            spawner.serve()
        finally:
            spawner.end()
