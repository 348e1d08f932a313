"""One task of a run while its records come in: what it is doing, and the facts about it still held back."""

from __future__ import annotations

import bisect
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from .records import Counters
from .switch_proof import SwitchTally
from .transitions import PendingFact, PendingTransition
from .wake_inference import RunDelaySolver


class EarlyWakeup(NamedTuple):
    """A wake-up heard while the task was still on its way to sleep."""

    t_ns: int
    by: int | None
    by_name: str | None


@dataclass(slots=True, eq=False)
class RecordedTask:
    """Its identity, the transition it is in, and its queue; times are absolute CLOCK_MONOTONIC."""

    task: int
    pid: int
    tid: int
    parent: int
    name: str
    trial: int | None
    since_ns: int  # its last record
    transition: PendingTransition  # the state it is in
    birth: PendingFact  # its task.born, completed by what the stage says in time
    queue: deque[PendingTransition | PendingFact] = field(default_factory=deque)
    switches: SwitchTally = field(default_factory=SwitchTally)
    run_delay: RunDelaySolver = field(default_factory=RunDelaySolver)
    early_wakeup: EarlyWakeup | None = None
    inferred_preemption: PendingTransition | None = (
        None  # its core was taken while it seemed to run: the record of its leaving is missing
    )
    snapshot_taken: bool = False  # a snapshot of the present sleep has been taken
    io_windows: list[list[int]] = field(default_factory=list)  # told I/O windows: [opened] or [opened, closed]
    io_styles: list[str] = field(default_factory=list)  # and in which style each call was made
    exited_ns: int | None = None
    replaced_ns: int = 0  # another task was given its tid; 0: not yet
    reaped: bool = False  # nothing of it is left in the process table
    death: tuple[int | None, int | None] | None = None  # code, signal

    @property
    def is_thread(self) -> bool:
        """True of every thread but the one that leads the process."""
        return self.tid != self.pid

    def enqueue(self, item: PendingTransition | PendingFact) -> None:
        """Queue an item in order of time (nearly always at the end)."""
        queue = self.queue
        if not queue or queue[-1].t_ns <= item.t_ns:
            queue.append(item)
        else:
            queue.insert(bisect.bisect_right(queue, item.t_ns, key=lambda other: other.t_ns), item)

    def io_style_at(self, from_ns: int) -> str | None:
        """The style of the told I/O call that was going on at this instant, None if there was none."""
        for window, style in zip(self.io_windows, self.io_styles, strict=True):
            if window[0] <= from_ns and (len(window) == 1 or from_ns <= window[1]):
                return style
        return None

    def existed_at(self, counters: Counters) -> bool:
        """Were these read while the task was there (and not another one that bore its number)?"""
        return self.birth.t_ns <= counters.stamp_ns and not (self.replaced_ns and counters.stamp_ns > self.replaced_ns)
