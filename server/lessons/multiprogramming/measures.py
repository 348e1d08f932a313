"""The numbers of one run that the text and the pictures show, as a fold over its log; it claims nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median

from ...events import ValueMeasured
from ...lesson import Verdict
from . import claims
from .readings import Reading, Stretch, Trial, Wait

MS = 1_000_000
US = 1_000


class Figures(Reading):
    """Values of each trial; then those over all waits of the run; then each wait, one repeat after the other."""

    def end(self) -> Iterable[Verdict]:
        trials = [each for each in self.trials.values() if over(each)]
        for trial in trials:
            yield from of_trial(trial)
            yield from of_slice(trial)
        if trials and self.exact:
            yield from of_waits(trials)
            yield from of_repeats(trials[0])
            yield from guesses(trials[0])


def over(trial: Trial) -> bool:
    """Whether every worker has begun and ended."""
    return bool(trial.workers) and all(
        each.began_ns is not None and trial.life(each.task)[-1].state == "zombie" for each in trial.workers
    )


def of_trial(trial: Trial) -> Iterator[ValueMeasured]:
    """Wall and CPU time from the first word of a worker to the last one's end, and what the switches were."""
    from_ns = min(each.began_ns or 0 for each in trial.workers)
    to_ns = max(trial.life(each.task)[-1].from_ns for each in trial.workers)
    lives = [clip(each, from_ns) for task in trial.people for each in trial.life(task) if each.to_ns > from_ns]
    cpu_ns = sum(each.ran_ns for each in lives)
    turns = [clip(each, from_ns) for cpu in trial.cpus for each in trial.turns(cpu) if each.to_ns > from_ns]
    waits = sum(len(each) for each in claims.sleeps(trial).values())
    number = trial.number
    yield ValueMeasured("wall_ms", (to_ns - from_ns) / MS, "ms", number)
    yield ValueMeasured("cpu_ms", cpu_ns / MS, "ms", number)
    yield ValueMeasured("cores_busy", cpu_ns / (to_ns - from_ns), "cores", number)
    yield ValueMeasured("cores", trial.cores, "count", number)
    yield ValueMeasured("tasks", len(trial.workers), "count", number)
    yield ValueMeasured("switches", sum(each.state == "running" for each in lives), "count", number)
    yield ValueMeasured("turns", claims.turns(trial), "count", number)
    yield ValueMeasured("preempted", sum(each.cause == "preempted" for each in lives), "count", number)
    yield ValueMeasured("waits", waits, "count", number)
    yield ValueMeasured("slice_ms", typical_ns(turns) / MS, "ms", number)


def of_slice(trial: Trial) -> Iterator[ValueMeasured]:
    """For a trial with a slice of its own: under a name that says which, 0 being the kernel's."""
    if "slice_ms" in trial.params:
        asked = trial.params["slice_ms"]
        yield ValueMeasured(f"turns_{asked}", claims.turns(trial), "count")
        yield ValueMeasured(
            f"slice_{asked}_ms", typical_ns(each for cpu in trial.cpus for each in trial.turns(cpu)) / MS, "ms"
        )


def of_waits(trials: list[Trial]) -> Iterator[ValueMeasured]:
    """What became of the cores that were left and of the tasks that were woken, over all trials."""
    waits = [wait for trial in trials for wait in claims.waits_of(trial)]
    crowded = [wait for trial in trials for wait in claims.crowded(trial)]
    later = [wait for wait in crowded if not claims.at_once(wait)]
    moved = [wait for trial in trials if trial.cores > 1 for wait in claims.waits_of(trial)]
    if waits:
        yield ValueMeasured("returns", len(waits), "count")
    if moved:
        yield ValueMeasured("moved", sum(wait.back_cpu != wait.left_cpu for wait in moved), "count")
    if crowded:
        yield ValueMeasured("woken", len(crowded), "count")
        yield ValueMeasured("at_once", len(crowded) - len(later), "count")
        yield ValueMeasured("later", len(later), "count")
    if later:
        yield ValueMeasured("later_ms", median(wait.back_ns - wait.woken_ns for wait in later) / MS, "ms")


def of_repeats(trial: Trial) -> Iterator[ValueMeasured]:
    """Each wait as a repeat of one story: the gap on the core it left, how long it was ready, the core it came to."""
    waits = list(enumerate(sorted(claims.waits_of(trial), key=lambda each: each.left_ns), start=1))
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
        if trial.cores > 1 and wait.left_cpu is not None and wait.back_cpu is not None:
            yield ValueMeasured(f"repeat:moved:{number}", int(wait.back_cpu != wait.left_cpu), "count")


def guesses(trial: Trial) -> Iterator[ValueMeasured]:
    """Where each answer lies on the lanes, at the first wake-up that met only busy cores; ms from the trial's zero.

    One of the first task, if there is one: the question is about that.
    """
    typical = typical_ns([each for cpu in trial.cpus for each in trial.turns(cpu)])
    first = min(each.task for each in trial.workers)
    for wait in sorted(claims.crowded(trial), key=lambda each: (each.task != first, each.woken_ns)):
        victim = before(trial, wait)
        if victim is None:
            continue
        ends_ns = max(victim.to_ns, wait.back_ns if not claims.at_once(wait) else victim.from_ns + typical)
        for answer, at_ns in (("finish", ends_ns), ("at_once", wait.woken_ns), ("depends", wait.back_ns)):
            yield ValueMeasured(f"guess:{answer}", (at_ns - trial.zero_ns) / MS, "ms", trial.number)
        return


def before(trial: Trial, wait: Wait) -> Stretch | None:
    """Who ran when the task was woken, on the core that it then got."""
    if wait.back_cpu is None:
        return None
    runs = (
        each for each in trial.turns(wait.back_cpu) if each.from_ns <= wait.woken_ns < each.to_ns + claims.AT_ONCE_NS
    )
    return next((each for each in runs if each.task != wait.task), None)


def clip(each: Stretch, from_ns: int) -> Stretch:
    """The part of it after ``from_ns``."""
    late_ns = max(0, from_ns - each.from_ns)
    return each._replace(from_ns=each.from_ns + late_ns, ran_ns=max(0, each.ran_ns - late_ns))


def typical_ns(turns: Iterable[Stretch]) -> int:
    """The length such that half of the time on cores was spent in turns at least so long; 0 for none."""
    lengths = sorted((each.ran_ns for each in turns), reverse=True)
    reached, half = 0, sum(lengths) / 2
    for length in lengths:
        reached += length
        if reached >= half:
            return length
    return 0
