"""What this lesson claims, each a fold over the log of one run; it draws and runs nothing, measures.py measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from ...events import ClaimBroken, ClaimHeld, Entry, ProofChecked, TaskState
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, TimelineFold, counted_verdict
from ...log.timeline import OPEN_NS, Span, Task, Trial, next_on_core, on_core
from .readings import Wait, all_turns, cores, waits_of, want, workers

AT_ONCE_NS = 100_000
_RECENT = 64  # spans of each task


class AnotherRan(SettlingClaim):
    """While one task waits, another one runs. Said as soon as both spans are known, whichever was heard of last."""

    name = "another_ran"

    def on_state_change(self, task: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:  # noqa: ARG002
        if self.settled is not None or task.role != "worker":
            return ()
        for mine in _computing(task, task.closed_at(t_ns)):
            others = [
                span
                for other in self._workers()
                if other is not task
                for span in _computing(other, other.spans[-_RECENT:])
            ]
            both = [span for span in others if {span.state, mine.state} == {"running", "blocked"}]
            met = min((s for s in both if s.within(mine.from_ns, mine.to_ns)), key=lambda s: s.to_ns, default=None)
            if met is not None:
                runner = met if met.state == "running" else mine
                return self.state_held(runner.task, max(met.from_ns, mine.from_ns))
        return ()

    def _workers(self) -> list[Task]:
        return [task for task in self.timeline.tasks.values() if task.role == "worker"]

    def end(self) -> Iterable[ClaimResult]:
        spans = [span for task in self._workers() for span in _computing(task, task.spans)]
        wait = max((span for span in spans if span.state == "blocked"), key=lambda span: span.length_ns, default=None)
        if self.settled is None and self.timeline.exact and wait is not None:
            return self.state_broken("nobody ran while another waited", wait.task, wait.from_ns, wait.to_ns)
        return ()


def _computing(task: Task, spans: Iterable[Span]) -> list[Span]:
    """Which spans of a task are over and began after its first word."""
    began_ns = task.first_step_ns()
    return [span for span in spans if began_ns is not None and began_ns <= span.from_ns and span.to_ns < OPEN_NS]


class Voluntary(TimelineFold):
    """Every sleep in the log is a departure that the kernel counts as voluntary, and every other one as involuntary.

    Not the badge's comparison of raw records: the sleeps and preemptions of each task's timeline against the kernel's
    own counters of that task, up to the instant at which it read them: on a busy machine it is preempted once more
    before it has ended.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._proofs: list[ProofChecked] = []

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        if isinstance(entry.fact, ProofChecked):
            self._proofs.append(entry.fact)
        return ()

    def end(self) -> Iterable[ClaimResult]:
        trials = self.timeline.trials.values()
        waits = {task: left for trial in trials for task, left in sleeps(trial).items() if left}
        proofs = [each for each in self._proofs if each.task in waits and each.how == "self" and self.timeline.exact]
        for each in proofs:
            left = list(_departures(self.timeline.tasks[each.task], each.running_ns))
            slept, taken = sum(span.state == "blocked" for span in left), sum(s.cause == "preempted" for s in left)
            if (slept, taken) != (each.voluntary, each.involuntary):
                reason = (
                    f"{slept} sleeps, {each.voluntary} voluntary; {taken} preemptions, {each.involuntary} involuntary"
                )
                yield ClaimBroken("voluntary", reason, task=each.task, at_ns=waits[each.task][0])
                return
        if proofs:
            first, task = min((waits[each.task][0], each.task) for each in proofs)
            yield ClaimHeld("voluntary", task=task, at_ns=first)


def _departures(task: Task, running_ns: int) -> Iterator[Span]:
    """Its spans off the core that began before it had run for more than ``running_ns``."""
    ran = 0
    for span in task.spans:
        if span.state == "running":
            ran += span.to_ns - span.from_ns
        elif ran <= running_ns:
            yield span


class NeverTwo(TimelineFold):
    """No core ever has two tasks at one instant. Only the end can say never."""

    def end(self) -> Iterable[ClaimResult]:
        trials = list(self.timeline.trials.values())
        if not self.timeline.exact or not trials:
            return
        lanes = [(cpu, on_core(trial.tasks.values(), cpu)) for trial in trials for cpu in trial.cpus]
        for cpu, one, after in ((cpu, *pair) for cpu, lane in lanes for pair in pairwise(lane)):
            if after.from_ns < one.to_ns:
                yield ClaimBroken("never_two", f"two on CPU {cpu}", task=after.task, at_ns=after.from_ns)
                return
        yield ClaimHeld("never_two", at_ns=trials[0].from_ns, to_ns=trials[-1].to_ns)


