"""Told facts on their way into the log: kernel ids become task numbers, and each waits its turn in time.

A told fact reaches the launcher up to a scheduling delay after its stamp, so facts are held for a watermark and then
handed on in the order of their stamps. A fact about a task that nobody has seen being born is held longer, and in
the end counted as lost; one that is not of the vocabulary (``events.py``) is lost at once, and the fault of the first
is written to standard error.
"""

from __future__ import annotations

import contextlib
import heapq
import sys
from collections.abc import Callable
from typing import Any

from ..events import Entry, Source, from_dict

_TASK_FIELDS = ("task", "to", "by", "parent", "child", "other")
_UNKNOWN_TASK_WAIT_NS = 1_000_000_000  # how much longer than the watermark an unknown task is waited for
_Held = tuple[int, int, Source, dict[str, Any]]


class FactMerger:
    """Holds told facts; ``number`` answers a kernel thread id with its task number, or None."""

    def __init__(self, origin_ns: int, number: Callable[[int], int | None]) -> None:
        self._origin_ns = origin_ns
        self._number = number
        self._held: list[_Held] = []
        self._orphans: list[_Held] = []
        self._arrivals = 0
        self._calls: dict[tuple[int, int], int] = {}
        self._malformed = False  # whether one has been reported
        self.lost = 0

    def add(self, t_ns: int, fact: dict[str, Any], source: Source = "told") -> None:
        """Hold ``fact`` (its dict, with kernel ids) stamped with absolute ``t_ns``."""
        self._arrivals += 1
        heapq.heappush(self._held, (t_ns, self._arrivals, source, fact))

    @property
    def holds_facts(self) -> bool:
        """Whether some wait for their turn."""
        return bool(self._held or self._orphans)

    def entries_before(self, t_ns: int) -> list[Entry]:
        """Facts stamped before absolute ``t_ns``, as entries in the order of their stamps."""
        due, self._orphans = self._orphans, []
        while self._held and self._held[0][0] < t_ns:
            due.append(heapq.heappop(self._held))
        found = []
        for each in due:
            try:
                entry = self._entry(each[0], each[2], each[3])
            except ValueError as fault:
                self._report_malformed(each[3], fault)
                continue
            if entry is not None:
                found.append(entry)
            elif each[0] + _UNKNOWN_TASK_WAIT_NS > t_ns:
                self._orphans.append(each)
            else:
                self.lost += 1
        return found

    def _entry(self, t_ns: int, source: Source, said: dict[str, Any]) -> Entry | None:
        """None if a task of it is not known (yet); ``ValueError`` if it is not of the vocabulary."""
        fact = dict(said)
        for name in _TASK_FIELDS:
            if isinstance(fact.get(name), int) and fact[name] > 0:  # 0 is the launcher, -1 anyone outside the run
                fact[name] = self._number(fact[name])
                if fact[name] is None:
                    return None
        key = fact.get("call")
        if isinstance(key, list):
            fact["call"] = self._calls.setdefault((key[0], key[1]), len(self._calls) + 1)
        return from_dict({"t_ns": t_ns - self._origin_ns, "source": source, "fact": fact})

    def _report_malformed(self, said: dict[str, Any], fault: ValueError) -> None:
        """Whoever misspells a field of a new fact kind reads this where the server writes its own output; once a run,
        as a program may state thousands."""
        self.lost += 1
        if not self._malformed and sys.stderr is not None:
            with contextlib.suppress(OSError):  # nobody reads the server's output any more
                print(f"timeslice: a fact is lost, as it is not one of events.py: {fault}; {said}", file=sys.stderr)
        self._malformed = True
