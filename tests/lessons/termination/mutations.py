"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.events import CallReturned, Entry, Output, TaskDescribed, TaskDied, TaskReaped
from tests.lessons.mutations import Log, Mutation, is_state, tasks_of, without


def another_code(log: Log) -> list[Entry]:
    """The process that returned has died with code 1."""
    number = tasks_of(log, "returns")[0].number
    return [
        replace(entry, fact=replace(entry.fact, code=1))
        if isinstance(entry.fact, TaskDied) and entry.fact.task == number
        else entry
        for entry in log
    ]


def one_bye_less(log: Log) -> list[Entry]:
    """What the interrupted process said is missing."""
    number = tasks_of(log, "interrupted")[0].number
    return without(log, lambda entry: isinstance(entry.fact, Output) and entry.fact.task == number)


def never_a_zombie(log: Log) -> list[Entry]:
    """The killed process has no zombie span."""
    killed = tasks_of(log, "killed")
    return without(log, lambda entry: is_state(entry, killed, state="zombie"))


def still_mapped(log: Log) -> Iterable[Entry]:
    """A zombie's mappings and memory are never seen to go."""
    number, ended_ns = tasks_of(log, "killed")[0].number, tasks_of(log, "killed")[0].ended_ns or 0
    return without(
        log,
        lambda entry: (
            isinstance(entry.fact, TaskDescribed)
            and entry.fact.task == number
            and entry.t_ns > ended_ns
            and entry.fact.of in ("maps", "rss_kb")
        ),
    )


def never_collected(log: Log) -> list[Entry]:
    """Nobody is reaped."""
    return without(log, lambda entry: isinstance(entry.fact, TaskReaped))


def shell_without_status(log: Log) -> list[Entry]:
    """How the shell of the killed command ended is missing."""
    number = tasks_of(log, "sh_killed")[0].number
    return without(log, lambda entry: isinstance(entry.fact, TaskDied) and entry.fact.task == number)


def handler_granted(log: Log) -> list[Entry]:
    """What signal(SIGKILL, …) came back with is missing."""
    return without(log, lambda entry: isinstance(entry.fact, CallReturned))


MUTATIONS = {
    "codes": Mutation("ways", another_code),
    "silent": Mutation("ways", one_bye_less),
    "zombies": Mutation("ways", never_a_zombie),
    "kept": Mutation("zombie", still_mapped),
    "collected": Mutation("zombie", never_collected),
    "shell_says": Mutation("shell", shell_without_status),
    "no_handler": Mutation("caught", handler_granted),
}
