"""What every lesson measures, whatever it teaches: how much of the core time its tasks wanted others had.

Imported in the observed process tree: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..events import ValueMeasured
from ..log.contention import CpuDemand, cpu_demand
from ..log.timeline import Trial
from .claim_folds import TimelineFold
from .contract import ClaimResult

#: Of more than this share, and at least so many ms, a page says that the machine is too busy to show the lesson well:
#: others then had the cores longer than the tasks themselves. What short-lived tasks lose while a core wakes is less.
BUSY_PERCENT, BUSY_MS = 50.0, 20.0
MS = 1_000_000


class ContentionMeasure(TimelineFold):
    """``others_share`` in percent and ``others_ms``, of each trial and at last of all; silent in tier "sampled".

    ``busy_trials``: in how many the machine was too busy; if there is one, the page says so and offers the recording.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._all: list[CpuDemand] = []

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        found = cpu_demand(self.timeline, trial)
        if found is None:
            return ()
        self._all.append(found)
        return contention_values(found, trial.number)

    def end(self) -> Iterable[ClaimResult]:
        if not self._all:
            return
        yield from contention_values(
            CpuDemand(sum(each.others_ns for each in self._all), sum(each.ours_ns for each in self._all)), None
        )
        busy = sum(is_too_busy(100 * each.share, each.others_ns / MS) for each in self._all)
        yield ValueMeasured("busy_trials", busy, "count")


def contention_values(found: CpuDemand, trial: int | None) -> Iterator[ValueMeasured]:
    """The two values of a trial, or of the run."""
    yield ValueMeasured("others_share", round(100 * found.share, 1), "percent", trial)
    yield ValueMeasured("others_ms", found.others_ns / MS, "ms", trial)


def is_too_busy(share_percent: float, others_ms: float) -> bool:
    """Whether others had so much of the cores that the run does not show the lesson well."""
    return share_percent > BUSY_PERCENT and others_ms >= BUSY_MS
