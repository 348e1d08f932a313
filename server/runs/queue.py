"""The queue of runs: deduplicates equal starts and orders the rest by address and priority. Reads no clock.

Addresses take turns (``fair_shares.py``). Among the starts of one, an entry's priority is the number of pages that want
such a run (``demand.py``), plus one for every ten seconds it has waited: a run that one page waits for is overtaken by
a class, and not for ever. Runs with and without cores queue separately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Tier
from ..lesson import Lesson
from .demand import Asker, Demand, StartKey
from .fair_shares import FairShares
from .run import Run

AGING_S = 10.0  # waiting so long weighs as much as one page more


class QueueFull(Exception):
    """No capacity is left and the queue is full; ``retry_after_s`` says when to retry."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("all slots are taken, and the queue is full")
        self.retry_after_s = retry_after_s


def start_key(lesson: str, preset: str | None, params: Mapping[str, Any]) -> StartKey:
    """The key by which equal starts are deduplicated."""
    return lesson, preset, repr(sorted(params.items()))


@dataclass(slots=True, eq=False)
class QueueEntry:
    """A run that waits to start, and how many cores it needs (0: it is mostly idle)."""

    run: Run
    lesson: Lesson
    cores: int
    start_key: StartKey
    queued_s: float  # when it was queued, monotonic seconds
    joinable: bool  # whether equal starts may join it
    asker: Asker  # a program waits however long it takes
    best_tier: Tier = "exact+wake"  # the best tier that may be used
    start_tag: float | None = None  # of fair queueing, once it has started

    @property
    def pages(self) -> int:
        """How many pages wait for it; a program counts as one."""
        return max(1, len(self.run.audience.pages))


class Queue:
    """Entries in two queues, for runs with and without cores; ``length`` bounds each."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._entries: list[QueueEntry] = []
        self._demand = Demand()
        self._shares = {idle: FairShares() for idle in (False, True)}

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[QueueEntry]:
        return iter(list(self._entries))

    def ordered(self, idle: bool, now_s: float) -> list[QueueEntry]:
        """The entries that need cores, or those that need none, the next one first; equals first come first served."""
        entries = sorted(self._of_kind(idle), key=lambda entry: -self._priority(entry, now_s))  # sorted is stable
        order = self._shares[idle].order([(self._wanted_by(entry), entry.start_tag) for entry in entries])
        return [entries[index] for index in order]

    def is_full(self, idle: bool) -> bool:
        """Whether no further run may be added to this queue."""
        return len(self._of_kind(idle)) >= self._length

    def find_joinable(self, key: StartKey) -> QueueEntry | None:
        """An entry that an equal start may join."""
        return next((entry for entry in self._entries if entry.joinable and entry.start_key == key), None)

    def entry_of_page(self, page: str) -> QueueEntry | None:
        """The one entry a page waits for."""
        return next((entry for entry in self._entries if page in entry.run.audience.pages), None)

    def entry_of_run(self, run: Run) -> QueueEntry | None:
        """The entry of a run; None if it is not queued."""
        return next((entry for entry in self._entries if entry.run is run), None)

    def add(self, entry: QueueEntry) -> None:
        """Appends an entry."""
        self._entries.append(entry)

    def remove(self, entry: QueueEntry) -> None:
        """Removes an entry that will not start; ``ValueError`` if it is not queued."""
        self._entries.remove(entry)
        if not self._of_kind(entry.cores == 0):
            self._shares[entry.cores == 0].forgive()

    def take(self, entry: QueueEntry) -> None:
        """Removes an entry because it starts: its addresses have had a turn, once however often it is queued again."""
        if entry.start_tag is None:
            entry.start_tag = self._shares[entry.cores == 0].charge(self._wanted_by(entry))
        self.remove(entry)

    def note_wish(self, key: StartKey, asker: Asker, now_s: float) -> None:
        """A page asks for a run that others may join, and gets it or not."""
        self._demand.expire(now_s, lambda page: self.entry_of_page(page) is not None)
        self._demand.note(key, asker, now_s)

    def demand(self, key: StartKey) -> int:
        """How many pages have asked for such a run within the last minute, or wait for it."""
        return sum(self._demand.pages_by_address(key).values())

    def eviction_candidate(self, idle: bool) -> QueueEntry | None:
        """The newest entry that a single page wants: it makes room for what more pages want."""
        alone = [entry for entry in self._of_kind(idle) if sum(self._wanted_by(entry).values()) == 1]
        return max(alone, key=lambda entry: entry.queued_s, default=None)

    def _of_kind(self, idle: bool) -> list[QueueEntry]:
        return [entry for entry in self._entries if (entry.cores == 0) == idle]

    def _wanted_by(self, entry: QueueEntry) -> Mapping[str, int]:
        """How many pages want such a run, by address; one that nobody may join is wanted by who asked for it."""
        return (entry.joinable and self._demand.pages_by_address(entry.start_key)) or {entry.asker.address: 1}

    def _priority(self, entry: QueueEntry, now_s: float) -> float:
        return sum(self._wanted_by(entry).values()) + (now_s - entry.queued_s) / AGING_S


def simulate_starts(requests: Sequence[tuple[int, float]], free_s: Sequence[float]) -> list[float]:
    """In how many seconds each of ``requests`` (slots needed, seconds it will take) starts.

    ``free_s`` says of every slot (a core, or a slot for an idle run) in how many seconds it is free. The first request
    waits for all its slots, and none overtakes it.
    """
    free = sorted(free_s)
    starts_s: list[float] = []
    earliest = 0.0
    for slots, takes_s in requests:
        count = min(max(1, slots), len(free))
        earliest = max(earliest, free[count - 1])
        starts_s.append(earliest)
        free[:count] = [earliest + takes_s] * count
        free.sort()
    return starts_s
