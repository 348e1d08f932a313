"""Who waits, and who is next: equal starts are one, and the run that most pages wait for goes first. Pure.

A place's weight is the number of pages that wait for it, and one more for every ten seconds it has waited: whoever
waits alone is overtaken by a class, and not for ever. Runs that want cores and runs that want none wait in two lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Tier
from ..lesson import Lesson
from .run import Run

AGE_S = 10.0  # waiting so long weighs as much as one page more
REMEMBERED_S = 60.0  # how long a start that was refused counts as somebody who wants it
_REFUSED = 512

Wanted = tuple[str, str | None, str]  # lesson, preset and parameters: equal for equal starts


def wanted(lesson: str, preset: str | None, params: Mapping[str, Any]) -> Wanted:
    """What makes two starts equal."""
    return lesson, preset, repr(sorted(params.items()))


@dataclass(slots=True, eq=False)
class Place:
    """A run that waits to start, and how many cores it wants (0: it is mostly idle)."""

    run: Run
    lesson: Lesson
    cores: int
    wanted: Wanted
    since_s: float
    shared: bool  # whether equal starts may join it
    asked_by_page: bool  # else by a program, which is waited for however long it takes
    best: Tier = "exact+wake"  # the best way of hearing that may be used

    @property
    def pages(self) -> int:
        """How many pages wait for it; whoever is no page counts as one."""
        return max(1, len(self.run.audience.pages))

    def weight(self, now_s: float) -> float:
        """The heaviest is next."""
        return self.pages + (now_s - self.since_s) / AGE_S


class Queue:
    """Places in two lines; ``length`` bounds each."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._places: list[Place] = []
        self._refused: dict[tuple[Wanted, str], float] = {}  # who was sent away, and when

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Any:
        return iter(list(self._places))

    def line(self, idle: bool, now_s: float) -> list[Place]:
        """Those that want cores, or those that want none, the next one first."""
        mine = [place for place in self._places if (place.cores == 0) == idle]
        return sorted(mine, key=lambda place: -place.weight(now_s))  # stable: first come first served

    def full(self, idle: bool) -> bool:
        """Whether no further run may wait in this line."""
        return sum((place.cores == 0) == idle for place in self._places) >= self._length

    def equal(self, key: Wanted) -> Place | None:
        """A place that an equal start may join."""
        return next((place for place in self._places if place.shared and place.wanted == key), None)

    def of_page(self, page: str) -> Place | None:
        """The one place a page waits for."""
        return next((place for place in self._places if page in place.run.audience.pages), None)

    def of_run(self, run: Run) -> Place | None:
        """Where a run waits."""
        return next((place for place in self._places if place.run is run), None)

    def add(self, place: Place) -> None:
        """At the end of its line, as far as weights allow."""
        self._places.append(place)
        for key in [key for key in self._refused if key[0] == place.wanted]:
            del self._refused[key]

    def remove(self, place: Place) -> None:
        """It waits no more."""
        self._places.remove(place)

    def refuse(self, key: Wanted, page: str, now_s: float) -> bool:
        """Note a start that finds its line full; True if another page was refused the same: then two want one place."""
        for old in [each for each, at_s in self._refused.items() if now_s - at_s > REMEMBERED_S]:
            del self._refused[old]
        if len(self._refused) < _REFUSED:
            self._refused[key, page] = now_s
        return any(each == key and other != page for each, other in self._refused)

    def least(self, idle: bool) -> Place | None:
        """Of those that one page alone waits for, the one that came last: it makes room for what more wait for."""
        alone = [place for place in self._places if place.pages == 1 and (place.cores == 0) == idle]
        return max(alone, key=lambda place: place.since_s, default=None)


def starts(line: Sequence[tuple[int, float]], free_s: Sequence[float]) -> list[float]:
    """In how many seconds each of ``line`` (places wanted, seconds it will take) starts.

    ``free_s`` says for every place (a core, or a place for an idle run) in how many seconds it is free. Whoever is
    next waits for all its places, and nobody passes.
    """
    free = sorted(free_s)
    found: list[float] = []
    earliest = 0.0
    for wants, takes_s in line:
        count = min(max(1, wants), len(free))
        earliest = max(earliest, free[count - 1])
        found.append(earliest)
        free[:count] = [earliest + takes_s] * count
        free.sort()
    return found
