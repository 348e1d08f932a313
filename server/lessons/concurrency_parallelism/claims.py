"""What this lesson claims, each a fold over the log of one run, and what it measures; it draws and runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ...events import ClaimBroken, ClaimHeld, ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, counted_verdict, n50_ns
from ...log.timeline import OPEN_NS, Span, Task, Trial
from .readings import JobReading, cores, ends, is_exact, jobs, overlaps, runs, span_ns, start_ns

MS = 1_000_000
INSTANT_NS = MS  # two threads on cores for less than this is "an instant" in the words of the lesson
PARALLEL_CORES = 1.5  # more than this counts as "kept more than one core busy"
GIL_CORES = 1.1


def under_gil(params: Mapping[str, Any]) -> bool:
    """Whether the jobs are threads that share a GIL; they run in the Python that also reads the log."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    return params["kind"] == "threads" and (enabled is None or bool(enabled()))


def busy_ns(trial: Trial) -> int:
    """CPU time of all jobs since the start of the computing."""
    return sum(span.length_ns for task in jobs(trial) for span in runs(trial, task))


def cores_busy(trial: Trial) -> float:
    """CPU time of all jobs through wall time: how many cores they kept busy on average."""
    from_ns, to_ns = span_ns(trial)
    return busy_ns(trial) / (to_ns - from_ns)


class Interleaved(SettlingClaim, JobReading):
    """One core: every job gets the core back after another one had it."""

    name = "interleave"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._last: int | None = None
        self._had: set[int] = set()  # jobs that had the core
        self._back: set[int] = set()  # jobs that got it back from another
        self._first: tuple[int, int] | None = None  # where it is first seen

    def watches(self, trial: Trial) -> bool:
        return cores(trial) == 1 and self.settled is None

    def ran(self, trial: Trial, task: Task, span: Span) -> Iterable[ClaimResult]:  # noqa: ARG002
        if task.number in self._had and self._last != task.number:
            self._back.add(task.number)
            self._first = self._first or (task.number, span.from_ns)
        self._had.add(task.number)
        self._last = task.number
        return self.state_held(*self._first) if len(self._back) == self.job_count and self._first else ()

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:
        if cores(trial) == 1 and is_exact(trial) and self.settled is None:
            at_ns, to_ns = span_ns(trial)
            reason = f"{len(self._back)} of {self.job_count} jobs got the core back"
            return self.state_broken(reason, at_ns=at_ns, to_ns=to_ns)
        return ()


class FirstEndsLate(JobReading):
    """One core: the first job to end does so in the last quarter of the time all of them take.

    Silent for more than two threads under the GIL, which keeps no queue: six threads gave 47 to 92 %.
    """

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:
        if cores(trial) != 1 or (self.job_count > 2 and under_gil(self.params)):
            return
        first_ns, task = ends(trial)[0]
        percent = first_end_percent(trial)
        if percent >= 75:
            yield ClaimHeld("first_ends_late", task=task, at_ns=first_ns)
        else:
            yield ClaimBroken("first_ends_late", f"it ended after {percent:.0f} %", task=task, at_ns=first_ns)


class NeverTwo(JobReading):
    """One core: no two jobs run at one instant. Only the end can say never."""

    def end(self) -> Iterable[ClaimResult]:
        for trial in (each for each in self.timeline.trials.values() if cores(each) == 1 and self.over(each)):
            found = overlaps(trial)
            if not found:
                if is_exact(trial):  # samples that show no overlap prove nothing
                    at_ns, to_ns = span_ns(trial)
                    yield ClaimHeld("never_two", at_ns=at_ns, to_ns=to_ns)
                continue
            longest = max(found, key=lambda each: each[1] - each[0])
            reason = f"{len(found)} times, the longest {(longest[1] - longest[0]) / 1000:.1f} µs"
            yield ClaimBroken("never_two", reason, task=longest[2], at_ns=longest[0])


