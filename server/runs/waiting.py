"""How long those who wait still wait, and those who are sent away: from what goes on, and how long that took before."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .capacity import Capacity, Durations
from .queue import Place, starts
from .run import Run
from .standing import Waiting

_STEPS_S = ((10.0, 1.0), (60.0, 5.0), (math.inf, 15.0))  # up to so many seconds an estimate is said in such steps


@dataclass(frozen=True, slots=True)
class Live:
    """A run that goes on: the cores it has, and since when."""

    run: Run
    cores: int
    began_s: float


def estimates(line: Sequence[Place], live: Collection[Live], capacity: Capacity, durations: Durations) -> list[float]:
    """In how many seconds each place of one line starts."""
    if not line:
        return []
    idle = line[0].cores == 0
    going = [each for each in live if (each.cores == 0) == idle]
    left = [(each.cores, durations.left_s(each.run.lesson, each.run.preset, each.began_s)) for each in going]
    free_s = [left_s for cores, left_s in left for _ in range(max(1, cores))]
    free_s += [0.0] * (capacity.idle_places if idle else capacity.cores)
    wants = [(place.cores, durations.typical_s(place.run.lesson, place.run.preset)) for place in line]
    return starts(wants, free_s or [durations.typical_s("", None)])


def tell(line: Sequence[Place], starts_s: Sequence[float], why: str) -> None:
    """Each run of a line is told its place, its estimate and how many wait with it."""
    for number, (place, start_s) in enumerate(zip(line, starts_s, strict=True), start=1):
        place.run.wait(Waiting(number, rounded(start_s), place.pages, why))


def rounded(seconds: float) -> float:
    """An estimate as it is said: no more exact than it is."""
    step = next(step for most, step in _STEPS_S if seconds <= most)
    return max(1.0, math.ceil(seconds / step) * step)


@dataclass(slots=True)
class Promises:
    """When those who found their line full were told to come back: the next one is told the place after theirs."""

    _until_s: list[float] = field(default_factory=list)

    def next_s(self, starts_s: Sequence[float], typical_s: float) -> float:
        """In how many seconds the next place in the line is free that was not promised; ``starts_s`` says when each of
        the line's places is left, and beyond them one is every ``typical_s``."""
        now_s = time.monotonic()
        self._until_s = [until_s for until_s in self._until_s if until_s > now_s]
        number = len(self._until_s)
        beyond = max(0, number - len(starts_s) + 1)
        last_s = starts_s[min(number, len(starts_s) - 1)] if starts_s else 0.0
        wait_s = max(1.0, last_s + beyond * typical_s)
        self._until_s.append(now_s + wait_s)
        return wait_s
