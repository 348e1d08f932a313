"""Claims and measures on hand-made logs, where every instant is known; real runs: test_runs.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    RunStarted,
    Step,
    TaskBorn,
    TaskState,
    Tier,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
    WaitsFor,
)
from server.lesson import ClaimResult
from tests.lessons import module_of, slug_of

SLUG = slug_of(__package__)
claims, experiment = module_of(__package__, "claims"), module_of(__package__, "experiment")

MS = 1_000_000
CALLER, PEER = 1, 2
SpanMs = tuple[str, float, float]  # state of the caller, from_ms, to_ms; "socket" and the like: asleep, for that


def ns(ms: float) -> int:
    return round(ms * MS)


def told(ms: float, fact: Fact) -> Entry:
    return Entry(ns(ms), "told", fact)


def seen(ms: float, fact: Fact) -> Entry:
    return Entry(ns(ms), "seen", fact)


def start(tier: Tier = "exact+wake") -> Entry:
    return Entry(0, "told", RunStarted(SLUG, {}, tier, [0], "6.18", "3.11", "", 0))


def lane(spans: Sequence[SpanMs], by: int | None) -> Iterable[Entry]:
    """The caller's states; each sleep is ended by ``by``."""
    asleep = False
    for state, from_ms, _ in spans:
        if asleep:
            yield seen(from_ms - 0.001, TaskState(CALLER, "ready", "woken", by=by))
        asleep = state not in ("running", "ready")
        if asleep:
            reason: WaitsFor | None = None if state == "?" else state  # type: ignore[assignment]
            yield seen(from_ms, TaskState(CALLER, "blocked", "waits", waits_for=reason))
        elif state == "running":
            yield seen(from_ms, TaskState(CALLER, "running", "dispatched", cpu=0))
        else:
            yield seen(from_ms, TaskState(CALLER, "ready", "preempted", cpu=0))


def peers(answers_ms: Sequence[float], asked_ms: Sequence[float], gone_ms: float | None) -> Iterable[Entry]:
    """Peers that are asked at an instant each, answer when told, and end, if ``gone_ms`` says when."""
    for task, (at_ms, since_ms) in enumerate(zip(answers_ms, asked_ms, strict=True), start=PEER):
        if gone_ms is not None:
            yield seen(gone_ms, TaskState(task, "zombie", "exited"))
        yield told(0, TaskBorn(task, 100 + task, 100 + task, 0, f"peer {task - 1}", "process", "fork", 1, "peer"))
        yield seen(since_ms, TaskState(task, "blocked", "waits", waits_for="sleep"))
        yield seen(at_ms - 0.01, TaskState(task, "running", "dispatched", cpu=0))
        yield told(at_ms, Step(task, "answers"))


def trial(
    style: str,
    spans: Sequence[SpanMs],
    answers_ms: Sequence[float] = (101,),
    by: int | None = PEER,
    result: str | None = None,
    polls: int | None = None,
    returned_ms: float | None = None,
    tier: Tier = "exact+wake",
    asked_ms: Sequence[float] | None = None,
    gone_ms: float | None = None,
) -> list[Entry]:
    """A trial whose call is made at 1 ms and ends with the last span."""
    end_ms = spans[-1][2]
    entries = [
        told(0, TaskBorn(CALLER, 101, 101, 0, "caller", "process", "fork", 1, "caller")),
        told(1, CallStarted(CALLER, 1, style)),
        *peers(answers_ms, asked_ms or [1] * len(answers_ms), gone_ms),
        *lane(spans, by),
        told(returned_ms or end_ms, CallReturned(CALLER, 1, style, result)),
    ]
    if polls is not None:
        entries.append(told(end_ms, CallNotified(CALLER, 1, style, "poll", polls)))
    ordered = sorted(entries, key=lambda entry: entry.t_ns)
    begin, end = told(0, TrialStarted(1, {"style": style}, style)), told(end_ms + 1, TrialEnded(1))
    return [start(tier), begin, *ordered, end]


def judge(fold: Any, log: Iterable[Entry]) -> list[ClaimResult]:
    reading = fold({"show": "four", "delay_ms": 100})
    return [verdict for entry in log for verdict in reading.see(entry)] + list(reading.end())


