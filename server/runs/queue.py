"""The queue of runs: deduplicates equal starts and orders the rest by priority with aging. Reads no clock.

An entry's priority is the number of pages that wait for it, plus one for every ten seconds it has waited: a run that
one page waits for is overtaken by a class, and not for ever. Runs with and without cores queue separately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Tier
from ..lesson import Lesson
from .run import Run

AGING_S = 10.0  # waiting so long weighs as much as one page more
REJECTION_TTL_S = 60.0  # how long a rejected start counts as demand
_MAX_REJECTIONS = 512

StartKey = tuple[str, str | None, str]  # lesson, preset and parameters: equal for equal starts


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
    from_page: bool  # else a program asked for it, and waits however long it takes
    best_tier: Tier = "exact+wake"  # the best tier that may be used

    @property
    def pages(self) -> int:
        """How many pages wait for it; a program counts as one."""
        return max(1, len(self.run.audience.pages))

    def priority(self, now_s: float) -> float:
        """The highest starts next."""
        return self.pages + (now_s - self.queued_s) / AGING_S


class Queue:
    """Entries in two queues, for runs with and without cores; ``length`` bounds each."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._entries: list[QueueEntry] = []
        self._rejections: dict[tuple[StartKey, str], float] = {}  # (key, page) → when

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[QueueEntry]:
        return iter(list(self._entries))

    def ordered(self, idle: bool, now_s: float) -> list[QueueEntry]:
        """The entries that need cores, or those that need none, by priority, the next one first."""
        same_kind = [entry for entry in self._entries if (entry.cores == 0) == idle]
        return sorted(same_kind, key=lambda entry: -entry.priority(now_s))  # stable: first come first served

    def is_full(self, idle: bool) -> bool:
        """Whether no further run may be added to this queue."""
        return sum((entry.cores == 0) == idle for entry in self._entries) >= self._length

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
        """Appends an entry, and forgets the rejections of equal starts."""
        self._entries.append(entry)
        for key in [key for key in self._rejections if key[0] == entry.start_key]:
            del self._rejections[key]

    def remove(self, entry: QueueEntry) -> None:
        """Removes an entry; ``ValueError`` if it is not queued."""
        self._entries.remove(entry)

    def note_rejection(self, key: StartKey, page: str, now_s: float) -> bool:
        """Records a start that found the queue full; True if another page was rejected for the same key."""
        for expired in [each for each, at_s in self._rejections.items() if now_s - at_s > REJECTION_TTL_S]:
            del self._rejections[expired]
        if len(self._rejections) < _MAX_REJECTIONS:
            self._rejections[key, page] = now_s
        return any(each == key and other != page for each, other in self._rejections)

    def eviction_candidate(self, idle: bool) -> QueueEntry | None:
        """The newest entry that a single page waits for: it makes room for what more pages wait for."""
        alone = [entry for entry in self._entries if entry.pages == 1 and (entry.cores == 0) == idle]
        return max(alone, key=lambda entry: entry.queued_s, default=None)


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
