"""What this lesson claims, each a fold over the log of one run, and what it measures; it draws and runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ...events import ClaimBroken, ClaimHeld, ValueMeasured
from ...lesson import Verdict
from .readings import Reading, Span, Trial, Worker

MS = 1_000_000
INSTANT_NS = MS  # two threads on cores for less than this is "an instant" in the words of the lesson
PARALLEL_CORES = 1.5  # more than this counts as "kept more than one core busy"
GIL_CORES = 1.1


def under_gil(params: Mapping[str, Any]) -> bool:
    """Whether the jobs are threads that share a GIL; they run in the Python that also reads the log."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return params["kind"] == "threads" and (enabled is None or bool(enabled()))


def busy_ns(trial: Trial, task: int) -> int:
    """CPU time of one job since the start of the computing."""
    return sum(run.to_ns - run.from_ns for run in trial.runs(task))


def cores_busy(trial: Trial) -> float:
    """CPU time of all jobs through wall time: how many cores they kept busy on average."""
    from_ns, to_ns = trial.span()
    return sum(busy_ns(trial, task) for task in trial.workers) / (to_ns - from_ns)


class Interleaved(Reading):
    """One core: every job gets the core back after another one had it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._last: int | None = None
        self._had: set[int] = set()  # jobs that had the core
        self._back: set[int] = set()  # jobs that got it back from another
        self._first: tuple[int, int] | None = None  # where it is first seen
        self._settled = False

    def stretched(self, trial: Trial, worker: Worker) -> Iterable[Verdict]:
        if trial.cores != 1 or self._settled or not trial.runs(worker.task, newest=1):
            return
        if worker.task in self._had and self._last != worker.task:
            self._back.add(worker.task)
            self._first = self._first or (worker.task, worker.runs[-1].from_ns)
        self._had.add(worker.task)
        self._last = worker.task
        if len(self._back) == trial.tasks and self._first:
            self._settled = True
            yield ClaimHeld("interleave", task=self._first[0], at_ns=self._first[1])

    def finished(self, trial: Trial) -> Iterable[Verdict]:
        if trial.cores == 1 and trial.exact and not self._settled:
            self._settled = True
            yield ClaimBroken("interleave", f"{len(self._back)} of {trial.tasks} jobs got the core back")


class FirstEndsLate(Reading):
    """One core: the first job to end does so in the last quarter of the time all of them take.

    Silent for more than two threads under the GIL, which keeps no queue: six threads gave 47 to 92 %.
    """

    def finished(self, trial: Trial) -> Iterable[Verdict]:
        if trial.cores != 1 or (trial.tasks > 2 and under_gil(self.params)):
            return
        first_ns, task = trial.ends()[0]
        percent = first_end_percent(trial)
        if percent >= 75:
            yield ClaimHeld("first_ends_late", task=task, at_ns=first_ns)
        else:
            yield ClaimBroken("first_ends_late", f"it ended after {percent:.0f} %", task=task, at_ns=first_ns)


class NeverTwo(Reading):
    """One core: no two jobs run at one instant. Only the end can say never."""

    def end(self) -> Iterable[Verdict]:
        for trial in (each for each in self.trials.values() if each.cores == 1 and each.over):
            overlaps = trial.overlaps()
            if not overlaps:
                if trial.exact:  # samples that show no overlap prove nothing
                    yield ClaimHeld("never_two", at_ns=trial.start_ns)
                continue
            longest = max(overlaps, key=lambda each: each[1] - each[0])
            reason = f"{len(overlaps)} times, the longest {(longest[1] - longest[0]) / 1000:.1f} µs"
            yield ClaimBroken("never_two", reason, task=longest[2], at_ns=longest[0])


class TwoAtOnce(Reading):
    """Two cores: at some instant two jobs run."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._settled = False

    def stretched(self, trial: Trial, worker: Worker) -> Iterable[Verdict]:
        if trial.cores < 2 or self._settled or self.params["kind"] == "threads":
            return
        mine = trial.runs(worker.task, newest=1)
        for other in (each for each in trial.workers.values() if each is not worker):
            both = common(mine, [*trial.runs(other.task, newest=64), *came_during(mine, other)])
            if both:
                self._settled = True
                second = worker if mine[0].from_ns == both.from_ns else other
                yield ClaimHeld("two_at_once", task=second.task, at_ns=both.from_ns)
                return

    def finished(self, trial: Trial) -> Iterable[Verdict]:
        if trial.cores >= 2 and not self._settled and trial.exact and self.params["kind"] != "threads":
            self._settled = True
            yield ClaimBroken("two_at_once", f"{trial.tasks} jobs took turns on {trial.cores} cores")


class GilOneCore(Reading):
    """Threads under the GIL keep at most 1.1 cores busy, however many they may use."""

    def end(self) -> Iterable[Verdict]:
        trials = [each for each in self.trials.values() if each.over]
        if not trials or not under_gil(self.params):
            return
        worst = max(trials, key=cores_busy)
        cores = cores_busy(worst)
        if cores <= GIL_CORES:
            yield ClaimHeld("gil_one_core", at_ns=worst.start_ns)
        else:
            yield ClaimBroken("gil_one_core", f"{cores:.2f} cores busy in trial {worst.number}", at_ns=worst.start_ns)


