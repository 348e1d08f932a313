"""What is deleted from or changed in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from server.events import CellWritten, Entry, MemoryMeasured, Output, TaskBorn, TaskDescribed
from tests.lessons.mutations import Log, Mutation, tasks_of, trial_of, without


def changed(log: Log, change: Callable[[Any], Any]) -> list[Entry]:
    """The log with other facts: ``change`` gives the new one, or None to leave it."""
    facts = [(entry, change(entry.fact)) for entry in log]
    return [entry if fact is None else replace(entry, fact=fact) for entry, fact in facts]


def looks(log: Log, label: str) -> list[Entry]:
    """What was measured in a trial."""
    trial = trial_of(log, label)
    return [
        entry
        for entry in log
        if isinstance(entry.fact, MemoryMeasured) and trial.from_ns <= entry.t_ns <= (trial.to_ns or 0)
    ]


def without_looks(label: str, keep: slice) -> Callable[[Log], list[Entry]]:
    """Only some of the looks (two measurements each) are left."""

    def change(log: Log) -> list[Entry]:
        found = looks(log, label)
        kept = found[keep]
        return without(log, lambda entry: entry in found and entry not in kept)

    return change


def copied_at_once(log: Log) -> list[Entry]:
    """The first look at the child is the last one."""
    found = looks(log, "list")
    return [replace(entry, fact=found[-1].fact) if entry is found[1] else entry for entry in log]


def array_as_list(log: Log) -> list[Entry]:
    """The array's last look finds what the list's last look found."""
    last, other = looks(log, "array")[-1], looks(log, "list")[-1].fact
    assert isinstance(other, MemoryMeasured)
    assert isinstance(last.fact, MemoryMeasured)
    fact = replace(other, task=last.fact.task)
    return [replace(entry, fact=fact) if entry is last else entry for entry in log]


def cell(name: str, old: str, new: str) -> Callable[[Log], list[Entry]]:
    """One told value is another one."""

    def change(fact: Any) -> Any:
        return (
            replace(fact, value=new)
            if isinstance(fact, CellWritten) and (fact.name, fact.value) == (name, old)
            else None
        )

    return lambda log: changed(log, change)


def one_line_less(log: Log) -> list[Entry]:
    """The pipe's last output is missing."""
    trial = trial_of(log, "pipe")
    said = [each for each in log if isinstance(each.fact, Output) and each.t_ns <= (trial.to_ns or 0)]
    return without(log, lambda entry: entry is said[-1])


def child_of_the_asker(log: Log) -> list[Entry]:
    """The fork server's children were born of the asker."""
    trial = trial_of(log, "forkserver")
    asker = next(iter(trial.tasks))
    return changed(
        log,
        lambda fact: replace(fact, parent=asker) if isinstance(fact, TaskBorn) and fact.trial == trial.number else None,
    )


def leader_lives(log: Log) -> list[Entry]:
    """The daemon still has the parent that it was born of."""
    [daemon] = tasks_of(log, "daemon", "daemon")[:1]
    born = daemon.born
    assert born is not None
    pid = next(e.fact.pid for e in log if isinstance(e.fact, TaskBorn) and e.fact.task == born.parent)

    def change(fact: Any) -> Any:
        told = isinstance(fact, TaskDescribed) and (fact.task, fact.of) == (daemon.number, "parent")
        return replace(fact, text=str(pid)) if told else None

    return changed(log, change)


def a_parent_unheard_of(log: Log) -> list[Entry]:
    """The birth of the child's parent is missing."""
    return without(log, lambda entry: isinstance(entry.fact, TaskBorn) and entry.fact.task == 1)


MUTATIONS = {
    "fork_copies_nothing": Mutation("reads", copied_at_once),
    "list_copied": Mutation("reads", without_looks("list", slice(0, 12))),
    "array_shared": Mutation("reads", array_as_list),
    "pss_exact": Mutation("writes", without_looks("half", slice(0, 18))),
    "two_values": Mutation("writes", cell("x", "2", "1")),
    "same_files": Mutation("writes", cell("offset", "5", "0")),
    "twice": Mutation("prints", one_line_less),
    "sees_x": Mutation("methods", cell("X", "42", "1")),
    "other_parent": Mutation("methods", child_of_the_asker),
    "daemon_alone": Mutation("methods", leader_lives),
    "every_creator": Mutation("reads", a_parent_unheard_of),
}
