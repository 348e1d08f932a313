"""The spawner's own process, exec'd by spawner.py: it forks a launcher per run and sweeps up; it knows no lesson.

Own session, single-threaded, everything imported, sub-reaper. It kills whatever a dead launcher leaves behind. When
the socket ends, because the asker closed it or was killed, everything below is killed before it exits.
"""

from __future__ import annotations

import gc
import json
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


class _Spawner:
    """The process itself: one socket to listen to, a set of launchers, and orphans to kill."""

    def __init__(self, sock: socket.socket, here: Machine, groups: bound.Groups | None) -> None:
        self._socket = sock
        self._machine = here
        self._groups = groups
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
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self.sweep()
            if self._socket.fileno() in ready and not self._answer():
                return
            self._ready_group()

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
        try:
            self._socket.send(json.dumps(answer).encode())
        except ConnectionError:
            return False
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
                break
            descendants.kill(descendants.below(me, self._launchers))
            time.sleep(_PAUSE_S)
        if self._groups is not None:
            self._groups.sweep()

    def end(self) -> None:
        """Kill everything below until waitpid answers ECHILD."""
        me = os.getpid()
        while True:
            descendants.kill(descendants.below(me))
            if descendants.reap()[1]:
                break
            time.sleep(_PAUSE_S)
        if self._groups is not None:
            self._groups.close()


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
        confine.enter()
        groups = bound.groups(uid, Bounds().processes)
        slices.go_first()  # it needs little, and at once: to fork, and to kill
        gc.collect()
        gc.freeze()
        spawner = _Spawner(sock, here, groups)
        sock.send(json.dumps({"finding": asdict(finding), "machine": asdict(here)}).encode())
        try:
            spawner.serve()
        finally:
            spawner.end()
            for each in kept:
                os.close(each)
