"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from collections.abc import Iterable

from server.events import Entry
from tests.lessons.mutations import Log, Mutation, is_state, moved, tasks_of, trial_of, without


def no_turns(log: Log) -> list[Entry]:
    """One core, first come, first served: T1 has no preemption, and T2 runs only when T1 has ended."""
    first, second = tasks_of(log, "T1", "k1")[0], tasks_of(log, "T2", "k1")[0]
    kept = without(log, lambda entry: is_state(entry, [first], cause="preempted"))
    return without(kept, lambda entry: is_state(entry, [second], to_ns=first.ended_ns or 0))


def one_ends_early(log: Log) -> list[Entry]:
    """T1's end on one core, moved to the middle of the trial."""
    trial, first = trial_of(log, "k1"), tasks_of(log, "T1", "k1")[0]
    middle_ns = (trial.from_ns + (trial.to_ns or 0)) // 2
    kept = without(log, lambda entry: is_state(entry, [first], from_ns=middle_ns) and entry.t_ns != first.ended_ns)
    return moved(kept, lambda entry: middle_ns if entry.t_ns == first.ended_ns else None)


def one_never_leaves(log: Log) -> Iterable[Entry]:
    """One preemption of T1 on one core is missing: it seems to run on beside T2."""
    first = tasks_of(log, "T1", "k1")
    third = [span for span in first[0].spans if span.cause == "preempted"][2]
    return without(log, lambda entry: is_state(entry, first) and entry.t_ns == third.from_ns)


def one_after_the_other(log: Log) -> list[Entry]:
    """On two cores, T2's states are heard only from T1's end on."""
    first, second = tasks_of(log, "T1", "k2")[0], tasks_of(log, "T2", "k2")[0]
    end_ns = first.ended_ns or 0
    kept = without(log, lambda entry: is_state(entry, [second], to_ns=end_ns - 1))
    return without(kept, lambda entry: is_state(entry, [first], cause="preempted"))


def never_asleep(log: Log) -> list[Entry]:
    """Under the GIL: no thread ever leaves its core to wait."""
    threads = tasks_of(log, "worker", "k2")
    return without(log, lambda entry: is_state(entry, threads, state="blocked"))


MUTATIONS = {
    "interleave": Mutation("processes", no_turns),
    "never_two": Mutation("processes", one_never_leaves),
    "first_ends_late": Mutation("processes", one_ends_early),
    "two_at_once": Mutation("processes", one_after_the_other),
    "gil_one_core": Mutation("threads", never_asleep),
}
