"""The tree of processes as it changes: parent, group, session and foreground group of every descendant, looked at."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ..events import Fact, Source, TaskMoved
from ..recorder import TaskGone, process_info
from ..supervisor import descendants

_PACE_MS = 10
_PARENT, _GROUP, _SESSION, _TERMINAL, _FOREGROUND = 1, 2, 3, 4, 5  # of card.stat_fields
EmitFact = Callable[[Fact, Source], None]


class ProcessTreeWatcher:
    """A poll source: ``task.moved`` for each descendant of the launcher, first seen or in another place than before.

    It looks every 10 ms at /proc/PID/stat, fields 4 to 8, which everybody may read. A place that lasts shorter than
    that is not seen. ``places`` holds what was seen last: pid → (parent, group, session, foreground), foreground -1
    for a process without a terminal; zombies keep their last one.
    """

    fd: int | None = None
    max_pause_ms: int | None = _PACE_MS

    def __init__(self, number: Callable[[int], int | None], emit: EmitFact) -> None:
        """``number``: task number of a pid, None if it is not (yet) one of the run's."""
        self._number = number
        self._emit = emit
        self._next_ns = 0
        self.positions: dict[int, tuple[int, int, int, int]] = {}

    def poll(self) -> None:
        """Look at all, if it is time to."""
        if time.monotonic_ns() < self._next_ns:
            return
        for pid in descendants.iter_descendants(os.getpid()):
            try:
                fields = process_info.stat_fields(pid)
            except TaskGone:
                continue
            foreground = int(fields[_FOREGROUND]) if fields[_TERMINAL] != "0" else -1
            self._note(pid, (int(fields[_PARENT]), int(fields[_GROUP]), int(fields[_SESSION]), foreground))
        self._next_ns = time.monotonic_ns() + _PACE_MS * 1_000_000

    def _note(self, pid: int, place: tuple[int, int, int, int]) -> None:
        before = self.positions.get(pid)
        if place == before:
            return
        self.positions[pid] = place
        changed = [
            new if before is None or new != old else None for new, old in zip(place, before or place, strict=True)
        ]
        parent, group, session, foreground = changed
        if parent is not None and self._number(parent) is None:
            parent = -1
        self._emit(TaskMoved(pid, parent, group, session, foreground), "seen")