def held(fold: Any, log: Iterable[Entry]) -> bool | None:
    """True and False as the claim says, None if it says nothing."""
    found = [isinstance(verdict, ClaimHeld) for verdict in judge(fold, log)]
    return found[-1] if found else None


SLEEPER: list[SpanMs] = [("running", 1, 1.1), ("socket", 1.1, 101.1), ("running", 101.1, 101.2)]
SPINNER: list[SpanMs] = [("running", 1, 60), ("ready", 60, 70), ("running", 70, 101.2)]
NAPPER: list[SpanMs] = [
    ("running", 1, 1.1), ("sleep", 1.1, 41), ("running", 41, 41.1), ("sleep", 41.1, 81), ("running", 81, 81.1),
    ("sleep", 81.1, 121), ("running", 121, 121.1),
]  # fmt: skip
POLLER: list[SpanMs] = [("running", 1, 1.1), ("poll", 1.1, 101.1), ("running", 101.1, 101.2)]


def test_a_thread_that_sleeps_until_the_peer_writes_is_asleep_and_the_place_to_look_is_that_stretch() -> None:
    assert judge(claims.Asleep, trial("blocking", SLEEPER)) == [
        ClaimHeld("asleep", task=CALLER, at_ns=ns(1), to_ns=ns(101))
    ]


def test_a_thread_that_is_woken_by_somebody_else_or_too_early_was_not_asleep_until_the_peer_wrote() -> None:
    assert held(claims.Asleep, trial("blocking", SLEEPER, by=0)) is False
    early: list[SpanMs] = [("running", 1, 1.1), ("socket", 1.1, 99), ("ready", 99, 101.2)]
    [verdict] = judge(claims.Asleep, trial("blocking", early))
    assert isinstance(verdict, ClaimBroken)
    assert "before the answer was written" in (verdict.reason or "")


def test_who_woke_it_is_asked_only_where_every_wake_up_is_heard() -> None:
    assert held(claims.Asleep, trial("blocking", SLEEPER, by=None, tier="exact")) is True
    assert held(claims.NobodyWakes, trial("nap", NAPPER, by=None, polls=3, tier="exact")) is None


def test_a_wake_up_that_nobody_heard_has_no_author_and_settles_nothing_about_him() -> None:
    assert held(claims.NobodyWakes, trial("nap", NAPPER, by=None, polls=3)) is None
    assert held(claims.NobodyWakes, trial("nap", NAPPER, by=None, polls=3, gone_ms=119)) is True, "it sleeps on"
    assert held(claims.NobodyWakes, trial("nap", NAPPER, by=None, polls=3, gone_ms=121.5)) is None
    assert held(claims.Asleep, trial("blocking", SLEEPER, by=None)) is True


def test_a_sleep_for_another_reason_breaks_the_claim_and_one_nobody_could_look_at_proves_no_reason() -> None:
    assert held(claims.Asleep, trial("blocking", POLLER)) is False
    unknown: list[SpanMs] = [("running", 1, 1.1), ("?", 1.1, 101.1), ("running", 101.1, 101.2)]
    assert held(claims.Asleep, trial("blocking", unknown)) is True
    assert held(claims.TimeoutPolls, trial("timeout", unknown)) is None


def test_a_busy_machine_takes_nothing_from_the_sleeper() -> None:
    late: list[SpanMs] = [("ready", 1, 40), ("running", 40, 40.1), ("socket", 40.1, 101.1), ("ready", 101.1, 130)]
    assert held(claims.Asleep, trial("blocking", [*late, ("running", 130, 130.1)])) is True


def test_spinning_is_awake_and_asks_more_often_than_there_are_milliseconds() -> None:
    log = trial("spin", SPINNER, result="value", polls=6567)
    assert held(claims.SpinAwake, log) is True
    assert held(claims.SpinAsks, log) is True
    assert held(claims.SpinAsks, trial("spin", SPINNER, result="value", polls=99)) is False


def test_one_sleep_while_there_is_no_data_and_the_thread_did_not_spin() -> None:
    dozing: list[SpanMs] = [("running", 1, 60), ("futex", 60, 61), ("running", 61, 101.2)]
    assert held(claims.SpinAwake, trial("spin", dozing, result="value", polls=6567)) is False


