"""The numbers this lesson's text and pictures show, as folds over the log of one run.

Each is stated twice: with the number of its pipeline, and without, where the newest of a name counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from ...events import TaskState, ValueMeasured
from ...lesson import ClaimResult
from ...log.timeline import Task
from .claims import TERMINATE
from .episodes import Episode, Episodes
from .idle_periods import IdlePeriod, IdlePeriods
from .readings import Pipeline

US, MS = 1_000, 1_000_000


def measured(
    pipeline: Pipeline, name: str, value: float, unit: Literal["ms", "us", "count", "bytes"]
) -> Iterator[ClaimResult]:
    """A number of one pipeline, which is also the run's until a later pipeline has one."""
    yield ValueMeasured(name, value, unit, pipeline.number)
    yield ValueMeasured(name, value, unit)


class Wakes(Episodes):
    """One line's way: µs from the write to tail's wake-up, from there to grep's, and to the screen."""

    def passed(self, episode: Episode) -> Iterable[ClaimResult]:
        for name, mark, since in (
            ("tail_wake_us", "tail_woken", None),
            ("tail_ready_us", "tail_runs", "tail_woken"),
            ("grep_wake_us", "grep_woken", "tail_woken"),
            ("grep_ready_us", "grep_runs", "grep_woken"),
        ):
            took = episode.after_ns(mark, since)
            if took is not None:
                yield from measured(episode.pipeline, name, max(0, took) / US, "us")
        if "tail_woken" in episode.marks:
            error_us = episode.marks["tail_woken"].error_ns / US
            yield from measured(episode.pipeline, "tail_wake_error_us", error_us, "us")


class Figures(IdlePeriods):
    """Idle periods, sleep, levels, lines and ends of each pipeline; the longest idle period and sleep in a write."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._longest_ns: dict[tuple[str, int], int] = {}
        self._asked: dict[int, int] = {}
        self._woken: set[int] = set()  # pipelines whose tail has woken by the clock and is not asleep again
        self._full: dict[int, int] = {}
        self._first: set[int] = set()

    def changed(self, pipeline: Pipeline, process: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        if process.role == "tail":
            yield from self._slept(pipeline, process, t_ns, fact)
        yield from super().changed(pipeline, process, t_ns, fact)
        yield from self.filled(pipeline, t_ns)  # the level may have been seen before tail was
        if pipeline.number in self._woken and pipeline.process("tail").asleep(
            "sleep"
        ):  # it has looked, and was not ended
            self._woken.discard(pipeline.number)
            self._asked[pipeline.number] = self._asked.get(pipeline.number, 0) + 1
            yield from measured(pipeline, "asked", self._asked[pipeline.number], "count")

    def _slept(self, pipeline: Pipeline, tail: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        slept_ns = t_ns - tail.spans[-2].from_ns if len(tail.spans) > 1 else 0
        if tail.asleep("pipe_write", back=2) and self._longer("pipe_sleep", pipeline, slept_ns):
            yield from measured(pipeline, "pipe_sleep_ms", slept_ns / MS, "ms")
        if tail.asleep("sleep", back=2) and fact.state in ("ready", "running"):
            self._woken.add(pipeline.number)

    def rested(self, period: IdlePeriod, until_ns: int) -> Iterable[ClaimResult]:
        if self._longer("idle", period.pipeline, until_ns - period.start_ns):
            yield from measured(period.pipeline, "idle_ms", (until_ns - period.start_ns) / MS, "ms")
            for role in ("tail", "grep") if self.exact else ():
                yield from measured(period.pipeline, f"idle_{role}", period.cores[role], "count")

    def _longer(self, name: str, pipeline: Pipeline, took_ns: int) -> bool:
        """Whether this is the longest of its name in this pipeline so far."""
        longest = took_ns > self._longest_ns.get((name, pipeline.number), 0)
        if longest:
            self._longest_ns[name, pipeline.number] = took_ns
        return longest

    def filled(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        if pipeline.full and self._full.get(pipeline.number) != pipeline.level:
            self._full[pipeline.number] = pipeline.level
            yield from measured(pipeline, "full_bytes", pipeline.level, "bytes")

    def wrote(self, pipeline: Pipeline, t_ns: int, text: str) -> Iterable[ClaimResult]:  # noqa: ARG002
        if pipeline.buffered and pipeline.number not in self._first:
            self._first.add(pipeline.number)
            yield from measured(pipeline, "first_bytes", len(text.encode()), "bytes")
            yield from measured(pipeline, "first_lines", text.count("\n"), "count")

    def died(self, pipeline: Pipeline, role: str, t_ns: int) -> Iterable[ClaimResult]:
        yield from super().died(pipeline, role, t_ns)
        grep = pipeline.process("grep")
        if role == "tail" and grep.died_ns is not None and grep.signal == TERMINATE:
            yield from measured(pipeline, "tail_end_us", max(0, t_ns - grep.died_ns) / US, "us")
