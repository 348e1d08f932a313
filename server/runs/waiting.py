"""How long those who wait still wait, and those who are sent away: from what goes on, and how long that took before."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .capacity import Capacity
from .durations import FIRST_GUESS_S, Durations
from .queue import Place, starts
from .run import Run
from .standing import Lack, Waiting

_STEPS_S = ((10.0, 1.0), (60.0, 5.0), (math.inf, 15.0))  # up to so many seconds an estimate is said in such steps
HOLD_S = 1.0


@dataclass(frozen=True, slots=True)
class Live:
    """A run that goes on: the cores it has, and since when."""

    run: Run
    cores: int
    began_s: float


def estimates(
    line: Sequence[Place], live: Collection[Live], capacity: Capacity, durations: Durations, not_before_s: float = 0.0
) -> list[float]:
    """In how many seconds each place of one line starts; none before ``not_before_s``."""
    if not line:
        return []
    idle = line[0].cores == 0
    going = [each for each in live if (each.cores == 0) == idle]
    left = [(each.cores, durations.left_s(each.run.lesson, each.run.params, each.began_s)) for each in going]
    free_s = [left_s for cores, left_s in left for _ in range(max(1, cores))]
    free_s += [0.0] * (capacity.idle_places if idle else capacity.cores)
    wants = [(place.cores, durations.typical_s(place.run.lesson, place.run.params)) for place in line]
    return starts(wants, [max(each_s, not_before_s) for each_s in free_s or [FIRST_GUESS_S]])


def learn(durations: Durations, was: Live) -> None:
    """A run is over, and its place is free: what it took is what the next should take, unless it was cut short."""
    if was.run.first_fact_s is not None:
        durations.launched(was.run.first_fact_s - was.began_s)
    if was.run.status == "finished" or was.run.interactive:
        durations.note(was.run.lesson, was.run.params, time.monotonic() - was.began_s)


def tell(line: Sequence[Place], starts_s: Sequence[float], launch_s: float, why: Lack) -> None:
    """Each run of a line is told its place, when its first fact should come, and how many wait with it."""
    for number, (place, start_s) in enumerate(zip(line, starts_s, strict=True), start=1):
        place.run.wait(Waiting(number, rounded(start_s + launch_s), place.pages, why))


def rounded(seconds: float) -> float:
    """An estimate as it is said: no more exact than it is, and at least a second."""
    step = next(step for most, step in _STEPS_S if seconds <= most)
    return max(1.0, math.floor(seconds / step + 0.5) * step)


@dataclass(slots=True)
class Hold:
    """Something that runs take is used up: none begins for a moment, and those who wait are told what it is."""

    _until_s: float = 0.0
    _lack: Lack = ""

    def note(self, lack: Lack) -> None:
        """It has just been found to be so."""
        self._until_s, self._lack = time.monotonic() + HOLD_S, lack

    def left_s(self, now_s: float) -> float:
        """Until the next try."""
        return max(0.0, self._until_s - now_s)

    def lack(self, now_s: float) -> Lack:
        """What to say of it; the next try is given its time, too."""
        return self._lack if now_s < self._until_s + HOLD_S else ""


@dataclass(slots=True)
class Promises:
    """When those who found their line full were told to come back: the next one is told the place after theirs."""

    _until_s: list[float] = field(default_factory=list)

    def next_s(self, starts_s: Sequence[float]) -> float:
        """In how many seconds the next place in the line is free that was not promised; ``starts_s`` says when each of
        the line's places is left, and those that come then are left as fast."""
        now_s = time.monotonic()
        self._until_s = [until_s for until_s in self._until_s if until_s > now_s]
        rounds, number = divmod(len(self._until_s), max(1, len(starts_s)))
        wait_s = max(1.0, rounds * starts_s[-1] + starts_s[number] if starts_s else 0.0)
        self._until_s.append(now_s + wait_s)
        return wait_s
