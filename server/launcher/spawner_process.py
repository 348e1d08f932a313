"""The spawner's own process (runs/spawner_client.py execs it): forks a launcher per run, sweeps up, knows no lesson.

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
from ..stage import Machine, machine
from ..supervisor import confinement, descendants, prctl, process_limit, time_slice
from . import launcher
from .launcher import LaunchOrder

MESSAGE_BYTES = 128 * 1024  # the longest message of the protocol
_PAUSE_S = 0.0005  # between two rounds of killing: long enough to die in
_PASSES = 200
PROBE_TIMEOUT_S = 30.0  # looking and testing take half a second, 10 s on a crowded machine; one that hangs is killed
_RESOURCE_ERRNOS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)  # fork(2), recvmsg(2): later it may be had


class _Spawner:
    """The process itself: one socket to listen to, a set of launchers, and orphans to kill."""

    def __init__(self, sock: socket.socket, explorer: HostProbe, groups: process_limit.PidsCgroups | None) -> None:
        self._socket = sock
        self._host_probe = explorer
        self._groups = groups
        self._machine = Machine()
        self._idle_events: list[int] = []
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
        poll.register(self._host_probe.fd, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll(self._host_probe.remaining_ms())}
            self._host_probe.kill_if_overdue()
            if self._host_probe.fd in ready and not self._forward_findings():
                poll.unregister(self._host_probe.fd)
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self.kill_orphans()
            if self._socket.fileno() in ready and not self._answer():
                return
            self._enter_new_cgroup()

    def _forward_findings(self) -> bool:
        """What the child has found out; False if it will find nothing more."""
        for said in (found := self._host_probe.read()) or ():
            if "machine" in said:
                self._machine = Machine.of(said["machine"])
            else:
                self._idle_events = recorder.open_idle_events(said["finding"]["tier"])
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
            answer |= self._execute(said, fds)
        except (OSError, ValueError, TypeError, KeyError) as error:
            answer["error"] = f"the run could not be started: {error}"
            answer["spent"] = isinstance(error, OSError) and error.errno in _RESOURCE_ERRNOS
        finally:
            for fd in fds:
                os.close(fd)
        try:
            self._socket.send(json.dumps(answer).encode())
        except ConnectionError:
            return False
        return True

    def _execute(self, said: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        if "kill" in said:
            return {"killed": self._kill(said["kill"])}
        control, facts = fds
        return {"pid": self._fork(LaunchOrder(**said["launch"]), control, facts)}

    def _kill(self, pid: int) -> bool:
        """A launcher of ours and what is below it; a pid that is none of ours (any more) is left alone."""
        known = pid in self._launchers
        if known:
            descendants.kill_processes([pid])
            self._launchers.discard(pid)
            self.kill_orphans()
        return known

    def _fork(self, order: LaunchOrder, control: int, facts: int) -> int:
        me, pid = os.getpid(), os.fork()
        if pid == 0:
            self._become_launcher(order, control, facts, me)
        self._launchers.add(pid)
        self._used = True
        return pid

    def _enter_new_cgroup(self) -> None:
        """Go where the next launcher is to be born; it takes 15 ms, so it comes after the answer."""
        if self._used and self._groups is not None:
            self._used = False
            try:
                self._groups.enter_new_cgroup()
            except OSError:  # the cgroup file system has become read-only, or full: runs go on without the bound
                self._groups = None

    def _become_launcher(self, order: LaunchOrder, control: int, facts: int, me: int) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._socket.close()
            for fd in (*self._wakes, self._host_probe.fd):
                os.close(fd)
            launcher.main(order, self._machine, control, facts, me)
        finally:
            os._exit(1)

    def kill_orphans(self) -> None:
        """Reap the dead; kill orphans (children that are no launcher, with all below them) until none is left.

        One that does not die at once is not waited for: its death brings us here again.
        """
        me = os.getpid()
        for _ in range(_PASSES):
            for pid, _ in descendants.reap_children()[0]:
                self._launchers.discard(pid)
                self._host_probe.on_reaped(pid)
            spared = {*self._launchers, self._host_probe.pid}
            if all(pid in spared for pid in descendants.list_children(me)):
                break
            descendants.kill_processes(descendants.iter_descendants(me, spared))
            time.sleep(_PAUSE_S)
        if self._groups is not None:
            self._groups.remove_empty()

    def kill_all(self) -> None:
        """Kill everything below until waitpid answers ECHILD."""
        for each in self._idle_events:
            os.close(each)
        me = os.getpid()
        while True:
            descendants.kill_processes(descendants.iter_descendants(me))
            if descendants.reap_children()[1]:
                break
            time.sleep(_PAUSE_S)
        if self._groups is not None:
            self._groups.close()


class HostProbe:
    """The child that finds out what this machine can do; a process of its own, so that nothing of the trial stays."""

    def __init__(self, uid: int, within_s: float = PROBE_TIMEOUT_S) -> None:
        self._until_s = time.monotonic() + within_s
        self.fd, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._rest = b""
        self._missing = {"machine", "finding"}
        self.pid = os.fork()
        if self.pid == 0:
            os.set_blocking(write, True)
            try:
                prctl.name_thread("ts-self-test")
                _send_line(write, machine=asdict(machine.probe_machine(uid)))
                _send_line(write, finding=asdict(recorder.run_self_test()))
            finally:
                os._exit(0)
        os.close(write)

    def remaining_ms(self) -> int | None:
        """How long it may still take, for poll(2); None once it is over."""
        left_s = self._until_s - time.monotonic()
        return max(0, math.ceil(1000 * left_s)) if self.pid > 0 and left_s < math.inf else None

    def kill_if_overdue(self) -> None:
        """One that hangs, or that somebody has stopped, is killed: what it has not said is then known as unknown."""
        if self.pid > 0 and time.monotonic() >= self._until_s:
            descendants.kill_processes([self.pid, *descendants.iter_descendants(self.pid)])
            self._until_s = math.inf

    def on_reaped(self, pid: int) -> None:
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
        self._missing -= {kind for each in said for kind in each}
        if data or said:
            return said
        if not self._missing:
            return None
        owed, self._missing = sorted(self._missing, reverse=True), set()
        return [_FALLBACKS[kind] for kind in owed]  # it was killed


_FALLBACKS = {
    "machine": {"machine": asdict(Machine())},
    "finding": {
        "finding": asdict(
            recorder.SelfTestResult(
                tier="sampled", reason="the self-test of the recorder died", remedy=None, kernel=os.uname().release
            )
        )
    },
}


def _send_line(fd: int, **said: Any) -> None:
    os.write(fd, json.dumps(said).encode() + b"\n")


def main(fd: int, packages: Sequence[str], uid: int, parent: int, processes: int) -> None:
    """Life of the spawner on the inherited socket ``fd``; returns when everything below it is dead."""
    prctl.resume_when_parent_ends(parent)
    prctl.become_subreaper()
    prctl.name_thread("ts-spawner")
    launcher.import_lessons(packages)
    with socket.socket(fileno=fd) as sock:
        explorer = HostProbe(uid)
        confinement.confine_caller()
        groups = process_limit.open_pids_cgroups(uid, processes)
        time_slice.raise_priority()  # it needs little, and at once: to fork, and to kill
        gc.collect()
        gc.freeze()
        spawner = _Spawner(sock, explorer, groups)
        try:
            spawner.serve()
        finally:
            spawner.kill_all()
