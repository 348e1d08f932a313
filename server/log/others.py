"""When a core was not ours although a task of ours wanted it: another program, the kernel, or the host had it.

A fold over the timeline, not an entry, so that old recordings have it too. A core is *not ours* for as long as none of
the run's tasks is on it while one that may use it is ready, if that lasts at least ``FLOOR_NS``: what is shorter is how
long a switch takes. It is worked out, not recorded; an idle core to which the kernel has not yet moved a ready task
counts too. Instants in ns of the run; standard library only. ``static/js/engine/others.js`` is its twin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from .timeline import Span, Task, Timeline, Trial

FLOOR_NS = 200_000


class NotOurs(NamedTuple):
    """A core that none of the run's tasks had although one of them wanted it."""

    cpu: int
    from_ns: int
    to_ns: int


class Wanted(NamedTuple):
    """Core time that the tasks of a trial wanted, in ns: what others had of it, and what the tasks had."""

    others_ns: int
    ours_ns: int

    @property
    def share(self) -> float:
        """What others had, of all that was wanted; 0 to 1."""
        return self.others_ns / max(1, self.others_ns + self.ours_ns)


class Segment(NamedTuple):
    """A time in which nothing changes: the cores that are wanted and not ours, and how many ready tasks want one."""

    from_ns: int
    to_ns: int
    cpus: frozenset[int]
    ready: int


def not_ours(timeline: Timeline) -> list[NotOurs]:
    """Every such stretch of a run, by instant and core; none in tier "sampled", which claims no cores."""
    return _stretches(segments(timeline, 0, timeline.end_ns)) if timeline.exact else []


def wanted(timeline: Timeline, trial: Trial) -> Wanted | None:
    """Who had the cores from the first word of a task of the trial to the last end of one; None if that is not known.

    A ready task wants one core, however many it may use: at each instant the smaller of the two numbers counts.
    """
    if not timeline.exact or not trial.tasks:
        return None
    bounds = bounds_of(trial, timeline.end_ns)
    found = segments(timeline, *bounds)
    return Wanted(others_ns(found), sum(task.total_ns("running", *bounds) for task in timeline.tasks.values()))


def others_ns(found: Collection[Segment]) -> int:
    """Core time that others had in these segments."""
    kept: dict[int, list[NotOurs]] = {}
    for each in _stretches(found):
        kept.setdefault(each.cpu, []).append(each)
    total = 0
    for from_ns, to_ns, cpus, ready in found:
        lasting = sum(any(s.from_ns <= from_ns < s.to_ns for s in kept.get(cpu, ())) for cpu in cpus)
        total += min(lasting, ready) * (to_ns - from_ns)
    return total


def segments(timeline: Timeline, from_ns: int, to_ns: int) -> list[Segment]:
    """The time between two instants, cut wherever a task of ours gets a core, leaves one, or becomes ready."""
    edges = [edge for task in timeline.tasks.values() for edge in _edges(timeline, task, from_ns, to_ns)]
    on: Counter[int] = Counter()  # our tasks on a core
    ready: dict[int, frozenset[int]] = {}  # cores that each ready task may use
    found: list[Segment] = []
    since_ns = from_ns
    for t_ns, here in groupby(sorted(edges, key=lambda edge: edge[:2]), key=lambda edge: edge[0]):
        if t_ns > since_ns and ready:
            taken = {cpu for cpu, count in on.items() if count}
            free = frozenset().union(*ready.values()) - taken
            if free:
                found.append(Segment(since_ns, t_ns, free, sum(bool(cpus & free) for cpus in ready.values())))
        since_ns = t_ns
        for _, change, span, cpus in here:
            if span.state == "running":
                on[span.cpu if span.cpu is not None else -1] += change
            elif change > 0:
                ready[span.task] = cpus
            else:
                ready.pop(span.task, None)
    return found


def _edges(timeline: Timeline, task: Task, from_ns: int, to_ns: int) -> Iterator[tuple[int, int, Span, frozenset[int]]]:
    """The beginnings (1) and, before them, the ends (-1) of what a task has or wants of a core."""
    usual = may_use(timeline, task)
    for span in task.spans_until(timeline.end_ns):
        start_ns, end_ns = max(span.from_ns, from_ns), min(span.to_ns, to_ns)
        if span.state in ("running", "ready") and start_ns < end_ns:
            cpus = _told(timeline, task, span.from_ns) or usual
            yield start_ns, 1, span, cpus
            yield end_ns, -1, span, cpus


def may_use(timeline: Timeline, task: Task) -> frozenset[int]:
    """The cores a task may use, of which nothing was told: all of the run's.

    In a trial of fewer cores than the run has, those on which it was seen: older recordings do not tell which it got.
    """
    trial = timeline.trials.get(task.born.trial) if task.born and task.born.trial is not None else None
    given = trial.params.get("cores") if trial else None
    if isinstance(given, int) and given < len(timeline.cpus):
        return frozenset(span.cpu for span in task.spans if span.cpu is not None)
    return frozenset(timeline.cpus)


def _told(timeline: Timeline, task: Task, t_ns: int) -> frozenset[int]:
    """The cores it was allowed at an instant, as told of it, or of who made it (a child inherits); empty if untold."""
    told = [cpus for from_ns, cpus in task.allowed if from_ns <= t_ns]
    if told:
        return frozenset(told[-1])
    parent = timeline.tasks.get(task.born.parent) if task.born else None
    return _told(timeline, parent, task.born_ns or 0) if parent is not None and parent is not task else frozenset()


def _stretches(found: Iterable[Segment]) -> list[NotOurs]:
    """Segments joined by core, as far as they last long enough."""
    open_ns: dict[int, tuple[int, int]] = {}
    joined: list[NotOurs] = []
    for from_ns, to_ns, cpus, _ in found:
        for cpu in cpus:
            start_ns, end_ns = open_ns.get(cpu, (from_ns, from_ns))
            if end_ns < from_ns:
                joined.append(NotOurs(cpu, start_ns, end_ns))
                start_ns = from_ns
            open_ns[cpu] = start_ns, to_ns
    joined += [NotOurs(cpu, start_ns, end_ns) for cpu, (start_ns, end_ns) in open_ns.items()]
    kept = (each for each in joined if each.to_ns - each.from_ns >= FLOOR_NS)
    return sorted(kept, key=lambda each: (each.from_ns, each.cpu))


def bounds_of(trial: Trial, end_ns: int) -> tuple[int, int]:
    """From the first word of one of its tasks to the last end of those that spoke; the whole trial if none did."""
    spoke = [task for task in trial.tasks.values() if task.first_step_ns() is not None]
    if not spoke:
        return trial.from_ns, trial.to_ns or end_ns
    return min(task.first_step_ns() or 0 for task in spoke), max(task.ended_ns or end_ns for task in spoke)
