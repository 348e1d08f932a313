"""What a log says about the trials of this lesson: every stretch of every task, on one clock. It judges nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...events import Entry, ProofChecked, RunStarted, RunSteppedDown, Step, TaskBorn, TaskState, TrialStarted
from ...lesson import Verdict

_FAR = 1 << 62
SLACK_NS = 60_000  # a sleep rings so much later than asked: the timer's slack (prctl(2), 50 µs) and the way to it
KNOWN_NS = 100_000  # a wake-up whose instant may be off by more is one whose instant nobody knows


class Stretch(NamedTuple):
    """One task in one state, from an instant to another; ns of the run."""

    task: int
    state: str
    from_ns: int
    to_ns: int
    cpu: int | None  # of a running one: where
    cause: str
    error_ns: int  # how far its beginning may be off
    reason: str | None  # of a blocked one: what it waits for
    ran_ns: int  # time on a core in it; of a turn, less than its length if somebody outside the run came in between


@dataclass(slots=True)
class Person:
    """One task of a trial."""

    task: int
    role: str | None = None
    began_ns: int | None = None  # its first word: it is past the start line
    edges: list[tuple[int, TaskState]] = field(default_factory=list)  # as delivered

    def stretches(self) -> list[Stretch]:
        """Its life in order of time."""
        edges = sorted(self.edges, key=lambda each: each[0])
        ends = [t_ns for t_ns, _ in edges[1:]] + [_FAR]
        return [self._stretch(t_ns, end, fact) for (t_ns, fact), end in zip(edges, ends, strict=True)]

    def _stretch(self, from_ns: int, to_ns: int, fact: TaskState) -> Stretch:
        cpu = fact.cpu if fact.state == "running" else None
        ran_ns = to_ns - from_ns if fact.state == "running" else 0
        return Stretch(
            self.task, fact.state, from_ns, to_ns, cpu, fact.cause, fact.error_ns or 0, fact.waits_for, ran_ns
        )


class Wait(NamedTuple):
    """A task leaves its core to wait, is woken, and has a core again."""

    task: int
    left_ns: int
    left_cpu: int | None
    woken_ns: int
    back_ns: int
    back_cpu: int | None
    known: bool  # whether the instant of the wake-up is


@dataclass(slots=True)
class Trial:
    """One trial as it was: ask it only when it is over."""

    number: int
    zero_ns: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    _lives: dict[int, list[Stretch]] = field(default_factory=dict)

    @property
    def cores(self) -> int:
        """How many cores its tasks may use."""
        return int(self.params["cores"])

    @property
    def workers(self) -> list[Person]:
        """Its tasks, without whoever answers them, in order of birth."""
        return [each for each in self.people.values() if each.role == "worker"]

    def life(self, task: int) -> list[Stretch]:
        """Stretches of one task, in order; kept after the first call."""
        if task not in self._lives:
            self._lives[task] = self.people[task].stretches()
        return self._lives[task]

    def at(self, task: int, t_ns: int) -> Stretch | None:
        """In what the task is at an instant."""
        life = self.life(task)
        index = bisect_right(life, t_ns, key=lambda each: each.from_ns) - 1
        return life[index] if index >= 0 else None

    def want(self, t_ns: int) -> Iterator[Stretch]:
        """The stretches of all tasks that run or are ready at an instant."""
        for task in self.people:
            found = self.at(task, t_ns)
            if found is not None and found.state in ("running", "ready"):
                yield found

    def on_core(self, cpu: int) -> list[Stretch]:
        """Who ran on a core, in order."""
        runs = (each for task in self.people for each in self.life(task) if each.state == "running" and each.cpu == cpu)
        return sorted(runs, key=lambda each: each.from_ns)

    @property
    def cpus(self) -> list[int]:
        """The cores its tasks ran on."""
        return sorted({each.cpu for task in self.people for each in self.life(task) if each.cpu is not None})

    def waits(self, task: int) -> Iterator[Wait]:
        """Its waits since it began to compute, as far as it came back from them."""
        began = self.people[task].began_ns
        life = self.life(task)
        for index, asleep in enumerate(life[:-2]):
            before, woken, back = life[index - 1], life[index + 1], life[index + 2]
            if asleep.state != "blocked" or began is None or asleep.from_ns < began:
                continue
            if woken.state == "ready" and back.state == "running" and before.state == "running":
                woken_ns = self._rang(asleep, woken, back)
                known = woken_ns is not None
                yield Wait(task, asleep.from_ns, before.cpu, woken_ns or woken.from_ns, back.from_ns, back.cpu, known)

    def _rang(self, asleep: Stretch, woken: Stretch, back: Stretch) -> int | None:
        """When it was woken: as recorded, or else, of a sleep whose length is known, when its timer must have rung."""
        if woken.error_ns <= KNOWN_NS:
            return woken.from_ns
        if asleep.reason == "sleep" and "wait_ms" in self.params:
            return min(back.from_ns, asleep.from_ns + round(float(self.params["wait_ms"]) * 1e6) + SLACK_NS)
        return None

    def turns(self, cpu: int) -> list[Stretch]:
        """A core's stretches, one a turn: a task that comes back without another in between has one long turn."""
        found: list[Stretch] = []
        for each in self.on_core(cpu):
            if found and found[-1].task == each.task and not self._waited(each.task, found[-1].to_ns, each.from_ns):
                found[-1] = found[-1]._replace(to_ns=each.to_ns, ran_ns=found[-1].ran_ns + each.ran_ns)
            else:
                found.append(each)
        return found

    def _waited(self, task: int, from_ns: int, to_ns: int) -> bool:
        """Did it wait for something in between, or run elsewhere?"""
        middle = (each for each in self.life(task) if from_ns <= each.from_ns < to_ns)
        return any(each.state != "ready" for each in middle)


class Reading:
    """A fold that keeps the trials of a run and is asked when the run is over.

    Entries may come late: a task is heard of before its birth, or its birth before the trial's start.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.trials: dict[int, Trial] = {}
        self.proofs: list[ProofChecked] = []
        self.exact = True  # every switch is a record of the kernel
        self._people: dict[int, Person] = {}

    def see(self, entry: Entry) -> Iterable[Verdict]:
        match entry.fact:
            case RunStarted(tier="sampled") | RunSteppedDown(tier="sampled"):
                self.exact = False
            case TrialStarted(trial=number, params=params):
                trial = self._trial(number)
                trial.zero_ns, trial.params = entry.t_ns, params
            case TaskBorn(task=task, role=role, trial=int(number)):
                person = self._trial(number).people[task] = self._person(task)
                person.role = role
            case Step(task=task):
                person = self._person(task)
                person.began_ns = min(entry.t_ns, person.began_ns or entry.t_ns)
            case TaskState(task=task) as fact:
                person = self._person(task)
                person.edges.append((entry.t_ns, fact))
                return self.moved(person, entry.t_ns, fact)
            case ProofChecked() as proof:
                self.proofs.append(proof)
        return ()

    def _trial(self, number: int) -> Trial:
        return self.trials.setdefault(number, Trial(number))

    def _person(self, task: int) -> Person:
        return self._people.setdefault(task, Person(task))

    def moved(self, person: Person, t_ns: int, fact: TaskState) -> Iterable[Verdict]:  # noqa: ARG002
        """A task has changed its state."""
        return ()

    def end(self) -> Iterable[Verdict]:
        """The run is over."""
        return ()
