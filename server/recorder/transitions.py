"""One change of a task's state on its way out: what is known of it so far, until it is handed on as an entry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..events import Cause, Entry, Fact, Source, State, TaskState, WaitsFor
from .records import TaskSnapshot

_task_state = lru_cache(maxsize=4096)(TaskState)  # the same few facts come again and again, and nobody changes them


@dataclass(slots=True, eq=False)
class PendingTransition:
    """A TaskState to be. Times are absolute CLOCK_MONOTONIC."""

    task: int
    t_ns: int
    state: State
    cause: Cause
    cpu: int | None = None
    source: Source = "seen"
    waits_for: WaitsFor | None = None
    syscall: int | None = None
    by: int | None = None
    by_name: str | None = None
    error_ns: int | None = None
    snapshot: TaskSnapshot | None = None  # the one its reason rests on
    ended_ns: int | None = None  # the task's next record
    shares_gil: bool = False  # its process had other threads then, under one GIL
    time_unknown: bool = False  # its instant is not known yet
    emitted: bool = False  # handed on, cannot be changed any more

    def discard_snapshot(self) -> None:
        """A record falls into the snapshot: what it shows was not this sleep, or not all the time."""
        self.snapshot = self.waits_for = self.syscall = None
        if self.state == "stopped":
            self.state, self.cause = "blocked", "waits"

    def fact(self) -> Fact:
        """The fact it has become."""
        return _task_state(
            self.task, self.state, self.cause, self.cpu, self.waits_for, self.syscall, self.by, self.by_name,
            self.error_ns,
        )  # fmt: skip


@dataclass(slots=True, eq=False)
class PendingFact:
    """Any other fact of a task, on its way out beside its transitions."""

    t_ns: int
    source: Source
    value: Fact
    time_unknown: bool = False
    emitted: bool = False

    def fact(self) -> Fact:
        """The fact itself."""
        return self.value


def emit_entry(item: PendingTransition | PendingFact, start_ns: int) -> Entry:
    """Hand an item on: from here on it cannot be changed."""
    item.emitted = True
    return Entry(max(0, item.t_ns - start_ns), item.source, item.fact())