class FreedCore(TimelineFold):
    """A core that is left is taken by a task that was ready. Counted over all departures that left one ready."""

    def end(self) -> Iterable[ClaimResult]:
        trials = self.timeline.trials.values()
        found = [heir for trial in trials for wait in waits_of(trial) for heir in heirs(trial, wait)]
        taken = [took for took, ready in found if took.task in ready]
        if not found or not self.timeline.exact:
            return ()
        where, holds, reason = (taken or [found[0][0]])[0], len(taken) * 2 > len(found), f"{len(taken)} of {len(found)}"
        return counted_verdict(
            "freed_core", len(taken), len(found), holds=holds, reason=reason, task=where.task, at_ns=where.from_ns
        )


class Waits(TimelineFold):
    """A claim that counts waits. Held if there is one such."""

    name: str

    def end(self) -> Iterable[ClaimResult]:
        trials = self.timeline.trials.values()
        found = [(trial, wait) for trial in trials for wait in self.found(trial)]
        such = [wait for trial, wait in found if self.such(wait)]
        if not found or not self.timeline.exact:
            return ()
        where, reason = such[0] if such else found[0][1], f"0 of {len(found)}"
        return counted_verdict(
            self.name, len(such), len(found), holds=bool(such), reason=reason, task=where.task, at_ns=where.woken_ns
        )

    def found(self, trial: Trial) -> Iterable[Wait]:
        """Which waits are counted: those whose task was woken while no core was free."""
        return crowded(trial)

    def such(self, wait: Wait) -> bool:
        """Whether it was as the claim says."""
        raise NotImplementedError


class AtOnce(Waits):
    """Woken while no core is free, it has one within 0.1 ms: somebody's slice was cut short. Counted."""

    name = "at_once"

    def such(self, wait: Wait) -> bool:
        return at_once(wait)


class HadToWait(Waits):
    """Woken while no core is free, it waits its turn first, ready. Counted."""

    name = "had_to_wait"

    def such(self, wait: Wait) -> bool:
        return not at_once(wait)


class OtherCore(Waits):
    """It comes back on another core than the one it left. Counted, where there is another one."""

    name = "other_core"

    def found(self, trial: Trial) -> Iterable[Wait]:
        return waits_of(trial) if cores(trial) > 1 else ()

    def such(self, wait: Wait) -> bool:
        return wait.back_cpu != wait.left_cpu


class LongerSlice(TimelineFold):
    """Longer slices, fewer turns: the same work with the longest slice that was asked for, and with the shortest.

    Counted: on a busy machine, everybody who comes in between makes the kernel choose anew.
    """

    def end(self) -> Iterable[ClaimResult]:
        trials = self.timeline.trials.values()
        asked = {int(trial.params["slice_ms"]): trial for trial in trials if "slice_ms" in trial.params}
        if len(asked) < 2 or not self.timeline.exact:
            return ()
        short, long = asked[min(asked)], asked[max(asked)]
        many, few = len(all_turns(short)), len(all_turns(long))
        holds, reason = few < many, f"{many} turns, then {few}"
        return counted_verdict("longer_slice", int(holds), 1, holds=holds, reason=reason, at_ns=long.from_ns)


def sleeps(trial: Trial) -> dict[int, list[int]]:
    """When each worker left a core to wait, since it began to compute."""
    found = {}
    for task in workers(trial):
        began_ns = task.first_step_ns()
        blocked = (span.from_ns for span in task.spans if span.state == "blocked")
        found[task.number] = [from_ns for from_ns in blocked if began_ns is not None and from_ns > began_ns]
    return found


def heirs(trial: Trial, wait: Wait) -> Iterator[tuple[Span, set[int]]]:
    """Who ran next on the core that was left, and who was ready at that instant; nothing if nobody was."""
    ready = {span.task for span in want(trial, wait.left_ns) if span.state == "ready"}
    if ready and wait.left_cpu is not None:
        after = next_on_core(trial.tasks.values(), wait.left_cpu, wait.left_ns)
        if after is not None:
            yield after, ready


def crowded(trial: Trial) -> list[Wait]:
    """The waits that ended while as many others wanted a core as there are: nothing was free."""
    return [
        wait
        for wait in waits_of(trial)
        if wait.known and sum(span.task != wait.task for span in want(trial, wait.woken_ns)) >= cores(trial)
    ]


def at_once(wait: Wait) -> bool:
    """Whether the awakened task had a core within 0.1 ms."""
    return wait.back_ns - wait.woken_ns <= AT_ONCE_NS
