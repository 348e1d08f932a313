"""CPU contention: when a task of the run was ready and another program, the kernel or the host had the core.

A fold over the timeline, not an entry, so that old recordings have it too. A core counts as *foreign* while none of
the run's tasks is on it and one that may use it is ready, for at least ``MIN_CONTENTION_NS``: shorter gaps are
context switches. It is derived, not recorded; an idle core to which the kernel has not yet moved a ready task
counts too. Instants in ns of the run; standard library only. ``static/js/engine/contention.js`` is its twin.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from .timeline import Span, Task, Timeline, Trial

MIN_CONTENTION_NS = 200_000


class ForeignCpuTime(NamedTuple):
    """A stretch of time in which none of the run's tasks had a core although one of them was ready to use it."""

    cpu: int
    from_ns: int
    to_ns: int


class CpuDemand(NamedTuple):
    """CPU time that the tasks of a trial demanded, in ns: what others had of it, and what the tasks had."""

    others_ns: int
    ours_ns: int

    @property
    def share(self) -> float:
        """What others had, of all that was wanted; 0 to 1."""
        return self.others_ns / max(1, self.others_ns + self.ours_ns)


class ContendedSegment(NamedTuple):
    """A time in which nothing changes: the cores that are wanted and not ours, and how many ready tasks want one."""

    from_ns: int
    to_ns: int
    cpus: frozenset[int]
    ready: int


def foreign_cpu_time(timeline: Timeline) -> list[ForeignCpuTime]:
    """Every such stretch of a run, by instant and core; none in tier "sampled", which claims no cores."""
    return _merge(contended_segments(timeline, 0, timeline.end_ns)) if timeline.exact else []


def cpu_demand(timeline: Timeline, trial: Trial) -> CpuDemand | None:
    """Who had the cores from the first word of a task of the trial to the last end of one; None if that is not known.

    A ready task wants one core, however many it may use: at each instant the smaller of the two numbers counts.
    """
    if not timeline.exact or not trial.tasks:
        return None
    bounds = trial_bounds(trial, timeline.end_ns)
    segments = contended_segments(timeline, *bounds)
    return CpuDemand(others_ns(segments), sum(task.total_ns("running", *bounds) for task in timeline.tasks.values()))


def others_ns(segments: Collection[ContendedSegment]) -> int:
    """Core time that others had in these segments."""
    kept: dict[int, list[ForeignCpuTime]] = {}
    for each in _merge(segments):
        kept.setdefault(each.cpu, []).append(each)
    begins = {cpu: [each.from_ns for each in stretches] for cpu, stretches in kept.items()}

    def lasts(cpu: int, t_ns: int) -> bool:
        index = bisect_right(begins.get(cpu, ()), t_ns) - 1
        return index >= 0 and t_ns < kept[cpu][index].to_ns

    return sum(
        min(sum(lasts(cpu, from_ns) for cpu in cpus), ready) * (to_ns - from_ns)
        for from_ns, to_ns, cpus, ready in segments
    )


def contended_segments(timeline: Timeline, from_ns: int, to_ns: int) -> list[ContendedSegment]:
    """The time between two instants, cut wherever a task of ours gets a core, leaves one, or becomes ready."""
    edges = [edge for task in timeline.tasks.values() for edge in _edges(timeline, task, from_ns, to_ns)]
    on: Counter[int] = Counter()  # our tasks on a core …
    taken: set[int] = set()  # … and the cores that have one
    ready: dict[int, frozenset[int]] = {}  # cores that each ready task may use
    segments: list[ContendedSegment] = []
    since_ns = from_ns
    for t_ns, change, span, cpus in sorted(edges, key=itemgetter(0, 1)):
        if t_ns > since_ns and ready and (free := frozenset().union(*ready.values()) - taken):
            segments.append(ContendedSegment(since_ns, t_ns, free, sum(bool(each & free) for each in ready.values())))
        since_ns = t_ns
        if span.state == "running":
            core = span.cpu if span.cpu is not None else -1
            on[core] += change
            (taken.add if on[core] else taken.discard)(core)
        elif change > 0:
            ready[span.task] = cpus
        else:
            ready.pop(span.task, None)
    return segments


def _edges(timeline: Timeline, task: Task, from_ns: int, to_ns: int) -> Iterator[tuple[int, int, Span, frozenset[int]]]:
    """The beginnings (1) and, before them, the ends (-1) of what a task has or wants of a core."""
    usual = allowed_cpus(timeline, task)
    unstated = _inherited_affinity(timeline, task) or usual
    for span in task.spans_between(from_ns, to_ns, timeline.end_ns):
        start_ns, end_ns = max(span.from_ns, from_ns), min(span.to_ns, to_ns)
        if span.state in ("running", "ready") and start_ns < end_ns:
            cpus = (_stated_affinity(timeline, task, span.from_ns) or usual) if task.allowed else unstated
            yield start_ns, 1, span, cpus
            yield end_ns, -1, span, cpus


def allowed_cpus(timeline: Timeline, task: Task) -> frozenset[int]:
    """The cores a task may use, of which nothing was stated: all of the run's.

    In a trial of fewer cores than the run has, those on which it was seen: older recordings do not tell which it got.
    """
    trial = timeline.trials.get(task.born.trial) if task.born and task.born.trial is not None else None
    given = trial.params.get("cores") if trial else None
    if isinstance(given, int) and given < len(timeline.cpus):
        return frozenset(span.cpu for span in task.spans if span.cpu is not None)
    return frozenset(timeline.cpus)


def _stated_affinity(timeline: Timeline, task: Task, t_ns: int) -> frozenset[int]:
    """The cores it was allowed at an instant, as told of it, or of who made it (a child inherits); empty if untold."""
    stated = [cpus for from_ns, cpus in task.allowed if from_ns <= t_ns]
    return frozenset(stated[-1]) if stated else _inherited_affinity(timeline, task)


def _inherited_affinity(timeline: Timeline, task: Task) -> frozenset[int]:
    """The cores that who made it was allowed at its birth, as told; empty if untold."""
    parent = timeline.tasks.get(task.born.parent) if task.born else None
    return (
        _stated_affinity(timeline, parent, task.born_ns or 0)
        if parent is not None and parent is not task
        else frozenset()
    )


def _merge(segments: Iterable[ContendedSegment]) -> list[ForeignCpuTime]:
    """Segments joined by core, as far as they last long enough."""
    open_ns: dict[int, tuple[int, int]] = {}
    joined: list[ForeignCpuTime] = []
    for from_ns, to_ns, cpus, _ in segments:
        for cpu in cpus:
            start_ns, end_ns = open_ns.get(cpu, (from_ns, from_ns))
            if end_ns < from_ns:
                joined.append(ForeignCpuTime(cpu, start_ns, end_ns))
                start_ns = from_ns
            open_ns[cpu] = start_ns, to_ns
    joined += [ForeignCpuTime(cpu, start_ns, end_ns) for cpu, (start_ns, end_ns) in open_ns.items()]
    kept = (each for each in joined if each.to_ns - each.from_ns >= MIN_CONTENTION_NS)
    return sorted(kept, key=lambda each: (each.from_ns, each.cpu))


def trial_bounds(trial: Trial, end_ns: int) -> tuple[int, int]:
    """From the first word of one of its tasks to the last end of those that spoke; the whole trial if none did."""
    spoke = [task for task in trial.tasks.values() if task.first_step_ns() is not None]
    if not spoke:
        return trial.from_ns, trial.to_ns or end_ns
    return min(task.first_step_ns() or 0 for task in spoke), max(task.ended_ns or end_ns for task in spoke)
