"""One task of a run while its records come in: what it is doing, and the facts about it still held back."""

from __future__ import annotations

import bisect
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from .edges import Edge, Note
from .proof import Tally
from .raw import Counters
from .wakes import Delays


class Waking(NamedTuple):
    """A wake-up heard while the task was still on its way to sleep."""

    t_ns: int
    by: int | None
    by_name: str | None


@dataclass(slots=True, eq=False)
class Task:
    """Its identity, the edge it is in, and its queue; times are absolute CLOCK_MONOTONIC."""

    task: int
    pid: int
    tid: int
    parent: int
    name: str
    trial: int | None
    since_ns: int  # its last record
    edge: Edge  # the state it is in
    birth: Note  # its task.born, completed by what the stage says in time
    queue: deque[Edge | Note] = field(default_factory=deque)
    tally: Tally = field(default_factory=Tally)
    delays: Delays = field(default_factory=Delays)
    early: Waking | None = None
    guess: Edge | None = None  # its core was taken while it seemed to run: the record of its leaving is missing
    looked: bool = False  # the present sleep has been looked at
    windows: list[list[int]] = field(default_factory=list)  # told I/O windows: [opened] or [opened, closed]
    styles: list[str] = field(default_factory=list)  # and in which style each call was made
    exited_ns: int | None = None
    replaced_ns: int = 0  # another task was given its tid; 0: not yet
    reaped: bool = False  # nothing of it is left in the process table
    death: tuple[int | None, int | None] | None = None  # code, signal

    @property
    def is_thread(self) -> bool:
        """True of every thread but the one that leads the process."""
        return self.tid != self.pid

    def put(self, item: Edge | Note) -> None:
        """Queue an item in order of time (nearly always at the end)."""
        queue = self.queue
        if not queue or queue[-1].t_ns <= item.t_ns:
            queue.append(item)
        else:
            queue.insert(bisect.bisect_right(queue, item.t_ns, key=lambda other: other.t_ns), item)

    def style_at(self, from_ns: int) -> str | None:
        """The style of the told I/O call that was going on at this instant, None if there was none."""
        for window, style in zip(self.windows, self.styles, strict=True):
            if window[0] <= from_ns and (len(window) == 1 or from_ns <= window[1]):
                return style
        return None

    def lived(self, counters: Counters) -> bool:
        """Were these read while the task was there (and not another one that bore its number)?"""
        return self.birth.t_ns <= counters.stamp_ns and not (self.replaced_ns and counters.stamp_ns > self.replaced_ns)
