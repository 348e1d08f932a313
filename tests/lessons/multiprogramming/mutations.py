"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from server.events import Entry
from tests.lessons.mutations import Log, Mutation, is_state, tasks_of, without


def nobody_waits_while_another_runs(log: Log) -> list[Entry]:
    """Every other task is born, and heard of, only once the one before it has ended: here, all but T1 are not heard."""
    others = [task for task in tasks_of(log, "worker") if task.name != "T1"]
    return without(log, lambda entry: is_state(entry, others))


def one_sleep_is_missing(log: Log) -> list[Entry]:
    """One departure of T1 for I/O is not in the log: the kernel counted one more."""
    first = tasks_of(log, "T1")
    asleep = [span for span in first[0].spans if span.state == "blocked"][3]
    return without(log, lambda entry: is_state(entry, first, state="blocked") and entry.t_ns == asleep.from_ns)


def one_never_leaves(log: Log) -> list[Entry]:
    """One preemption of T1 by another worker is missing: it seems to run on beside it."""
    first = tasks_of(log, "T1")
    others = [span for task in tasks_of(log, "worker") if task.name != "T1" for span in task.spans]
    begins = [span.from_ns for span in others if span.state == "running"]
    preempted = [span for span in first[0].spans if span.cause == "preempted"]
    cut = next(span for span in preempted if any(span.from_ns <= t_ns < span.to_ns for t_ns in begins))
    return without(log, lambda entry: is_state(entry, first) and entry.t_ns == cut.from_ns)


MUTATIONS = {
    "another_ran": Mutation("one_core", nobody_waits_while_another_runs),
    "voluntary": Mutation("one_core", one_sleep_is_missing),
    "never_two": Mutation("one_core", one_never_leaves),
}