class TwoAtOnce(SettlingClaim, JobReading):
    """Two cores: at some instant two jobs run."""

    name = "two_at_once"

    def watches(self, trial: Trial) -> bool:
        return cores(trial) >= 2 and self.settled is None and self.params["kind"] != "threads"

    def ran(self, trial: Trial, task: Task, span: Span) -> Iterable[ClaimResult]:
        for other in (each for each in jobs(trial) if each is not task):
            both = common(span, [*runs(trial, other, newest=64), *came_during(span, other)])
            if both:
                second = task if span.from_ns == both.from_ns else other
                return self.state_held(second.number, both.from_ns)
        return ()

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:
        if cores(trial) < 2 or self.settled is not None or not is_exact(trial) or self.params["kind"] == "threads":
            return ()
        at_ns, to_ns = span_ns(trial)
        reason = f"{self.job_count} jobs took turns on {cores(trial)} cores"
        return self.state_broken(reason, at_ns=at_ns, to_ns=to_ns)


class GilOneCore(JobReading):
    """Threads under the GIL keep at most 1.1 cores busy, however many they may use."""

    def end(self) -> Iterable[ClaimResult]:
        trials = [each for each in self.timeline.trials.values() if self.over(each)]
        if not trials or not under_gil(self.params):
            return
        worst = max(trials, key=cores_busy)
        busy = cores_busy(worst)
        at_ns, to_ns = span_ns(worst)
        if busy <= GIL_CORES:
            yield ClaimHeld("gil_one_core", at_ns=at_ns, to_ns=to_ns)
        else:
            reason = f"{busy:.2f} cores busy in trial {worst.number}"
            yield ClaimBroken("gil_one_core", reason, at_ns=at_ns, to_ns=to_ns)


class GilInstants(JobReading):
    """Two cores, GIL: two threads are on cores together only for instants. Counted: instants of all such times."""

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:
        if cores(trial) < 2 or not is_exact(trial) or not under_gil(self.params):
            return ()
        found = overlaps(trial)
        short = sum(b - a < INSTANT_NS for a, b, _ in found)
        none = (span_ns(trial)[0], 0, None)
        at_ns, _, task = max(found, key=lambda each: each[1] - each[0], default=none)
        holds = short * 10 >= len(found) * 9
        return counted_verdict("gil_instants", short, len(found), holds=holds, task=task, at_ns=at_ns)


class ManyCores(JobReading):
    """Two cores: the jobs keep more than 1.5 of them busy. Counted, for a neighbour may want the second core too."""

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:
        if cores(trial) < 2 or self.params["kind"] == "threads":
            return ()
        busy = cores_busy(trial)
        holds, reason = busy > PARALLEL_CORES, f"{busy:.2f} cores busy"
        at_ns, to_ns = span_ns(trial)
        return counted_verdict("many_cores", int(holds), 1, holds=holds, reason=reason, at_ns=at_ns, to_ns=to_ns)


