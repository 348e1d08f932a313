"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from server.events import CallNotified, CallReturned, Entry, Step, TaskState
from tests.lessons.mutations import Log, Mutation, is_state, moved, tasks_of, trial_of, without


def asleep_in(label: str) -> Callable[[Log], list[Entry]]:
    """In the middle of the trial's job the caller sleeps for 20 ms."""

    def change(log: Log) -> list[Entry]:
        caller = tasks_of(log, "caller", label)[0]
        begun = [entry for entry in log if isinstance(entry.fact, Step) and entry.fact.label == "computes"]
        at_ns = next(entry.t_ns for entry in begun if entry.t_ns > trial_of(log, label).from_ns) + 40_000_000
        kept = without(log, lambda entry: is_state(entry, [caller], at_ns, at_ns + 21_000_000))
        sleep = TaskState(caller.number, "blocked", "waits", waits_for="futex")
        wakes = TaskState(caller.number, "running", "dispatched", cpu=0)
        torn = [Entry(at_ns, "seen", sleep), Entry(at_ns + 20_000_000, "seen", wakes)]
        return [kept[0], *sorted([*kept[1:-1], *torn], key=lambda entry: entry.t_ns), kept[-1]]

    return change


def never_asleep_in(label: str) -> Callable[[Log], list[Entry]]:
    """The caller's sleeps of a trial are not heard: it seems to stay on its core."""

    def change(log: Log) -> list[Entry]:
        tasks = tasks_of(log, "caller", label)
        return without(log, lambda entry: is_state(entry, tasks, state="blocked"))

    return change


def late_handle(log: Log) -> list[Entry]:
    """The calls of the trial "get" return only at its end."""
    trial = trial_of(log, "get")
    end_ns = (trial.to_ns or 0) - 1

    def late(entry: Entry) -> int | None:
        inside = trial.from_ns < entry.t_ns < end_ns
        return end_ns if inside and isinstance(entry.fact, CallReturned) else None

    return moved(log, late)


def told_in_the_caller(style: str) -> Callable[[Log], list[Entry]]:
    """The notification is of the caller's own thread."""

    def change(log: Log) -> list[Entry]:
        caller = {e.fact.call: e.fact.task for e in log if isinstance(e.fact, CallReturned)}
        return [
            replace(entry, fact=replace(entry.fact, task=caller[entry.fact.call]))
            if isinstance(entry.fact, CallNotified) and entry.fact.style == style
            else entry
            for entry in log
        ]

    return change


def told_elsewhere(log: Log) -> list[Entry]:
    """The notification of the callback that was added late is of another thread of the process."""
    helper = tasks_of(log, "_ExecutorManagerThread")[0].number
    return [
        replace(entry, fact=replace(entry.fact, task=helper))
        if isinstance(entry.fact, CallNotified) and entry.fact.style == "late"
        else entry
        for entry in log
    ]


def turns(style: str, count: int) -> Callable[[Log], list[Entry]]:
    """The other coroutine had so many turns."""
    return lambda log: [
        replace(entry, fact=replace(entry.fact, count=count))
        if isinstance(entry.fact, CallNotified) and entry.fact.style == style
        else entry
        for entry in log
    ]


def every_tenth_sleep_is_missing(log: Log) -> list[Entry]:
    """A tenth of the callers' departures for a sleep are not heard."""
    callers, seen = tasks_of(log, "caller"), iter(range(1_000_000))
    return without(log, lambda entry: is_state(entry, callers, state="blocked") and next(seen) % 10 == 0)


def worker_at_work(log: Log) -> list[Entry]:
    """The worker's sleeps in the trial of the I/O are not heard: it seems to stay on its core."""
    workers = tasks_of(log, "worker", "apply_io")
    return without(log, lambda entry: is_state(entry, workers, state="blocked"))


MUTATIONS = {
    "direct_awake": Mutation("pool", asleep_in("direct")),
    "apply_asleep": Mutation("pool", never_asleep_in("apply")),
    "both_asleep": Mutation("io", worker_at_work),
    "thread_sleeps": Mutation("threads", never_asleep_in("result_threads")),
    "handle_first": Mutation("pool", late_handle),
    "ask_awake": Mutation("pool", asleep_in("ask_pool")),
    "nap_cheap": Mutation("pool", never_asleep_in("nap_pool")),
    "callback_there": Mutation("pool", told_in_the_caller("callback_pool")),
    "callback_here": Mutation("processes", told_elsewhere),
    "loop_turns": Mutation("asyncio", turns("awaited", 0)),
    "loop_stuck": Mutation("asyncio", turns("stuck", 3)),
    "adds_up": Mutation("pool", every_tenth_sleep_is_missing),
}
