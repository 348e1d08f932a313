"""Idle periods of a pipeline: how long nothing was written, and how often tail and grep got a core all the same.

One begins when writer, tail and grep all sleep, and ends when the next line, burst or signal comes. What is counted
are the kernel's records of a process getting a core. It judges nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import TaskState
from ...lesson import ClaimResult
from ...log.timeline import Task
from .readings import Pipeline, PipelineReading


@dataclass(slots=True)
class IdlePeriod:
    """One idle period; ns of the run."""

    pipeline: Pipeline
    start_ns: int
    told: bool  # tail sleeps until the kernel tells it of a change, and not for a time
    cores: Counter[str] = field(default_factory=Counter)  # how often each role got a core
    awake_ns: int | None = None  # since when one of them is awake
    _now: Counter[str] = field(default_factory=Counter)  # since then

    def moved(self, role: str, t_ns: int, state: str) -> bool:
        """Notes a change of state; whether both sleep again."""
        self._now[role] += state == "running"
        if self.pipeline.resting:
            self.count()
            self.awake_ns = None
        elif self.awake_ns is None:
            self.awake_ns = t_ns
        return self.awake_ns is None

    def count(self) -> None:
        """What was noted since both slept belongs to the period: it was not the end of the process."""
        self.cores += self._now
        self._now.clear()


class IdlePeriods(PipelineReading):
    """Follows the idle periods. If it is not ``exact``, its counts are a sampler's, which misses switches."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._period: IdlePeriod | None = None

    def changed(self, pipeline: Pipeline, process: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        period = self._period
        if period is None or period.pipeline is not pipeline:
            self._period = (
                IdlePeriod(pipeline, t_ns, pipeline.process("tail").asleep("poll")) if pipeline.resting else None
            )
        elif process.role not in ("tail", "grep"):
            return ()
        elif fact.cause == "woken" and t_ns - (fact.error_ns or 0) <= period.start_ns:
            self._period = None  # by its error this wake-up may lie before the period: it had not begun
        elif period.moved(process.role, t_ns, fact.state) and period.cores:
            return self.disturbed(period, t_ns)
        return ()

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:
        if label in ("append", "burst"):
            return self._ended(pipeline, t_ns)
        period = self._period
        return (
            self.rested(period, t_ns) if label == "quiet" and period is not None and period.pipeline is pipeline else ()
        )

    def signalled(self, pipeline: Pipeline, role: str, t_ns: int, signum: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        return self._ended(pipeline, t_ns)

    def died(self, pipeline: Pipeline, role: str, t_ns: int) -> Iterable[ClaimResult]:
        return self._cut(pipeline, t_ns) if role in ("tail", "grep") else ()

    def finished(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:
        return self._cut(pipeline, t_ns)

    def _ended(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:
        """Something was done to the pipeline."""
        period, self._period = self._period, None
        if period is None or period.pipeline is not pipeline:
            return ()
        period.count()
        return self.rested(period, t_ns)

    def _cut(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:
        """The pipeline was cleared away: a process gets a core for its end too, and that is not counted."""
        period, self._period = self._period, None
        if period is None or period.pipeline is not pipeline:
            return ()
        return self.rested(period, period.awake_ns or t_ns)

    def rested(self, period: IdlePeriod, until_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """An idle period has lasted until then; it may go on."""
        return ()

    def disturbed(self, period: IdlePeriod, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """Both sleep again, and one of them has had a core in it."""
        return ()
