"""Claims and measures of sync-async: on hand-made logs, where every instant is known, and on runs of every style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.events import (
    CallNotified,
    CallReturned,
    CallStarted,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    LogLost,
    ProofChecked,
    RunEnded,
    Step,
    TaskBorn,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
    WaitsFor,
)
from server.lesson import ClaimResult
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
experiment = module_of(__package__, "experiment")
SETS = module_of(__package__, "trials").SETS
KINDS = module_of(__package__, "readings").KINDS
Job = module_of(__package__, "readings").Job
Jobs = module_of(__package__, "readings").Jobs

MS = 1_000_000
CALLER, WORKER, HELPER = 1, 2, 3
Move = tuple[float, Fact]


def log(style: str, pool: str, *moves: Move) -> list[Entry]:
    """A trial of one call: the job computes from 10 to 110 ms, unless the moves say otherwise."""
    facts: list[Move] = [
        (0, TrialStarted(1, {"style": style, "pool": pool}, style)),
        (1, TaskBorn(CALLER, 101, 101, 0, "caller", "process", "fork", 1, "caller")),
        (2, TaskBorn(WORKER, 102, 102, 1, "worker", "process", "fork", 1, "worker")),
        (3, TaskBorn(HELPER, 101, 103, 1, "_handle_results", "thread", "thread", 1, "helper")),
        (4, runs(CALLER)),
        (4, runs(WORKER)),
        (9, CallStarted(CALLER, 1, style)),
        (10, Step(WORKER, "computes", 3, "job")),
        *moves,
        (110, Step(WORKER, "computed", 5, "job")),
        (200, TrialEnded(1)),
    ]
    return [Entry(round(ms * MS), "told", fact) for ms, fact in facts]


def runs(task: int) -> TaskState:
    return TaskState(task, "running", "dispatched", cpu=0)


def sleeps(task: int, waits_for: WaitsFor | None = None) -> TaskState:
    return TaskState(task, "blocked", "waits", waits_for=waits_for)


def value(ms: float, style: str = "apply") -> Move:
    return ms, CallReturned(CALLER, 1, style, "value")


def handle(ms: float, style: str) -> Move:
    return ms, CallReturned(CALLER, 1, style, "handle")


def knows(ms: float, style: str, task: int = CALLER, count: int | None = None) -> Move:
    return ms, CallNotified(task, 1, style, None, count)


def judge(fold: Any, entries: Iterable[Entry]) -> list[ClaimResult]:
    reading = fold({"executor": "pool", "millions": 8})
    return [verdict for entry in entries for verdict in reading.see(entry)] + list(reading.end())


def only(fold: Any, entries: Iterable[Entry]) -> ClaimResult:
    [verdict] = judge(fold, entries)
    return verdict


ASLEEP = log("apply", "pool", (11, sleeps(CALLER, "futex")), (111, runs(CALLER)), value(112))


def test_a_direct_call_that_sleeps_once_is_broken() -> None:
    awake = log("direct", "none", value(111, "direct"))
    assert isinstance(only(claims.DirectAwake, awake), ClaimHeld)
    once = log("direct", "none", (50, sleeps(CALLER, "disk")), (51, runs(CALLER)), value(111, "direct"))
    assert only(claims.DirectAwake, once) == ClaimBroken(
        "direct_awake", "direct: 1 sleeps", task=1, at_ns=10 * MS, to_ns=110 * MS
    )


def test_a_sleep_outside_the_call_is_not_the_calls() -> None:
    entries = log("direct", "none", value(111, "direct"), (112, sleeps(CALLER, "futex")))
    assert isinstance(only(claims.DirectAwake, entries), ClaimHeld)


def test_apply_is_asleep_in_a_futex_or_the_claim_is_broken() -> None:
    assert only(claims.Asleep, ASLEEP) == ClaimHeld("apply_asleep", task=CALLER, at_ns=10 * MS, to_ns=110 * MS)
    elsewhere = log("apply", "pool", (11, sleeps(CALLER, "sleep")), (111, runs(CALLER)), value(112))
    assert only(claims.Asleep, elsewhere) == ClaimBroken(
        "apply_asleep", "apply: it slept for sleep", task=CALLER, at_ns=10 * MS, to_ns=110 * MS
    )
    busy = log("apply", "pool", (90, sleeps(CALLER, "futex")), (111, runs(CALLER)), value(112))
    verdict = only(claims.Asleep, busy)
    assert isinstance(verdict, ClaimBroken)
    assert verdict.reason == "apply: asleep for 20 %"


def both(*worker: Move) -> list[Entry]:
    """A job that does I/O from 10 to 110 ms: the caller sleeps, the worker does what is given."""
    moves = [*worker, (11.0, sleeps(CALLER, "futex")), (111.0, runs(CALLER)), value(112, "apply_io")]
    entries = log("apply_io", "pool", *moves)
    said = {"computes": "reads", "computed": "has_read"}
    return [
        replace(entry, fact=replace(entry.fact, label=said[entry.fact.label]))
        if isinstance(entry.fact, Step)
        else entry
        for entry in entries
    ]


def test_while_a_job_does_io_worker_and_caller_have_to_sleep() -> None:
    asleep = both((11.0, sleeps(WORKER, "socket")), (109.0, runs(WORKER)))
    assert only(claims.BothAsleep, asleep) == ClaimHeld("both_asleep", task=CALLER, at_ns=10 * MS, to_ns=110 * MS)
    busy = only(claims.BothAsleep, both((60.0, sleeps(WORKER, "socket")), (109.0, runs(WORKER))))
    assert isinstance(busy, ClaimBroken)
    assert busy.reason == "apply_io: the worker was asleep for 49 %"
    assert judge(claims.BothAsleep, ASLEEP) == []


def test_waiting_for_a_core_counts_neither_as_asleep_nor_as_awake() -> None:
    ready = TaskState(CALLER, "ready", "preempted")
    entries = log("apply", "pool", (10, ready), (60, sleeps(CALLER, "futex")), (111, runs(CALLER)), value(112))
    assert isinstance(only(claims.Asleep, entries), ClaimHeld)


def test_a_sleep_nobody_could_look_at_settles_nothing() -> None:
    assert judge(claims.Asleep, log("apply", "pool", (11, sleeps(CALLER)), (111, runs(CALLER)), value(112))) == []


def test_the_order_in_which_entries_arrive_does_not_matter() -> None:
    late = [*ASLEEP[:-1][::-1], ASLEEP[-1]]
    start = late.pop(late.index(ASLEEP[0]))
    assert judge(claims.Asleep, [start, *late]) == judge(claims.Asleep, ASLEEP)


def test_a_handle_that_comes_after_the_result_breaks_the_claim() -> None:
    early = log("get", "pool", handle(9.1, "get"), knows(111, "get"))
    assert only(claims.HandleFirst, early) == ClaimHeld("handle_first", task=CALLER, at_ns=round(9.1 * MS))
    late = [*log("get", "pool", knows(113, "get"))]
    late.insert(-1, Entry(112 * MS, "told", CallReturned(CALLER, 1, "get", "handle")))
    verdict = only(claims.HandleFirst, late)
    assert isinstance(verdict, ClaimBroken)
    assert verdict.reason == "get: it returned 2.0 ms after the job was done"


@pytest.mark.parametrize(("asleep_ms", "held"), [(0.9, True), (1.2, False)])
def test_who_asks_all_the_time_may_sleep_for_one_percent_of_the_job(asleep_ms: float, held: bool) -> None:
    gil = [(20.0, sleeps(CALLER, "gil")), (30.0, runs(CALLER))]  # its helper threads: not counted
    nap = [(50.0, sleeps(CALLER, "futex")), (50 + asleep_ms, runs(CALLER))]
    entries = log("ask", "processes", handle(9.5, "ask"), *gil, *nap, knows(112, "ask", count=5))
    assert isinstance(only(claims.AskAwake, entries), ClaimHeld if held else ClaimBroken)


def test_a_sleep_whose_reason_nobody_saw_settles_nothing_about_who_asks_all_the_time() -> None:
    unseen = [(50.0, sleeps(CALLER, None)), (56.4, runs(CALLER))]
    entries = log("ask", "processes", handle(9.5, "ask"), *unseen, knows(112, "ask", count=5))
    assert judge(claims.AskAwake, entries) == []


def test_against_a_thread_the_sleeps_for_the_gil_are_counted() -> None:
    moves = [(20.0, sleeps(CALLER, "gil")), (25.0, runs(CALLER)), (30.0, sleeps(CALLER, "gil")), (35.0, runs(CALLER)),
             (40.0, sleeps(CALLER, "futex")), (41.0, runs(CALLER))]  # fmt: skip
    entries = log("ask", "threads", handle(9.5, "ask"), *moves, knows(112, "ask", count=5))
    assert only(claims.AskGil, entries) == ClaimHeld("ask_gil", 2, 3, CALLER, 20 * MS)
    assert judge(claims.AskGil, log("ask", "processes", handle(9.5, "ask"), knows(112, "ask"))) == []


def test_asking_now_and_then_is_cheap_and_late() -> None:
    moves = [(9.6, sleeps(CALLER, "sleep")), (115.0, runs(CALLER))]
    entries = log("nap", "processes", handle(9.5, "nap"), *moves, knows(116, "nap", count=11))
    assert isinstance(only(claims.NapCheap, entries), ClaimHeld)
    assert only(claims.NapLate, entries) == ClaimHeld("nap_late", 1, 1, CALLER, 110 * MS)
    prompt = log("nap", "processes", handle(9.5, "nap"), moves[0], (110.1, runs(CALLER)), knows(110.3, "nap"))
    assert isinstance(only(claims.NapLate, prompt), ClaimBroken)
    assert isinstance(only(claims.NapCheap, log("nap", "pool", handle(9.5, "nap"), knows(111, "nap"))), ClaimBroken)


def test_the_other_coroutine_has_turns_while_one_awaits_and_none_while_it_computes() -> None:
    turns = log("awaited", "processes", handle(9.5, "awaited"), knows(111, "awaited", count=9))
    assert isinstance(only(claims.LoopTurns, turns), ClaimHeld)
    none = log("awaited", "processes", handle(9.5, "awaited"), knows(111, "awaited", count=0))
    assert isinstance(only(claims.LoopTurns, none), ClaimBroken)
    stuck = log("stuck", "processes", value(111, "stuck"), knows(111.1, "stuck", count=0))
    assert isinstance(only(claims.LoopStuck, stuck), ClaimHeld)


def test_with_threads_the_worker_has_to_run_in_the_callers_process() -> None:
    moves = [(11.0, sleeps(CALLER, "futex")), (111.0, runs(CALLER)), value(112, "result")]
    inside = [e for e in log("result", "threads", *moves) if not isinstance(e.fact, TaskBorn)]
    born = [TaskBorn(task, 101, 100 + task, 0, "", "thread", "thread", 1) for task in (CALLER, WORKER)]
    inside[1:1] = [Entry(MS, "seen", fact) for fact in born]
    assert isinstance(only(claims.ThreadSleeps, inside), ClaimHeld)
    assert isinstance(only(claims.ThreadSleeps, log("result", "threads", *moves)), ClaimBroken)


def test_a_birth_that_is_heard_of_before_its_trial_counts() -> None:
    moves = [(11.0, sleeps(CALLER, "futex")), (111.0, runs(CALLER)), value(112, "result")]
    start, *rest = [e for e in log("result", "threads", *moves) if not isinstance(e.fact, TaskBorn)]
    born = [TaskBorn(task, 101, 100 + task, 0, "", "thread", "thread", 1) for task in (CALLER, WORKER)]
    early = [Entry(MS, "seen", fact) for fact in born]
    assert isinstance(only(claims.ThreadSleeps, [*early, start, *rest]), ClaimHeld)


def test_figures_are_told_for_each_trial_and_once_for_each_way_of_waiting() -> None:
    found = [v for v in judge(claims.Figures, [*ASLEEP, *ASLEEP]) if isinstance(v, ValueMeasured)]
    plain = {v.name: v.value for v in found if v.trial is None}
    assert plain["apply_asleep_ms"] == pytest.approx(100)
    assert plain["apply_running_ms"] == pytest.approx(3)
    assert plain["apply_late_ms"] == pytest.approx(2)
    assert sum(v.name == "apply_wall_ms" for v in found) == 1
    assert sum(v.name == "wall_ms" for v in found) == 2


def test_a_trial_that_was_cut_short_settles_nothing() -> None:
    cut = [entry for entry in ASLEEP if not isinstance(entry.fact, CallReturned)]
    assert [verdict for fold in (claims.Asleep, claims.AddsUp, claims.Figures) for verdict in judge(fold, cut)] == []


def test_every_style_of_every_preset_has_a_function_a_kind_and_words() -> None:
    styles = {style for trials in SETS.values() for style, _ in trials}
    assert all(callable(getattr(experiment, style)) for style in styles)
    assert styles <= set(KINDS)
    assert styles <= set(LESSON.shown)
    assert len(SETS["all"]) == 10


class Whole(Jobs):
    """Keeps every job."""

    def __init__(self) -> None:
        super().__init__({})
        self.found: list[Job] = []

    def done(self, job: Job) -> Iterable[ClaimResult]:
        self.found.append(job)
        return ()


@pytest.fixture(scope="module", params=[pytest.param(each, marks=pytest.mark.real_processes) for each in sorted(SETS)])
def real(request: pytest.FixtureRequest) -> tuple[str, Sequence[Entry]]:
    """A real run of each preset."""
    return request.param, list(run_once(SLUG, {"executor": request.param, "millions": 4}, request.param).tail(0))


def test_a_real_run_holds_what_is_asserted_and_proves_every_task(real: tuple[str, Sequence[Entry]]) -> None:
    preset, entries = real
    facts = [entry.fact for entry in entries]
    assert [fact.reason for fact in facts if isinstance(fact, RunEnded)] == ["finished"]
    assert [fact for fact in facts if isinstance(fact, ClaimBroken) and kind(fact.claim) == "asserted"] == []
    held = {fact.claim for fact in facts if isinstance(fact, ClaimHeld)}
    owed = {claim.name for claim in LESSON.claims if claim.kind == "asserted" and preset in (claim.presets or [preset])}
    assert owed <= held
    assert not [fact for fact in facts if isinstance(fact, LogLost)]
    proofs = [fact for fact in facts if isinstance(fact, ProofChecked)]
    assert [fact for fact in proofs if fact.verdict != "proved"] == []
    assert len(proofs) == sum(isinstance(fact, TaskBorn) for fact in facts)


def test_in_a_real_run_the_callers_times_add_up_within_one_percent(real: tuple[str, Sequence[Entry]]) -> None:
    preset, entries = real
    whole = Whole()
    for entry in entries:
        whole.see(entry)
    assert [(job.style, job.pool) for job in whole.found] == list(SETS[preset])
    for job in whole.found:
        wall_ns = job.call.end_ns - job.call.from_ns
        parts = [job.caller_ns(state) for state in ("running", "ready", "blocked")]
        assert sum(parts) == pytest.approx(wall_ns, rel=0.01), f"{job.style} with {job.pool}: {parts}"


def kind(name: str) -> str:
    return next(claim.kind for claim in LESSON.claims if claim.name == name)
