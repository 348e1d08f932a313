"""The numbers of one run that the text and the pictures show, as a fold over its log; it claims nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from ...events import ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold, n50_ns
from ...log.timeline import OPEN_NS, Trial
from . import claims
from .readings import Turn, all_turns, cores, waits_of, workers

MS = 1_000_000
US = 1_000


class Figures(TimelineFold):
    """Values of each trial; then those over all waits of the run; then each wait, one repeat after the other."""

    def end(self) -> Iterable[ClaimResult]:
        trials = [trial for trial in self.timeline.trials.values() if over(trial)]
        for trial in trials:
            yield from of_trial(trial)
            yield from of_slice(trial)
        if trials and self.timeline.exact:
            yield from of_waits(trials)
            yield from of_repeats(trials[0])


def over(trial: Trial) -> bool:
    """Whether every worker has begun and ended."""
    tasks = workers(trial)
    return bool(tasks) and all(task.first_step_ns() is not None and task.spans[-1].state == "zombie" for task in tasks)


def of_trial(trial: Trial) -> Iterator[ValueMeasured]:
    """Wall and CPU time from the first word of a worker to the last one's end, and what the switches were."""
    from_ns = min(task.first_step_ns() or 0 for task in workers(trial))
    to_ns = max(task.spans[-1].from_ns for task in workers(trial))
    spans = [span for task in trial.tasks.values() for span in task.spans if span.to_ns > from_ns]
    cpu_ns = sum(span.within(from_ns, OPEN_NS) for span in spans if span.state == "running")
    turns = all_turns(trial)
    waits = sum(len(each) for each in claims.sleeps(trial).values())
    number = trial.number
    yield ValueMeasured("wall_ms", (to_ns - from_ns) / MS, "ms", number)
    yield ValueMeasured("cpu_ms", cpu_ns / MS, "ms", number)
    yield ValueMeasured("cores_busy", cpu_ns / (to_ns - from_ns), "cores", number)
    yield ValueMeasured("cores", cores(trial), "count", number)
    yield ValueMeasured("tasks", len(workers(trial)), "count", number)
    yield ValueMeasured("switches", sum(span.state == "running" for span in spans), "count", number)
    yield ValueMeasured("turns", len(turns), "count", number)
    yield ValueMeasured("preempted", sum(span.cause == "preempted" for span in spans), "count", number)
    yield ValueMeasured("waits", waits, "count", number)
    lengths = (ran_after_ns(turn, from_ns) for turn in turns if turn.to_ns > from_ns)
    yield ValueMeasured("slice_ms", n50_ns(lengths) / MS, "ms", number)


def of_slice(trial: Trial) -> Iterator[ValueMeasured]:
    """For a trial with a slice of its own: under a name that says which, 0 being the kernel's."""
    if "slice_ms" in trial.params:
        asked, turns = trial.params["slice_ms"], all_turns(trial)
        yield ValueMeasured(f"turns_{asked}", len(turns), "count")
        yield ValueMeasured(f"slice_{asked}_ms", n50_ns(turn.ran_ns for turn in turns) / MS, "ms")


def of_waits(trials: list[Trial]) -> Iterator[ValueMeasured]:
    """What became of the cores that were left and of the tasks that were woken, over all trials."""
    waits = [wait for trial in trials for wait in waits_of(trial)]
    crowded = [wait for trial in trials for wait in claims.crowded(trial)]
    later = [wait for wait in crowded if not claims.at_once(wait)]
    moved = [wait for trial in trials if cores(trial) > 1 for wait in waits_of(trial)]
    if waits:
        yield ValueMeasured("returns", len(waits), "count")
    if moved:
        yield ValueMeasured("moved", sum(wait.back_cpu != wait.left_cpu for wait in moved), "count")
    if crowded:
        yield ValueMeasured("woken", len(crowded), "count")
        yield ValueMeasured("at_once", len(crowded) - len(later), "count")
        yield ValueMeasured("later", len(later), "count")
        yield ValueMeasured("at_once_share", 100 * (len(crowded) - len(later)) / len(crowded), "percent")
    soon = [wait.back_ns - wait.woken_ns for wait in crowded if claims.at_once(wait)]
    if soon:
        yield ValueMeasured("soon_us", median(soon) / US, "us")
    if later:
        waited = [wait.back_ns - wait.woken_ns for wait in later]
        yield ValueMeasured("later_ms", median(waited) / MS, "ms")
        yield ValueMeasured("latest_ms", max(waited) / MS, "ms")


def of_repeats(trial: Trial) -> Iterator[ValueMeasured]:
    """Each wait as a repeat of one story: the gap on the core it left, how long it was ready, the core it came to."""
    waits = list(enumerate(sorted(waits_of(trial), key=lambda each: each.left_ns), start=1))
    for number, wait in waits:
        yield ValueMeasured(f"repeat:at:{number}", wait.woken_ns / MS, "ms")
    for number, wait in waits:
        for heir, ready in claims.heirs(trial, wait):
            if heir.task in ready:
                yield ValueMeasured(f"repeat:gap:{number}", (heir.from_ns - wait.left_ns) / US, "us")
    for number, wait in waits:
        if wait.known:
            yield ValueMeasured(f"repeat:back:{number}", (wait.back_ns - wait.woken_ns) / US, "us")
    for number, wait in waits:
        if cores(trial) > 1 and wait.left_cpu is not None and wait.back_cpu is not None:
            yield ValueMeasured(f"repeat:moved:{number}", int(wait.back_cpu != wait.left_cpu), "count")


def ran_after_ns(turn: Turn, from_ns: int) -> int:
    """How long it ran after an instant."""
    return max(0, turn.ran_ns - max(0, from_ns - turn.from_ns))