class Figures(JobReading):
    """The numbers that the text shows, per trial; ``…_at_ms`` are instants of its axis, as the guesses."""

    def finished(self, trial: Trial) -> Iterable[ClaimResult]:
        from_ns, to_ns = span_ns(trial)
        first_ns, number = ends(trial)[0][0], trial.number
        spans = [span for task in jobs(trial) for span in runs(trial, task)]
        cpu_ns, both = busy_ns(trial), overlaps(trial)
        yield ValueMeasured("wall_ms", (to_ns - from_ns) / MS, "ms", number)
        yield ValueMeasured("cpu_ms", cpu_ns / MS, "ms", number)
        yield ValueMeasured("job_ms", cpu_ns / MS / self.job_count, "ms", number)
        yield ValueMeasured("cores_busy", cpu_ns / (to_ns - from_ns), "cores", number)
        for name, at_ns in (("begin_at_ms", from_ns), ("first_at_ms", first_ns), ("last_at_ms", to_ns)):
            yield ValueMeasured(name, (at_ns - trial.from_ns) / MS, "ms", number)
        yield ValueMeasured("left_ms", (to_ns - first_ns) / MS, "ms", number)
        yield ValueMeasured("first_end_share", first_end_percent(trial), "percent", number)
        yield ValueMeasured("switches", len(spans), "count", number)
        yield ValueMeasured("slice_ms", n50_ns(span.length_ns for span in spans) / MS, "ms", number)
        yield ValueMeasured("overlaps", len(both), "count", number)
        yield ValueMeasured("overlap_ms", sum(b - a for a, b, _ in both) / MS, "ms", number)
        mine = [span for task in jobs(trial) for span in task.spans if span.from_ns > from_ns]
        yield ValueMeasured("preempted", sum(span.cause == "preempted" for span in mine), "count", number)
        yield ValueMeasured("left_cpu_ms", sum(ran_ns(trial, first_ns, to_ns)) / MS, "ms", number)
        alone_ns = from_ns + round((to_ns - from_ns) / self.job_count)
        yield ValueMeasured("most_by_t_ms", max(ran_ns(trial, from_ns, alone_ns)) / MS, "ms", number)
        yield from self._gil(trial)
        yield from self._guesses(trial)

    def _gil(self, trial: Trial) -> Iterable[ClaimResult]:
        if self.params["kind"] == "threads":
            spans = [span for task in jobs(trial) for span in task.spans if span.waits_for == "gil"]
            waits = [span for span in spans if (start_ns(trial) or 0) < span.to_ns < OPEN_NS]
            yield ValueMeasured("gil_waits", len(waits), "count", trial.number)
            yield ValueMeasured("gil_wait_ms", sum(wait.length_ns for wait in waits) / MS, "ms", trial.number)

    def _guesses(self, trial: Trial) -> Iterable[ClaimResult]:
        """Where each answer lies on the measured lanes, in ms from the trial's zero; one job alone is 1/tasks."""
        if cores(trial) != 1:
            return
        from_ns, to_ns = span_ns(trial)
        alone = 1 / self.job_count
        for answer, share in (("alone", alone), ("between", (1 + alone) / 2), ("last", 1.0)):
            at_ns = from_ns + share * (to_ns - from_ns) - trial.from_ns
            yield ValueMeasured(f"guess:{answer}", at_ns / MS, "ms", trial.number)

    def end(self) -> Iterable[ClaimResult]:
        walls = {
            cores(each): span_ns(each)[1] - span_ns(each)[0]
            for each in self.timeline.trials.values()
            if self.over(each)
        }
        if 1 in walls and 2 in walls:
            yield ValueMeasured("speedup", walls[1] / walls[2], "x")


def ran_ns(trial: Trial, from_ns: int, to_ns: int) -> list[int]:
    """What each job had of the cores between two instants; at T, its share of the whole, a queue would be done."""
    return [sum(span.within(from_ns, to_ns) for span in runs(trial, task)) for task in jobs(trial)]


def first_end_percent(trial: Trial) -> float:
    """When the first job ended, in percent of the time from the first start to the last end."""
    from_ns, to_ns = span_ns(trial)
    return 100 * (ends(trial)[0][0] - from_ns) / (to_ns - from_ns)


def came_during(mine: Span, other: Task) -> list[Span]:
    """The open stay of a job that came while ``mine`` lasted: it ran then, whenever its end is heard of.

    One that was open before may have ended before: that record may still be on its way from the other core.
    """
    now = other.now
    if now is None or now.state != "running" or not mine.from_ns <= now.from_ns < mine.to_ns:
        return []
    return [now._replace(to_ns=mine.to_ns, to_error_ns=mine.to_error_ns)]


def common(mine: Span, others: Iterable[Span]) -> Span | None:
    """The first time that lies in ``mine`` and another span and is longer than the errors of its ends."""
    for other in others:
        late = max(mine, other, key=lambda each: each.from_ns)
        early = min(mine, other, key=lambda each: each.to_ns)
        if early.to_ns - late.from_ns > late.from_error_ns + early.to_error_ns:
            return late._replace(to_ns=early.to_ns, to_error_ns=early.to_error_ns)
    return None
