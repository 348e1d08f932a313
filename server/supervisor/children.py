"""The processes a run started, as the launcher holds them: alive, a zombie, or reaped with how they died."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from . import descendants


class DeathObserver(Protocol):
    """Whoever wants to know of deaths, while the zombie is still there."""

    def on_zombie(self, pid: int, code: int | None, signum: int | None) -> None: ...
    def ready_to_reap(self, pid: int) -> bool: ...
    def on_reaped(self, pid: int, voluntary: int, involuntary: int) -> None: ...


@dataclass(slots=True)
class ChildTask:
    """A process the stage started. In facts it is named by ``pid``; the loop makes that its number."""

    pid: int
    name: str
    role: str
    how: Literal["fork", "exec"]
    hold: bool = False  # leave it a zombie until stage.reap
    fails: bool = False  # an exception that it does not catch is what the lesson shows
    ready: bool = False  # it waits at the barrier (or is past it)
    dead: bool = False  # a zombie, or gone
    reaped: bool = False
    code: int | None = None  # exit status, once dead
    signal: int | None = None  # or the signal that ended it
    started_ns: int = field(default_factory=time.monotonic_ns)

    @property
    def task(self) -> int:
        """What stands for it in a fact the stage states."""
        return self.pid


class Children:
    """The launcher's children, its own and those it inherits as sub-reaper; it reads a zombie before it reaps it."""

    def __init__(self, observer: DeathObserver) -> None:
        self._observer = observer
        self._tasks: dict[int, ChildTask] = {}
        self._me = os.getpid()

    def add(self, task: ChildTask) -> None:
        """A process has just been forked."""
        self._tasks[task.pid] = task

    def get(self, pid: int) -> ChildTask | None:
        """The task with this pid that is not reaped yet."""
        return self._tasks.get(pid)

    def __iter__(self) -> Iterator[ChildTask]:
        return iter(list(self._tasks.values()))

    def reap_zombies(self) -> None:
        """Take note of every child that has died, and reap it unless it is held."""
        if not any(task.dead for task in self._tasks.values()) and not _any_zombie():
            return  # by far the most often
        for task in self:
            if not task.dead and (died := _zombie_status(task.pid)) is not None:
                self._record_exit(task, died)
            if task.dead and not task.hold and self._observer.ready_to_reap(task.pid):
                self._reap(task)
        for pid in descendants.list_children(self._me):
            if pid not in self._tasks and (died := _zombie_status(pid)) is not None:
                stray = self._tasks[pid] = ChildTask(pid, "", "", "fork")
                self._record_exit(stray, died)

    def _reap(self, task: ChildTask) -> None:
        usage = os.wait4(task.pid, 0)[2]  # of the task and all that it had waited for
        task.reaped = True
        self._tasks.pop(task.pid, None)
        self._observer.on_reaped(task.pid, usage.ru_nvcsw, usage.ru_nivcsw)

    def _record_exit(self, task: ChildTask, died: os.waitid_result) -> None:
        if died.si_code == os.CLD_EXITED:
            task.code = died.si_status
        else:
            task.signal = died.si_status
        task.dead = True
        self._observer.on_zombie(task.pid, task.code, task.signal)

    def no_child_left(self) -> bool:
        """True when the kernel says that this process has no child (ECHILD)."""
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def kill_all(self) -> None:
        """SIGKILL to everything below the launcher, held zombies no longer held."""
        for task in self:
            task.hold = False
        descendants.kill_processes([task.pid for task in self])  # at once, without looking for anything
        descendants.kill_processes(descendants.iter_descendants(self._me))


def _any_zombie() -> bool:
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def _zombie_status(pid: int) -> os.waitid_result | None:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
