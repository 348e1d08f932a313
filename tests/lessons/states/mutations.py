"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from server.events import CallReturned, Entry, Output, PipeFilled, SignalSent, Step, TaskState
from tests.lessons.mutations import Log, Mutation, is_state, tasks_of, without


def changed(log: Log, wanted: Any, **fields: Any) -> list[Entry]:
    """The log with other fields in the facts for which ``wanted`` is true."""
    return [replace(entry, fact=replace(entry.fact, **fields)) if wanted(entry.fact) else entry for entry in log]


def steps(log: Log, label: str) -> list[int]:
    """When the writer was at a step."""
    return [entry.t_ns for entry in log if isinstance(entry.fact, Step) and entry.fact.label == label]


def disturbed(log: Log) -> list[Entry]:
    """In the middle of every sleep of grep's that lasts a second, it gets a core for a moment."""
    grep = tasks_of(log, "grep")[0]
    long = [span for span in grep.spans if span.state == "blocked" and span.length_ns > 1_000_000_000]
    torn: list[Entry] = []
    for span in long:
        middle_ns = (span.from_ns + min(span.to_ns, log[-1].t_ns)) // 2
        torn.append(Entry(middle_ns, "seen", TaskState(grep.number, "running", "dispatched", cpu=0)))
        asleep = TaskState(grep.number, "blocked", "waits", waits_for="pipe_read")
        torn.append(Entry(middle_ns + 50_000, "seen", asleep))
    return [log[0], *sorted([*log[1:-1], *torn], key=lambda entry: entry.t_ns), log[-1]]


def grep_is_woken_by_the_writer(log: Log) -> list[Entry]:
    """All of grep's wake-ups were the writer's doing."""
    grep, writer = tasks_of(log, "grep")[0].number, tasks_of(log, "writer")[0].number
    return changed(
        log, lambda fact: isinstance(fact, TaskState) and fact.task == grep and fact.cause == "woken", by=writer
    )


def tail_never_waits_for_room(log: Log) -> list[Entry]:
    """tail's sleeps in a pipe write are not heard, nor is a level of the pipe."""
    tail = tasks_of(log, "tail")
    kept = without(log, lambda entry: is_state(entry, tail, waits_for="pipe_write"))
    return without(kept, lambda entry: isinstance(entry.fact, PipeFilled) and entry.fact.pipe is None)


def one_output_is_missing(log: Log) -> list[Entry]:
    """The first text that came out after the burst is not there."""
    burst_ns = steps(log, "burst")[0]
    missing = next(e for e in log if isinstance(e.fact, Output) and e.fact.stream == "terminal" and e.t_ns > burst_ns)
    return without(log, lambda entry: entry is missing)


def other_texts(log: Log) -> list[Entry]:
    """What came out is not what was written."""
    return changed(log, lambda fact: isinstance(fact, Output) and fact.stream == "terminal", text="GET /other 404\n")


def tail_stays(log: Log) -> list[Entry]:
    """tail was killed by the stage at the end."""
    tail = tasks_of(log, "tail")[-1].number
    return changed(log, lambda fact: fact.kind == "task.died" and fact.task == tail, signal=9, code=None)


def written(log: Log) -> list[Entry]:
    """The late writer's write succeeded."""
    late = {task.number for task in tasks_of(log, "late")}
    return changed(log, lambda fact: isinstance(fact, CallReturned) and fact.task in late, result="15 bytes")


def never_awake(log: Log) -> list[Entry]:
    """tail's wake-ups by its clock are not heard."""
    tail = tasks_of(log, "tail")
    first_ns = min((entry.t_ns for entry in log if isinstance(entry.fact, SignalSent)), default=log[-1].t_ns)
    asleep_ns = min(span.from_ns for span in tail[0].spans if span.waits_for == "sleep")
    return without(log, lambda entry: is_state(entry, tail, asleep_ns, first_ns))


MUTATIONS = {
    "idle": Mutation("plain", disturbed),
    "wakes": Mutation("plain", grep_is_woken_by_the_writer),
    "full": Mutation("plain", tail_never_waits_for_room),
    "every_line": Mutation("plain", one_output_is_missing),
    "per_line": Mutation("plain", other_texts),
    "in_blocks": Mutation("buffered", one_output_is_missing),
    "tail_ends": Mutation("plain", tail_stays),
    "epipe": Mutation("plain", written),
    "asks": Mutation("polling", never_awake),
}