def test_napping_is_cheap_and_the_peer_wakes_nobody() -> None:
    log = trial("nap", NAPPER, by=-1, result="EAGAIN", polls=3, returned_ms=1.05)
    assert held(claims.NapCheap, log) is True
    assert judge(claims.NobodyWakes, log) == [ClaimHeld("nobody_wakes", task=CALLER, at_ns=ns(101))]
    assert held(claims.NobodyWakes, trial("nap", NAPPER, by=PEER, polls=3)) is False
    assert held(claims.NapCheap, trial("nap", SPINNER, polls=3)) is False


def test_a_timeout_and_epoll_sleep_in_poll() -> None:
    assert held(claims.TimeoutPolls, trial("timeout", POLLER)) is True
    assert held(claims.EpollAsleep, trial("epoll", POLLER)) is True
    assert held(claims.TimeoutPolls, trial("timeout", SLEEPER)) is False


THREE = (35, 68, 101)
THREE_SLEEPS: list[SpanMs] = [
    ("running", 1, 1.1), ("poll", 1.1, 35.1), ("running", 35.1, 35.2), ("poll", 35.2, 68.1), ("running", 68.1, 68.2),
    ("poll", 68.2, 101.1), ("running", 101.1, 101.2),
]  # fmt: skip


def test_three_sockets_take_three_sleeps_and_as_long_as_the_slowest() -> None:
    log = trial("three", THREE_SLEEPS, THREE)
    assert held(claims.ThreeSleeps, log) is True
    assert held(claims.ThreeSlowest, log) is True


def test_a_fourth_sleep_or_a_total_near_the_sum_breaks_it() -> None:
    restless = [*THREE_SLEEPS, ("poll", 101.3, 102), ("running", 102, 102.1)]
    assert held(claims.ThreeSleeps, trial("three", restless, THREE)) is False
    late: list[SpanMs] = [*THREE_SLEEPS, ("ready", 101.3, 190), ("running", 190, 190.1)]
    assert held(claims.ThreeSlowest, trial("three", late, THREE)) is True, "who lacks a core waits for nobody"
    slow: list[SpanMs] = [("running", 1, 1.1), ("poll", 1.1, 201), ("running", 201, 201.1)]
    in_turn = trial("three", slow, (101, 168, 201), asked_ms=(1, 101, 168))
    [verdict] = judge(claims.ThreeSlowest, in_turn)
    assert isinstance(verdict, ClaimBroken)
    assert verdict.reason == "three: 200 ms; the slowest took 100 ms, all together 200 ms"
    assert held(claims.TurnsSum, trial("turns", slow, (101, 168, 201), asked_ms=(1, 101, 168))) is True
    assert held(claims.TurnsSum, trial("turns", THREE_SLEEPS, THREE)) is False


def test_a_caller_or_a_peer_without_a_core_does_not_make_three_waits_one_after_the_other() -> None:
    answers, asked = (101, 268, 301), (1, 201, 201)
    late: list[SpanMs] = [("running", 1, 1.1), ("ready", 1.1, 201), ("poll", 201.1, 301), ("running", 301, 301.1)]
    assert held(claims.ThreeSlowest, trial("three", late, answers, asked_ms=asked)) is True
    slow: list[SpanMs] = [("running", 1, 1.1), ("poll", 1.1, 301), ("running", 301, 301.1)]
    assert held(claims.ThreeSlowest, log := trial("three", slow, answers, asked_ms=asked)) is False
    recv = [seen(0.5, TaskState(peer, "blocked", "waits", waits_for="socket")) for peer in (3, 4)]
    woken = [seen(1.05, TaskState(peer, "ready", "woken", by=CALLER)) for peer in (3, 4)]
    assert held(claims.ThreeSlowest, [*log[:2], *sorted([*log[2:], *recv, *woken], key=lambda e: e.t_ns)]) is True


