"""What mutation tests of claims share: a recording whose records are deleted or moved, and the verdicts on it.

A lesson has a ``mutations.py`` beside its tests: ``MUTATIONS`` has for every asserted claim the preset whose recording
holds it, and a function that deletes or moves the records it rests on. test_every_mutation.py runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from server.events import ClaimBroken, ClaimHeld, Entry, TaskState
from server.lesson import catalog
from server.lesson.evaluation import ClaimEvaluation
from server.log import recording
from server.log.timeline import Task, Timeline, Trial, read

Log = Sequence[Entry]


class Mutation(NamedTuple):
    """One change of a recording that must break a claim, or silence it."""

    preset: str
    change: Callable[[Log], Iterable[Entry]]


def shipped(slug: str, preset: str) -> list[Entry]:
    """The entries of a shipped recording."""
    path = catalog.recording_path(slug, preset)
    assert path is not None, f"{slug} has no recording of {preset}"
    return list(recording.read(path).entries)


def judged(slug: str, log: Iterable[Entry]) -> list[Entry]:
    """A log with the verdicts of the lesson's claims of today in place of those that it came with."""
    entries = [entry for entry in log if not isinstance(entry.fact, (ClaimHeld, ClaimBroken))]
    started: Any = entries[0].fact
    judge = ClaimEvaluation(catalog.discover()[slug], started.params, started.preset)
    found = [each for entry in entries[:-1] for each in (entry, *judge.see(entry))]
    return [*found, *judge.end(entries[-1].t_ns), entries[-1]]


def last_verdict(slug: str, log: Iterable[Entry], claim: str) -> ClaimHeld | ClaimBroken | None:
    """What the lesson's claims of today say of a log in the end; None if the claim is silent."""
    facts = [entry.fact for entry in judged(slug, log)]
    said = [fact for fact in facts if isinstance(fact, (ClaimHeld, ClaimBroken)) and fact.claim == claim]
    return said[-1] if said else None


def trial_of(log: Log, label: str) -> Trial:
    """A trial by its label."""
    return next(trial for trial in read(log).trials.values() if trial.label == label)


def tasks_of(log: Log, who: str, label: str = "") -> list[Task]:
    """The tasks of a name or role, in a trial if its label is given."""
    timeline: Timeline = read(log)
    found = trial_of(log, label).tasks if label else timeline.tasks
    return [task for task in found.values() if task.born and who in (task.born.name, task.name, task.role)]


def without(log: Log, drop: Callable[[Entry], bool]) -> list[Entry]:
    """The log without the entries for which ``drop`` is true."""
    return [entry for entry in log if not drop(entry)]


def is_state(entry: Entry, tasks: Iterable[Task], from_ns: int = 0, to_ns: int = 1 << 62, **fields: Any) -> bool:
    """Whether an entry is a change of state of one of the tasks, strictly between two instants, with these fields."""
    fact = entry.fact
    return (
        isinstance(fact, TaskState)
        and fact.task in {task.number for task in tasks}
        and from_ns < entry.t_ns < to_ns
        and all(getattr(fact, name) == value for name, value in fields.items())
    )


def moved(log: Log, move: Callable[[Entry], int | None]) -> list[Entry]:
    """The log with entries at other instants: ``move`` gives the new one, or None to leave it; put in order again."""
    changed = [(move(entry), entry) for entry in log]
    entries = [entry if t_ns is None else replace(entry, t_ns=t_ns) for t_ns, entry in changed]
    return [entries[0], *sorted(entries[1:-1], key=lambda entry: entry.t_ns), entries[-1]]
