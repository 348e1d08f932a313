"""What is deleted from or changed in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from server.events import CellWritten, Entry, TaskDescribed, TaskDied
from tests.lessons.mutations import Log, Mutation, moved, tasks_of, without

Change = Callable[[Any], Any]


def changed(change: Change) -> Callable[[Log], list[Entry]]:
    """The log with other facts: ``change`` gives the new one, or None to leave it."""

    def all_of(log: Log) -> list[Entry]:
        facts = [(entry, change(entry.fact)) for entry in log]
        return [entry if fact is None else replace(entry, fact=fact) for entry, fact in facts]

    return all_of


def one_shared(fact: Any) -> Any:
    """One pair of copies has one address space."""
    return replace(fact, value="same") if isinstance(fact, CellWritten) and fact.name == "memory of copy 2" else None


def another_file(fact: Any) -> Any:
    """The second copy runs another file."""
    own = isinstance(fact, TaskDescribed) and (fact.task, fact.of) == (2, "inode")
    return replace(fact, text="1:1") if own else None


def bytes_differ(fact: Any) -> Any:
    """What was rescued is not what runs."""
    said = isinstance(fact, CellWritten) and fact.name == "rescued"
    return replace(fact, value=fact.value.replace("equal", "differ")) if said else None


def script_open(fact: Any) -> Any:
    """One copy has its script open."""
    said = isinstance(fact, CellWritten) and fact.name == "script" and fact.task == 1
    return replace(fact, value="mapped 0 open 1") if said else None


def code(name: str, new: int) -> Callable[[Log], list[Entry]]:
    """A task ends with another code."""

    def change(log: Log) -> list[Entry]:
        number = tasks_of(log, name)[0].number
        return changed(
            lambda fact: replace(fact, code=new) if isinstance(fact, TaskDied) and fact.task == number else None
        )(log)

    return change


def name_stays(log: Log) -> list[Entry]:
    """No copy's file is said to be deleted."""
    return without(log, lambda entry: isinstance(entry.fact, TaskDescribed) and entry.fact.text.endswith("(deleted)"))


def all_end_with_the_killed(log: Log) -> list[Entry]:
    """The other copies end where the killed one does."""
    killed, *others = tasks_of(log, "copy")
    numbers, end_ns = {task.number for task in others}, killed.ended_ns or 0
    died = {task.ended_ns for task in others}

    def move(entry: Entry) -> int | None:
        own = getattr(entry.fact, "task", None) in numbers
        return end_ns - 1 if own and entry.t_ns >= min(each or 0 for each in died) else None

    return moved(log, move)


MUTATIONS = {
    "one_file": Mutation("program", changed(another_file)),
    "separate": Mutation("program", changed(one_shared)),
    "runs_on": Mutation("program", name_stays),
    "name_gone": Mutation("program", code("fourth", 0)),
    "rescued": Mutation("program", changed(bytes_differ)),
    "others_stay": Mutation("program", all_end_with_the_killed),
    "script_not_there": Mutation("script", changed(script_open)),
}
