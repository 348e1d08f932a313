"""What is deleted from or moved in a recording so that each asserted claim of this lesson breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from server.events import CallReturned, Entry, TaskState
from server.log.timeline import read
from tests.lessons.mutations import Log, Mutation, is_state, moved, tasks_of, trial_of, without


def asleep_in(label: str, share: float, length_ns: int) -> Callable[[Log], list[Entry]]:
    """At this share of the call the caller of the trial sleeps so long."""

    def change(log: Log) -> list[Entry]:
        caller = tasks_of(log, "caller", label)[0]
        call = next(call for call in read(log).calls.values() if call.task == caller.number)
        at_ns = call.from_ns + round(share * (call.end_ns - call.from_ns))
        kept = without(log, lambda entry: is_state(entry, [caller], at_ns, at_ns + length_ns + 1))
        sleep = TaskState(caller.number, "blocked", "waits", waits_for="futex")
        torn = [
            Entry(at_ns, "seen", sleep),
            Entry(at_ns + length_ns, "seen", TaskState(caller.number, "running", "dispatched", cpu=0)),
        ]
        return [kept[0], *sorted([*kept[1:-1], *torn], key=lambda entry: entry.t_ns), kept[-1]]

    return change


def never_asleep_in(label: str) -> Callable[[Log], list[Entry]]:
    """The sleeps of a trial's caller are not heard: it seems to stay on its core."""

    def change(log: Log) -> list[Entry]:
        tasks = tasks_of(log, "caller", label)
        return without(log, lambda entry: is_state(entry, tasks, state="blocked"))

    return change


def for_another_reason(label: str) -> Callable[[Log], list[Entry]]:
    """The caller's sleeps were for a lock."""

    def change(log: Log) -> list[Entry]:
        callers = tasks_of(log, "caller", label)
        return [
            replace(entry, fact=replace(entry.fact, waits_for="lock"))
            if isinstance(entry.fact, TaskState) and is_state(entry, callers, state="blocked")
            else entry
            for entry in log
        ]

    return change


def few_questions(log: Log) -> list[Entry]:
    """Its caller asked three times only."""
    return [
        replace(entry, fact=replace(entry.fact, count=3))
        if getattr(entry.fact, "count", None) and getattr(entry.fact, "style", "") == "spin"
        else entry
        for entry in log
    ]


def woken_by_the_peer(log: Log) -> list[Entry]:
    """The napping caller's wake-ups were the peer's doing."""
    callers, peer = tasks_of(log, "caller", "nap"), tasks_of(log, "peer", "nap")[0].number
    return [
        replace(entry, fact=replace(entry.fact, by=peer))
        if isinstance(entry.fact, TaskState) and is_state(entry, callers, cause="woken")
        else entry
        for entry in log
    ]


def many_sleeps(log: Log) -> list[Entry]:
    """The longest sleep of each caller that waits for three is cut into nine."""
    torn: list[Entry] = []
    for label in ("three", "awaited"):
        caller = tasks_of(log, "caller", label)[0]
        asleep = [span for span in caller.spans if span.waits_for == "poll"]
        longest = max(asleep, key=lambda span: span.length_ns)
        for n in range(1, 9):
            at_ns = longest.from_ns + n * longest.length_ns // 9
            wakes = TaskState(caller.number, "running", "dispatched", cpu=0)
            sleeps = TaskState(caller.number, "blocked", "waits", waits_for="poll")
            torn += [Entry(at_ns, "seen", wakes), Entry(at_ns + 10_000, "seen", sleeps)]
    return [log[0], *sorted([*log[1:-1], *torn], key=lambda entry: entry.t_ns), log[-1]]


def asked_one_after_the_other(log: Log) -> list[Entry]:
    """The peers are asked, and answer, in turn: all that the second and the third do is heard that much later."""
    peers = tasks_of(log, "peer", "awaited")
    answers = [t_ns for peer in peers for t_ns, _, step in peer.steps if step.label == "answers"]
    from_ns, last_ns = trial_of(log, "awaited").from_ns, max(answers)
    turn = {peer.number: number for number, peer in enumerate(peers)}

    def later(entry: Entry) -> int:
        number = turn.get(getattr(entry.fact, "task", 0), 2 if entry.t_ns > last_ns else 0)
        return entry.t_ns + number * (last_ns - from_ns)

    return moved(log, later)


def all_at_once(log: Log) -> list[Entry]:
    """The call that asks in turns returns as soon as the slowest would have answered."""
    trial = trial_of(log, "turns")

    def early(entry: Entry) -> int | None:
        inside = trial.from_ns < entry.t_ns < (trial.to_ns or 0)
        last = isinstance(entry.fact, CallReturned) and entry.t_ns > trial.from_ns + 150_000_000
        return trial.from_ns + 100_000_000 if inside and last else None

    return moved(log, early)


def late_handle(log: Log) -> list[Entry]:
    """submit returns only at the end of its trial."""
    trial = trial_of(log, "handle")
    end_ns = (trial.to_ns or 0) - 1
    inside = range(trial.from_ns, end_ns)
    return moved(log, lambda entry: end_ns if entry.t_ns in inside and isinstance(entry.fact, CallReturned) else None)


def the_pool_never_sleeps(log: Log) -> list[Entry]:
    """The sleeps of all that is neither caller nor peer are not heard."""
    others = [task for task in trial_of(log, "handle").tasks.values() if task.role not in ("caller", "peer")]
    return without(log, lambda entry: is_state(entry, others, state="blocked"))


MUTATIONS = {
    "asleep": Mutation("four", never_asleep_in("blocking")),
    "spin_awake": Mutation("four", asleep_in("spin", 0.5, 5_000_000)),
    "spin_asks": Mutation("four", few_questions),
    "nobody_wakes": Mutation("waits", woken_by_the_peer),
    "nap_cheap": Mutation("waits", never_asleep_in("nap")),
    "timeout_polls": Mutation("waits", for_another_reason("timeout")),
    "epoll_asleep": Mutation("four", for_another_reason("epoll")),
    "three_sleeps": Mutation("three", many_sleeps),
    "three_slowest": Mutation("four", asked_one_after_the_other),
    "turns_sum": Mutation("three", all_at_once),
    "cached_awake": Mutation("files", asleep_in("cached", 0.5, 10_000)),
    "handle_first": Mutation("matrix", late_handle),
    "helper_asleep": Mutation("matrix", the_pool_never_sleeps),
}
