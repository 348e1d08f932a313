"""sync-async: which thread runs a callback, what samples cannot show, and the callers' core time by the kernel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.events import (
    CallNotified,
    CallReturned,
    CallStarted,
    ClaimBroken,
    ClaimHeld,
    Entry,
    ProofChecked,
    RunStarted,
    TaskBorn,
    TaskRenamed,
    TaskState,
)
from server.lesson import ClaimResult

from .test_sync_async import (
    ASLEEP,
    CALLER,
    HELPER,
    MS,
    SLUG,
    WORKER,
    Move,
    claims,
    handle,
    judge,
    knows,
    log,
    only,
    value,
)


def notified(pool: str, learner: int, name: str = "_handle_results") -> ClaimResult:
    """The verdict on a callback that ran in the thread of this number, which bears this name if it is the helper."""
    entries = log("callback", pool, handle(9.5, "callback"), knows(111, "callback", learner))
    return only(claims.CallbackThere, [*entries[:4], Entry(3 * MS, "told", TaskRenamed(HELPER, name)), *entries[4:]])


def test_a_callback_has_to_run_in_the_thread_that_receives_the_result() -> None:
    assert notified("pool", HELPER) == ClaimHeld("callback_there", task=HELPER, at_ns=111 * MS)
    assert isinstance(notified("processes", HELPER, "_ExecutorManagerThread"), ClaimHeld)
    said = notified("processes", HELPER)
    assert isinstance(said, ClaimBroken)
    assert said.reason == "callback: it ran in _handle_results"


@pytest.mark.parametrize("pool", ["pool", "processes", "threads"])
def test_a_callback_in_the_callers_thread_or_in_another_process_breaks_the_claim(pool: str) -> None:
    assert isinstance(notified(pool, CALLER), ClaimBroken)
    other = notified(pool, WORKER)
    assert isinstance(other, ClaimBroken)
    assert other.reason == "callback: it ran in another process"


def test_of_a_pool_of_threads_the_worker_itself_runs_the_callback() -> None:
    entries = log("callback", "threads", handle(9.5, "callback"), knows(111, "callback", WORKER))
    entries[2] = replace(entries[2], fact=TaskBorn(WORKER, 101, 102, 1, "worker", "thread", "thread", 1, "worker"))
    assert only(claims.CallbackThere, entries) == ClaimHeld("callback_there", task=WORKER, at_ns=111 * MS)
    assert isinstance(notified("threads", HELPER), ClaimBroken)


def sampled(entries: list[Entry]) -> list[Entry]:
    return [Entry(0, "told", RunStarted(SLUG, {}, "sampled", [0, 1], "6.18", "3.11", "", 0)), *entries]


def test_samples_cannot_show_that_a_thread_never_sleeps() -> None:
    awake = log("direct", "none", value(111, "direct"))
    asks = log("ask", "processes", handle(9.5, "ask"), knows(112, "ask", count=5))
    assert judge(claims.DirectAwake, sampled(awake)) == judge(claims.AskAwake, sampled(asks)) == []
    assert isinstance(only(claims.Asleep, sampled(ASLEEP)), ClaimHeld)


def counted_by_the_kernel(ms: float) -> Entry:
    fact = ProofChecked(CALLER, "proved", 1, 1, 0, 0, 2, 2, round(ms * MS), round(ms * MS), "self")
    return Entry(250 * MS, "derived", fact)


def test_the_callers_time_on_a_core_has_to_be_what_the_kernel_counted() -> None:
    over = [*ASLEEP[:-1], Entry(120 * MS, "seen", TaskState(CALLER, "zombie", "exited")), ASLEEP[-1]]
    assert only(claims.AddsUp, [*over, counted_by_the_kernel(16.5)]) == ClaimHeld(
        "adds_up", 1, 1, task=CALLER, at_ns=9 * MS, to_ns=112 * MS
    )  # 4 to 11 and 111 to 120 ms
    torn = [entry for entry in over if entry.t_ns != 11 * MS]  # the record of its sleep is missing
    said = only(claims.AddsUp, [*torn, counted_by_the_kernel(16.5)])
    assert isinstance(said, ClaimBroken)
    assert (said.count, said.of) == (0, 1)
    assert said.reason == "116.0 ms by the records, 16.5 ms by the kernel's own sum"
    assert judge(claims.AddsUp, over) == []
    assert judge(claims.AddsUp, sampled([*over, counted_by_the_kernel(16.5)])) == []


def test_added_to_a_finished_future_the_callback_has_to_run_within_the_call() -> None:
    first = [handle(9.5, "callback"), knows(111, "callback", HELPER), (112.0, CallStarted(CALLER, 2, "late"))]
    at_once: list[Move] = [(112.1, CallNotified(CALLER, 2, "late")), (112.2, CallReturned(CALLER, 2, "late", "handle"))]
    assert isinstance(only(claims.CallbackHere, log("callback", "processes", *first, *at_once)), ClaimHeld)
    elsewhere: list[Move] = [(112.1, CallNotified(HELPER, 2, "late")), at_once[1]]
    assert isinstance(only(claims.CallbackHere, log("callback", "processes", *first, *elsewhere)), ClaimBroken)