def test_a_cached_read_does_not_sleep_and_a_cold_one_is_counted() -> None:
    quick: list[SpanMs] = [("running", 1, 1.1)]
    assert held(claims.CachedAwake, trial("cached", quick, ())) is True
    cold: list[SpanMs] = [each for n in range(20) for each in (("disk", 1 + n, 1.5 + n), ("running", 1.5 + n, 2 + n))]
    [verdict] = judge(claims.ColdSleeps, trial("cold", [("running", 0.9, 1), *cold], ()))
    assert verdict == ClaimHeld("cold_sleeps", count=20, of=32, task=CALLER, at_ns=ns(1))
    [verdict] = judge(claims.ColdSleeps, trial("cold", quick, ()))
    assert isinstance(verdict, ClaimBroken)
    assert (verdict.count, verdict.of) == (0, 32)


def test_a_sleep_whose_derived_end_falls_on_its_beginning_is_a_sleep() -> None:
    flash: list[SpanMs] = [("running", 1, 1.1), ("?", 1.1, 1.101), ("running", 1.101, 1.2)]
    assert held(claims.CachedAwake, trial("cached", flash, (), tier="exact")) is False


def test_a_handle_comes_back_before_the_answer() -> None:
    log = trial("handle", SPINNER, result="handle", polls=70, returned_ms=1.1)
    assert judge(claims.HandleFirst, log) == [ClaimHeld("handle_first", task=CALLER, at_ns=ns(1.1))]
    assert held(claims.HandleFirst, trial("handle", SPINNER, result="handle", polls=0, returned_ms=101.1)) is False


def test_the_figures_of_a_trial_are_said_by_number_and_by_style() -> None:
    log = trial("spin", SPINNER, result="value", polls=6567)
    found = {(v.name, v.trial): v.value for v in judge(claims.Figures, log) if isinstance(v, ValueMeasured)}
    assert found[("running_ms", 1)] == found[("spin_running_ms", None)] == pytest.approx(90.2)
    assert found[("spin_refused", None)] == 6567
    assert found[("spin_asleep_ms", None)] == 0
    assert found[("spin_late_ms", None)] == pytest.approx(0.2)


def pooled(thread: Sequence[tuple[str, float]]) -> list[Entry]:
    """A trial in which a thread of a pool has these states from these instants on."""
    born = told(0.5, TaskBorn(9, 101, 109, CALLER, "pool", "thread", "thread", 1, "worker"))
    moves = [
        seen(ms, TaskState(9, "blocked", "waits", waits_for=state))  # type: ignore[arg-type]
        if state not in ("running", "ready")
        else seen(ms, TaskState(9, state, "dispatched" if state == "running" else "woken"))  # type: ignore[arg-type]
        for state, ms in thread
    ]
    log = trial("handle", SPINNER, result="handle", polls=70, returned_ms=1.1)
    return [*log[:-1], born, *moves, log[-1]]


def test_while_the_caller_works_the_pools_thread_sleeps_until_the_answer() -> None:
    assert held(claims.HelperAsleep, pooled([("running", 1.2), ("socket", 1.4), ("running", 101.1)])) is True
    assert held(claims.HelperAsleep, pooled([("running", 1.2), ("futex", 90), ("running", 101.1)])) is False
    assert held(claims.HelperAsleep, pooled([("running", 1.2)])) is False


def test_a_thread_that_had_no_core_before_the_answer_proves_nothing_and_a_long_sleep_is_none_for_the_gil() -> None:
    assert held(claims.HelperAsleep, pooled([("ready", 1.2), ("running", 102)])) is None
    assert held(claims.HelperAsleep, pooled([("running", 1.2), ("gil", 99), ("running", 102)])) is None
    assert held(claims.HelperAsleep, pooled([("running", 1.2), ("gil", 1.4), ("running", 102)])) is True


def test_a_birth_that_is_heard_of_before_its_trial_counts() -> None:
    first, begin, born, *rest = trial("blocking", SLEEPER)
    assert held(claims.Asleep, [first, born, begin, *rest]) is True


def test_a_trial_that_was_cut_short_settles_nothing() -> None:
    log = [entry for entry in trial("blocking", SLEEPER) if not isinstance(entry.fact, CallReturned)]
    assert judge(claims.Asleep, log) == []
    assert judge(claims.Figures, log) == []


def test_the_claims_count_as_many_reads_as_the_experiment_makes() -> None:
    assert claims.PIECES == experiment.PIECES
