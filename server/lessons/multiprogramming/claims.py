"""What this lesson claims, each a fold over the log of one run; it draws and runs nothing, measures.py measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from ...events import ClaimBroken, ClaimHeld, TaskState
from ...lesson import Verdict
from .readings import Person, Reading, Stretch, Trial, Wait

AT_ONCE_NS = 100_000
_RECENT = 64


class AnotherRan(Reading):
    """While one task waits, another one runs. Said as soon as both stretches are known, whichever was heard of last."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._open: dict[int, tuple[str, int]] = {}
        self._known: dict[str, list[tuple[int, int, int]]] = {"running": [], "blocked": []}  # from_ns, to_ns, task
        self._settled = False

    def moved(self, person: Person, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        state, since = self._open.get(person.task, ("", 0))
        self._open[person.task] = (fact.state, t_ns)
        if self._settled or state not in self._known or person.role != "worker":
            return
        if person.began_ns is None or since < person.began_ns:
            return
        self._known[state].append((since, t_ns, person.task))
        for from_ns, to_ns, other in self._known["running" if state == "blocked" else "blocked"][-_RECENT:]:
            if other != person.task and from_ns < t_ns and since < to_ns:
                self._settled = True
                runner = other if state == "blocked" else person.task
                yield ClaimHeld("another_ran", task=runner, at_ns=max(from_ns, since))
                return

    def end(self) -> Iterable[Verdict]:
        if not self._settled and self.exact and self._known["blocked"]:
            yield ClaimBroken("another_ran", "nobody ran while another waited")


class Voluntary(Reading):
    """Each departure for I/O is one that the kernel counts as voluntary: its own counter says so, task by task."""

    def end(self) -> Iterable[Verdict]:
        waits = {task: waits for trial in self.trials.values() for task, waits in sleeps(trial).items() if waits}
        proofs = [each for each in self.proofs if each.task in waits and each.how == "self" and self.exact]
        departures = sum(len(waits[each.task]) for each in proofs)
        wrong = [each for each in proofs if each.out != each.voluntary or each.preempted != each.involuntary]
        first = min((left for each in proofs for left in waits[each.task]), default=None)
        if wrong:
            each = wrong[0]
            yield ClaimBroken("voluntary", f"{each.out} departures, {each.voluntary} voluntary", task=each.task)
        elif first is not None:
            task = next(each.task for each in proofs if first in waits[each.task])
            yield ClaimHeld("voluntary", departures, departures, task, first)


class NeverTwo(Reading):
    """No core ever has two tasks at one instant. Only the end can say never."""

    def end(self) -> Iterable[Verdict]:
        if not self.exact:
            return
        cores = [(trial, cpu) for trial in self.trials.values() for cpu in trial.cpus]
        pairs = [(cpu, one, after) for trial, cpu in cores for one, after in pairwise(trial.on_core(cpu))]
        for cpu, one, after in pairs:
            if after.from_ns < one.to_ns:
                yield ClaimBroken("never_two", f"two on CPU {cpu}", task=after.task, at_ns=after.from_ns)
                return
        if self.trials:
            yield ClaimHeld("never_two", at_ns=next(iter(self.trials.values())).zero_ns)


class FreedCore(Reading):
    """A core that is left is taken by a task that was ready. Counted over all departures that left one ready."""

    def end(self) -> Iterable[Verdict]:
        found = [heir for trial in self.trials.values() for wait in waits_of(trial) for heir in heirs(trial, wait)]
        taken = [took for took, ready in found if took.task in ready]
        if not found or not self.exact:
            return
        where = (taken or [found[0][0]])[0]
        numbers: dict[str, Any] = {"count": len(taken), "of": len(found), "task": where.task, "at_ns": where.from_ns}
        if len(taken) * 2 > len(found):
            yield ClaimHeld("freed_core", **numbers)
        else:
            yield ClaimBroken("freed_core", f"{len(taken)} of {len(found)}", **numbers)


class AtOnce(Reading):
    """Woken while no core is free, it has one within 0.1 ms: somebody's slice was cut short. Counted."""

    def end(self) -> Iterable[Verdict]:
        found = [wait for trial in self.trials.values() for wait in crowded(trial)]
        yield from counted("at_once", found, [wait for wait in found if at_once(wait)], self.exact)


class HadToWait(Reading):
    """Woken while no core is free, it waits its turn first, ready. Counted."""

    def end(self) -> Iterable[Verdict]:
        found = [wait for trial in self.trials.values() for wait in crowded(trial)]
        yield from counted("had_to_wait", found, [wait for wait in found if not at_once(wait)], self.exact)


class OtherCore(Reading):
    """It comes back on another core than the one it left. Counted, where there is another one."""

    def end(self) -> Iterable[Verdict]:
        found = [wait for trial in self.trials.values() if trial.cores > 1 for wait in waits_of(trial)]
        moved = [wait for wait in found if wait.back_cpu != wait.left_cpu]
        yield from counted("other_core", found, moved, self.exact)


class LongerSlice(Reading):
    """Longer slices, fewer turns: the same work with the longest slice that was asked for, and with the shortest.

    Counted: on a busy machine, everybody who comes in between makes the kernel choose anew.
    """

    def end(self) -> Iterable[Verdict]:
        trials = {int(each.params["slice_ms"]): each for each in self.trials.values() if "slice_ms" in each.params}
        if len(trials) < 2 or not self.exact:
            return
        short, long = trials[min(trials)], trials[max(trials)]
        many, few = turns(short), turns(long)
        if few < many:
            yield ClaimHeld("longer_slice", 1, 1, at_ns=long.zero_ns)
        else:
            yield ClaimBroken("longer_slice", f"{many} turns, then {few}", 0, 1, at_ns=long.zero_ns)


def turns(trial: Trial) -> int:
    """How often a core of the trial passed to another of its tasks, also by way of somebody outside the run."""
    return sum(len(trial.turns(cpu)) for cpu in trial.cpus)


def sleeps(trial: Trial) -> dict[int, list[int]]:
    """When each worker left a core to wait, since it began to compute."""
    return {
        each.task: [
            one.from_ns
            for one in trial.life(each.task)
            if one.state == "blocked" and each.began_ns is not None and one.from_ns > each.began_ns
        ]
        for each in trial.workers
    }


def waits_of(trial: Trial) -> Iterator[Wait]:
    """The waits of all workers, from departure to return."""
    for each in trial.workers:
        yield from trial.waits(each.task)


def heirs(trial: Trial, wait: Wait) -> Iterator[tuple[Stretch, set[int]]]:
    """Who ran next on the core that was left, and who was ready at that instant; nothing if nobody was."""
    ready = {each.task for each in trial.want(wait.left_ns) if each.state == "ready"}
    if ready and wait.left_cpu is not None:
        after = (each for each in trial.on_core(wait.left_cpu) if each.from_ns >= wait.left_ns)
        yield from ((each, ready) for each in list(after)[:1])


def crowded(trial: Trial) -> list[Wait]:
    """The waits that ended while as many others wanted a core as there are: nothing was free."""
    return [
        wait
        for wait in waits_of(trial)
        if wait.known and sum(each.task != wait.task for each in trial.want(wait.woken_ns)) >= trial.cores
    ]


def at_once(wait: Wait) -> bool:
    """Whether the awakened task had a core within 0.1 ms."""
    return wait.back_ns - wait.woken_ns <= AT_ONCE_NS


def counted(name: str, found: list[Wait], such: list[Wait], exact: bool) -> Iterable[Verdict]:
    """``such`` of ``found``, with the first of them to look at; silent where nothing could be seen."""
    if not found or not exact:
        return
    where = (such or found)[0]
    numbers: dict[str, Any] = {"count": len(such), "of": len(found), "task": where.task, "at_ns": where.woken_ns}
    yield ClaimHeld(name, **numbers) if such else ClaimBroken(name, f"0 of {len(found)}", **numbers)
