"""Estimates of waiting times, from active runs and past durations: of queued runs, and Retry-After of rejected ones."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .capacity import Capacity
from .durations import DEFAULT_DURATION_S, Durations
from .queue import QueueEntry, simulate_starts
from .run import Run
from .run_state import QueuePosition, WaitReason

_ROUNDING_STEPS_S = ((10.0, 1.0), (60.0, 5.0), (math.inf, 15.0))  # up to so many seconds, round up to such steps

PAUSE_S = 1.0  # between two tries to start where a resource is exhausted


@dataclass(frozen=True, slots=True)
class ActiveRun:
    """A run that has started: the cores it holds, and since when (monotonic seconds)."""

    run: Run
    cores: int
    started_s: float


def start_estimates(
    ordered: Sequence[QueueEntry],
    active_runs: Collection[ActiveRun],
    capacity: Capacity,
    durations: Durations,
    not_before_s: float = 0.0,
) -> list[float]:
    """In how many seconds each entry of one queue should start; none before ``not_before_s``.

    Where a run goes on longer than expected, those of its lesson that wait should take as many times longer.
    """
    if not ordered:
        return []
    idle = ordered[0].cores == 0
    free_s: list[float] = []
    overdue: dict[str, float] = {}
    for each in active_runs:
        if (each.cores == 0) == idle:
            what = each.run.lesson, each.run.params, each.started_s
            free_s += [durations.remaining_s(*what)] * max(1, each.cores)
            overdue[each.run.lesson] = durations.overdue(*what)
    free_s += [0.0] * (capacity.free_idle_slots if idle else capacity.free_cores)
    requests = [
        (entry.cores, overdue.get(entry.run.lesson, 1.0) * durations.expected_s(entry.run.lesson, entry.run.params))
        for entry in ordered
    ]
    return simulate_starts(requests, [max(each_s, not_before_s) for each_s in free_s or [DEFAULT_DURATION_S]])


def record_duration(durations: Durations, ended: ActiveRun) -> None:
    """Records what an ended run took, launch and whole; one that was cut short says only that it took longer, if it
    did: on a crowded machine a run ends at its bound."""
    took_s = time.monotonic() - ended.started_s
    if ended.run.first_fact_s is not None:
        durations.record_launch(ended.run.first_fact_s - ended.started_s)
    whole = ended.run.status == "finished" or ended.run.interactive
    if whole or took_s > durations.expected_s(ended.run.lesson, ended.run.params):
        durations.record(ended.run.lesson, ended.run.params, took_s)


def publish_positions(
    ordered: Sequence[QueueEntry], starts_s: Sequence[float], launch_s: float, reason: WaitReason
) -> None:
    """Sets the queue position of each run of a queue: number, seconds until its first fact, pages that wait for it."""
    for number, (entry, start_s) in enumerate(zip(ordered, starts_s, strict=True), start=1):
        position = QueuePosition(number, round_estimate(start_s + launch_s), entry.pages, reason)
        entry.run.set_queue_position(position)


def round_estimate(seconds: float) -> float:
    """An estimate rounded to the precision it has (1 s, 5 s or 15 s), at least a second."""
    step = next(step for most, step in _ROUNDING_STEPS_S if seconds <= most)
    return max(1.0, math.floor(seconds / step + 0.5) * step)


@dataclass(slots=True)
class StartPause:
    """A pause of all starts while a resource is exhausted; those who wait are told which."""

    _until_s: float = 0.0
    _reason: WaitReason = ""

    def begin(self, reason: WaitReason) -> None:
        """Pauses starts for ``PAUSE_S``."""
        self._until_s, self._reason = time.monotonic() + PAUSE_S, reason

    def remaining_s(self, now_s: float) -> float:
        """Seconds until the next try."""
        return max(0.0, self._until_s - now_s)

    def reason(self, now_s: float) -> WaitReason:
        """The exhausted resource; also while the next try is under way."""
        return self._reason if now_s < self._until_s + PAUSE_S else ""


@dataclass(slots=True)
class RetrySchedule:
    """The Retry-After times handed out to rejected requests, so that two of them do not come back for the same slot."""

    _until_s: list[float] = field(default_factory=list)

    def next_s(self, starts_s: Sequence[float]) -> float:
        """In how many seconds the next slot of the queue is free that was not promised; ``starts_s`` says when each of
        the queue's slots is left, and those that are queued then leave as fast."""
        now_s = time.monotonic()
        self._until_s = [until_s for until_s in self._until_s if until_s > now_s]
        rounds, number = divmod(len(self._until_s), max(1, len(starts_s)))
        wait_s = max(1.0, rounds * starts_s[-1] + starts_s[number] if starts_s else 0.0)
        self._until_s.append(now_s + wait_s)
        return wait_s
