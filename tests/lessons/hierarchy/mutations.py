"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks or falls silent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.events import ActionTaken, Entry, SignalGot, Step, TaskDied, TaskMoved
from tests.lessons.mutations import Log, Mutation, is_state, moved, tasks_of, without


def one_did_not_get_it(log: Log) -> list[Entry]:
    """B, of the foreground group, never said that it got the signal, and ended by another."""
    b = tasks_of(log, "B")[0].number
    kept = without(log, lambda entry: isinstance(entry.fact, SignalGot) and entry.fact.task == b)
    return [
        replace(entry, fact=replace(entry.fact, signal=15))
        if isinstance(entry.fact, TaskDied) and entry.fact.task == b
        else entry
        for entry in kept
    ]


def c_got_it(log: Log) -> list[Entry]:
    """C said that it got the signal, as A did."""
    a, c = tasks_of(log, "A")[0].number, tasks_of(log, "C")[0].number
    return [
        replace(entry, fact=replace(entry.fact, task=c))
        if isinstance(entry.fact, SignalGot) and entry.fact.task == a
        else entry
        for entry in log
    ]


def never_left(log: Log) -> Iterable[Entry]:
    """C was never seen in a group of its own, but in family's."""
    family, c = tasks_of(log, "family")[0], tasks_of(log, "C")[0].number
    pid = family.born.pid if family.born else 0
    return [
        replace(entry, fact=replace(entry.fact, group=pid))
        if isinstance(entry.fact, TaskMoved) and entry.fact.task == c and entry.fact.group is not None
        else entry
        for entry in log
    ]


def shell_group(log: Log) -> list[Entry]:
    """The second program of each pipeline was seen in a group of its own."""
    pids = {task.number: task.born.pid for task in tasks_of(log, "sleep") if task.born}
    return [
        replace(entry, fact=replace(entry.fact, group=pids[entry.fact.task]))
        if isinstance(entry.fact, TaskMoved) and entry.fact.task in pids and entry.fact.group is not None
        else entry
        for entry in log
    ]


def one_not_stopped(log: Log) -> list[Entry]:
    """One of the two that were stopped was not."""
    stopped = next(task for task in tasks_of(log, "sleep") if any(span.state == "stopped" for span in task.spans))
    return without(log, lambda entry: is_state(entry, [stopped], state="stopped"))


def quit_later(log: Log) -> list[Entry]:
    """The key was pressed only after the ends that it is said to have brought about."""
    keys = [entry.t_ns for entry in log if isinstance(entry.fact, ActionTaken)]
    quit_ns = next(e.t_ns for e in log if isinstance(e.fact, ActionTaken) and e.fact.action == "quit")
    later = keys[keys.index(quit_ns) + 1] - 41_000_000
    return moved(log, lambda e: later if isinstance(e.fact, ActionTaken) and e.t_ns == quit_ns else None)


def no_new_parent(log: Log) -> list[Entry]:
    """The child was never seen with another parent."""
    child = tasks_of(log, "child")[0].number
    seen = [entry for entry in log if isinstance(entry.fact, TaskMoved) and entry.fact.task == child]
    return without(log, lambda entry: entry in seen[1:])


def one_word_less(log: Log) -> list[Entry]:
    """The child said only three times that it works."""
    said = [entry for entry in log if isinstance(entry.fact, Step) and entry.fact.label == "works"]
    return without(log, lambda entry: entry is said[-1])


def not_hung_up(log: Log) -> list[Entry]:
    """The shell never said that it got SIGHUP."""
    return without(log, lambda entry: isinstance(entry.fact, SignalGot) and entry.fact.signal == 1)


MUTATIONS = {
    "foreground": Mutation("family", one_did_not_get_it),
    "child_outside": Mutation("family", c_got_it),
    "inherited": Mutation("family", never_left),
    "per_pipeline": Mutation("bash", shell_group),
    "stops_group": Mutation("bash", one_not_stopped),
    "quits_group": Mutation("bash", quit_later),
    "adopted": Mutation("orphan", no_new_parent),
    "works": Mutation("orphan", one_word_less),
    "hang_up": Mutation("family", not_hung_up),
}