class GilInstants(Reading):
    """Two cores, GIL: two threads are on cores together only for instants. Counted: instants of all such times."""

    def finished(self, trial: Trial) -> Iterable[Verdict]:
        if trial.cores < 2 or not trial.exact or not under_gil(self.params):
            return
        overlaps = trial.overlaps()
        short = sum(b - a < INSTANT_NS for a, b, _ in overlaps)
        where = max(overlaps, key=lambda each: each[1] - each[0], default=(None, None, None))
        verdict = ClaimHeld if short * 10 >= len(overlaps) * 9 else ClaimBroken
        yield verdict("gil_instants", count=short, of=len(overlaps), task=where[2], at_ns=where[0])


class ManyCores(Reading):
    """Two cores: the jobs keep more than 1.5 of them busy. Counted, for a neighbour may want the second core too."""

    def finished(self, trial: Trial) -> Iterable[Verdict]:
        if trial.cores < 2 or self.params["kind"] == "threads":
            return
        cores = cores_busy(trial)
        if cores > PARALLEL_CORES:
            yield ClaimHeld("many_cores", count=1, of=1, at_ns=trial.start_ns)
        else:
            yield ClaimBroken("many_cores", f"{cores:.2f} cores busy", count=0, of=1, at_ns=trial.start_ns)


class Figures(Reading):
    """The numbers that the text shows, per trial; times in ms count from the first job's start."""

    def finished(self, trial: Trial) -> Iterable[Verdict]:
        from_ns, to_ns = trial.span()
        first_ns, number = trial.ends()[0][0], trial.number
        stretches = [span for task in trial.workers for span in trial.runs(task)]
        cpu_ns = sum(run.to_ns - run.from_ns for run in stretches)
        overlaps = trial.overlaps()
        yield ValueMeasured("wall_ms", (to_ns - from_ns) / MS, "ms", number)
        yield ValueMeasured("cpu_ms", cpu_ns / MS, "ms", number)
        yield ValueMeasured("job_ms", cpu_ns / MS / trial.tasks, "ms", number)
        yield ValueMeasured("cores_busy", cpu_ns / (to_ns - from_ns), "cores", number)
        yield ValueMeasured("first_end_ms", (first_ns - from_ns) / MS, "ms", number)
        yield ValueMeasured("left_ms", (to_ns - first_ns) / MS, "ms", number)
        yield ValueMeasured("first_end_percent", first_end_percent(trial), "percent", number)
        yield ValueMeasured("switches", len(stretches), "count", number)
        yield ValueMeasured("slice_ms", typical_ns(stretches) / MS, "ms", number)
        yield ValueMeasured("overlaps", len(overlaps), "count", number)
        yield ValueMeasured("overlap_ms", sum(b - a for a, b, _ in overlaps) / MS, "ms", number)
        preempted = [t for each in trial.workers.values() for t in each.preempted if t > from_ns]
        yield ValueMeasured("preempted", len(preempted), "count", number)
        yield from self._gil(trial)
        yield from self._guesses(trial)

    def _gil(self, trial: Trial) -> Iterable[Verdict]:
        waits = [span for each in trial.workers.values() for span in each.gil if span.to_ns > (trial.start_ns or 0)]
        if self.params["kind"] == "threads":
            yield ValueMeasured("gil_waits", len(waits), "count", trial.number)
            yield ValueMeasured(
                "gil_wait_ms", sum(wait.to_ns - wait.from_ns for wait in waits) / MS, "ms", trial.number
            )

    def _guesses(self, trial: Trial) -> Iterable[Verdict]:
        """Where each answer lies on the measured lanes, in ms from the trial's zero; one job alone is 1/tasks."""
        if trial.cores != 1:
            return
        from_ns, to_ns = trial.span()
        alone = 1 / trial.tasks
        for answer, share in (("alone", alone), ("between", (1 + alone) / 2), ("last", 1.0)):
            at_ns = from_ns + share * (to_ns - from_ns) - trial.zero_ns
            yield ValueMeasured(f"guess:{answer}", at_ns / MS, "ms", trial.number)

    def end(self) -> Iterable[Verdict]:
        walls = {each.cores: each.span()[1] - each.span()[0] for each in self.trials.values() if each.over}
        if 1 in walls and 2 in walls:
            yield ValueMeasured("speedup", walls[1] / walls[2], "x")


def first_end_percent(trial: Trial) -> float:
    """When the first job ended, in percent of the time from the first start to the last end."""
    from_ns, to_ns = trial.span()
    return 100 * (trial.ends()[0][0] - from_ns) / (to_ns - from_ns)


def typical_ns(stretches: Iterable[Span]) -> int:
    """The length such that half of the CPU time was spent in stretches at least so long; 0 for none."""
    lengths = sorted((run.to_ns - run.from_ns for run in stretches), reverse=True)
    reached, half = 0, sum(lengths) / 2
    for length in lengths:
        reached += length
        if reached >= half:
            return length
    return 0


def came_during(mine: list[Span], other: Worker) -> list[Span]:
    """The open stretch of a job that came while ``mine`` lasted: it ran then, whenever its end is heard of.

    A stretch that was open before may have ended before: that record may still be on its way from the other core.
    """
    since = other.open_ns
    return [
        Span(since, run.to_ns, other.open_error_ns, run.to_error_ns)
        for run in mine
        if since is not None and run.from_ns <= since < run.to_ns
    ]


def common(mine: Iterable[Span], others: Iterable[Span]) -> Span | None:
    """The first stretch that lies in a span of both and is longer than the errors of its ends."""
    for one in mine:
        for other in others:
            late, early = max(one, other), min(one, other, key=lambda each: each.to_ns)
            error_ns = late.from_error_ns + early.to_error_ns
            if early.to_ns - late.from_ns > error_ns:
                return Span(late.from_ns, early.to_ns, late.from_error_ns, early.to_error_ns)
    return None
