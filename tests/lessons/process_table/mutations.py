"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from dataclasses import replace

from server.events import CallReturned, CallStarted, CellWritten, Entry, TaskDescribed
from tests.lessons.mutations import Log, Mutation, is_state, moved, tasks_of, without


def one_gap_less(log: Log) -> list[Entry]:
    """The longest gap that the watcher saw was not told."""
    began = {e.fact.call: e.t_ns for e in log if isinstance(e.fact, CallStarted) and e.fact.style == "gap"}
    ended = {e.fact.call: e.t_ns for e in log if isinstance(e.fact, CallReturned) and e.fact.style == "gap"}
    longest = max(began, key=lambda call: ended[call] - began[call])
    return without(log, lambda e: isinstance(e.fact, CallStarted | CallReturned) and e.fact.call == longest)


def another_sum(log: Log) -> list[Entry]:
    """The undisturbed computation has come to another number."""
    number = tasks_of(log, "alone")[0].number
    return [
        replace(entry, fact=replace(entry.fact, value="7"))
        if isinstance(entry.fact, CellWritten) and entry.fact.task == number
        else entry
        for entry in log
    ]


def program_counter_moves(log: Log) -> list[Entry]:
    """Between two looks at a frozen task, PC has moved on."""
    first = next(entry for entry in log if isinstance(entry.fact, TaskDescribed) and entry.fact.of == "pc")
    later = next(e for e in log if getattr(e.fact, "label", "") == "later")
    fact = replace(first.fact, text="0x1")  # type: ignore[type-var]
    extra = replace(first, t_ns=later.t_ns + 1, fact=fact)  # type: ignore[arg-type]
    return [each for entry in log for each in ((entry, extra) if entry is later else (entry,))]


def not_executable(log: Log) -> list[Entry]:
    """PC lies in memory that may be written."""
    return [
        replace(entry, fact=replace(entry.fact, text="rw-p [heap]"))
        if isinstance(entry.fact, TaskDescribed) and entry.fact.of == "map pc"
        else entry
        for entry in log
    ]


def never_preempted(log: Log) -> list[Entry]:
    """The polite task never leaves its core after the first look."""
    polite = tasks_of(log, "nice")
    began = next(e.t_ns for e in log if getattr(e.fact, "label", "") == "weighs")
    first = next(span for span in polite[0].spans if span.state == "running" and span.from_ns > began)
    kept = without(log, lambda entry: is_state(entry, polite, from_ns=first.from_ns))
    return moved(kept, lambda entry: began + 1 if is_state(entry, polite, from_ns=first.from_ns - 1) else None)


def not_refused(log: Log) -> list[Entry]:
    """What nice(-1) came back with is missing."""
    return without(log, lambda e: isinstance(e.fact, CallReturned) and e.fact.style == "nice(-1)")


def offset_stays(log: Log) -> list[Entry]:
    """The parent's second word on its offset is missing."""
    last = [entry for entry in log if isinstance(entry.fact, CellWritten) and entry.fact.name == "offset"][-1]
    return without(log, lambda entry: entry is last)


MUTATIONS = {
    "inside": Mutation("taken", one_gap_less),
    "same_sum": Mutation("taken", another_sum),
    "unchanged": Mutation("frozen", program_counter_moves),
    "where": Mutation("frozen", not_executable),
    "weights": Mutation("nice", never_preempted),
    "nice_down": Mutation("nice", not_refused),
    "offset_shared": Mutation("offset", offset_stays),
}
