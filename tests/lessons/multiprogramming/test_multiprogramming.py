"""Claims and measures of multiprogramming on hand-made logs, every instant known; real runs: benchmarks/claims.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from server.events import (
    Cause,
    ClaimBroken,
    ClaimHeld,
    Entry,
    ProofChecked,
    RunStarted,
    State,
    Step,
    TaskBorn,
    TaskState,
    Tier,
    TrialStarted,
    ValueMeasured,
)
from server.lesson import ClaimResult
from tests.lessons import module_of, slug_of

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
experiment = module_of(__package__, "experiment")
measures = module_of(__package__, "measures")

MS = 1_000_000
Edge = tuple[float, int, str, int | None]  # ms, task, what, cpu
#: What an edge of a hand-made log means.
MEANS: dict[str, tuple[State, Cause]] = {
    "on": ("running", "dispatched"), "cut": ("ready", "preempted"), "waits": ("blocked", "waits"),
    "woken": ("ready", "woken"), "ends": ("zombie", "exited"),
}  # fmt: skip


def ns(ms: float) -> int:
    return round(ms * MS)


def log(edges: Sequence[Edge], tier: Tier = "exact+wake", trial: int = 1, **params: Any) -> list[Entry]:
    """A run of one trial: all tasks are ready at 0 and say at 0.5 ms that they compute; then the edges."""
    tasks = sorted({task for _, task, _, _ in edges})
    found = [
        Entry(0, "told", RunStarted(SLUG, {}, tier, [0, 1], "6.18", "3.11", "", 0)),
        Entry(0, "told", TrialStarted(trial, {"cores": 1, "tasks": len(tasks), **params}, "mixed")),
    ]
    for task in tasks:
        role = "peer" if task == 9 else "worker"
        born = TaskBorn(task, 100 + task, 100 + task, 0, f"T{task}", "process", "fork", trial, role)
        found += [Entry(1, "seen", born), Entry(1, "seen", TaskState(task, "ready", "born"))]
        found.append(Entry(ns(0.5), "told", Step(task, "compute")))
    for ms, task, what, cpu in edges:
        state, cause = MEANS[what]
        found.append(Entry(ns(ms), "seen", TaskState(task, state, cause, cpu)))
    return found


def judge(fold: Any, entries: Iterable[Entry]) -> list[ClaimResult]:
    reading = fold({})
    return [verdict for entry in entries for verdict in reading.see(entry)] + list(reading.end())


def values(entries: Iterable[Entry]) -> dict[str, float]:
    found = [each for each in judge(measures.Figures, entries) if isinstance(each, ValueMeasured)]
    return {f"{each.name}@{each.trial}" if each.trial else each.name: each.value for each in found}


def proof(task: int, out: int, voluntary: int, preempted: int = 0, involuntary: int = 0, ran_ms: float = 99) -> Entry:
    verdict = "proved" if (out, preempted) == (voluntary, involuntary) else "differs"
    fact = ProofChecked(task, verdict, out, voluntary, preempted, involuntary, 3, 3, ns(ran_ms), ns(ran_ms))  # type: ignore[arg-type]
    return Entry(ns(99), "derived", fact)


#: One core. 1 leaves at 5, 2 takes the core; 1 is woken at 10 and preempts 2 at once.
AT_ONCE: list[Edge] = [
    (1, 1, "on", 0), (5, 1, "waits", 0), (5.002, 2, "on", 0), (10, 1, "woken", None), (10.01, 2, "cut", 0),
    (10.02, 1, "on", 0), (12, 1, "ends", 0), (12.01, 2, "on", 0), (20, 2, "ends", 0),
]  # fmt: skip
#: The same, but 2 goes on to the end of its slice.
LATER: list[Edge] = [
    (1, 1, "on", 0), (5, 1, "waits", 0), (5.002, 2, "on", 0), (10, 1, "woken", None), (13, 2, "cut", 0),
    (13.002, 1, "on", 0), (15, 1, "ends", 0), (15.01, 2, "on", 0), (20, 2, "ends", 0),
]  # fmt: skip
#: Two cores. 1 leaves core 0, which 3 takes; 2 leaves core 1 later, and 1 comes back there.
MOVES: list[Edge] = [
    (1, 1, "on", 0), (1, 2, "on", 1), (5, 1, "waits", 0), (5.001, 3, "on", 0), (10, 1, "woken", None),
    (12, 2, "ends", 1), (12.002, 1, "on", 1), (14, 1, "ends", 1), (20, 3, "ends", 0),
]  # fmt: skip


def test_another_ran_is_said_as_soon_as_both_stretches_are_known() -> None:
    assert judge(claims.AnotherRan, log(AT_ONCE)) == [ClaimHeld("another_ran", task=2, at_ns=ns(5.002))]
    early = [entry for entry in log(AT_ONCE) if entry.t_ns <= ns(10.01)]
    assert judge(claims.AnotherRan, early) == [ClaimHeld("another_ran", task=2, at_ns=ns(5.002))]


def test_another_ran_is_broken_where_the_core_stood_idle() -> None:
    idle: list[Edge] = [(1, 1, "on", 0), (5, 1, "waits", 0), (10, 1, "woken", None), (10.01, 1, "on", 0)]
    later: list[Edge] = [(12, 1, "ends", 0), (12.01, 2, "on", 0), (20, 2, "ends", 0)]
    [verdict] = judge(claims.AnotherRan, log(idle + later))
    assert isinstance(verdict, ClaimBroken)
    assert verdict.at_ns is not None


def test_another_ran_knows_no_order_of_delivery_between_tasks() -> None:
    entries = log(AT_ONCE)
    late = next(entry for entry in entries if entry.fact == TaskState(1, "blocked", "waits", 0))
    entries.remove(late)
    woken = next(i for i, entry in enumerate(entries) if getattr(entry.fact, "cause", "") == "woken")
    entries.insert(woken, late)
    assert judge(claims.AnotherRan, entries) == [ClaimHeld("another_ran", task=2, at_ns=ns(5.002))]


def test_sleeps_are_the_departures_that_the_kernel_counts_as_voluntary() -> None:
    entries = [*log(LATER), proof(1, 1, 1), proof(2, 0, 0, 1, 1)]
    assert judge(claims.Voluntary, entries) == [ClaimHeld("voluntary", task=1, at_ns=ns(5))]


def test_a_preemption_after_a_task_has_read_its_counters_is_in_none_of_them() -> None:
    cut = [*LATER[:-1], (16, 2, "cut", 0), (16.5, 2, "on", 0), (20, 2, "ends", 0)]  # 2 has run for 8.988 ms by 16
    early, late = proof(2, 0, 0, 1, 1, ran_ms=8.9), proof(2, 0, 0, 1, 1, ran_ms=9)
    assert judge(claims.Voluntary, [*log(cut), proof(1, 1, 1), early]) == [ClaimHeld("voluntary", task=1, at_ns=ns(5))]
    assert isinstance(judge(claims.Voluntary, [*log(cut), proof(1, 1, 1), late])[0], ClaimHeld)


def test_a_departure_the_kernel_did_not_count_as_voluntary_breaks_it() -> None:
    [verdict] = judge(claims.Voluntary, [*log(LATER), proof(1, 1, 0, 0, 1)])
    reason = "1 sleeps, 0 voluntary; 0 preemptions, 1 involuntary"
    assert verdict == ClaimBroken("voluntary", reason, task=1, at_ns=ns(5))


def test_without_a_reading_of_the_counters_nothing_is_said_of_them() -> None:
    assert judge(claims.Voluntary, log(LATER)) == []


def test_waiting_at_the_start_line_is_no_departure_for_io() -> None:
    early: list[Edge] = [(0.1, 1, "on", 0), (0.2, 1, "waits", 0), (0.3, 1, "woken", None), *LATER]
    assert [len(each) for each in claims.sleeps(trial_of(log(early))).values()] == [1, 0]


def test_two_tasks_on_one_core_for_a_nanosecond_break_never_two() -> None:
    assert judge(claims.NeverTwo, log(AT_ONCE)) == [ClaimHeld("never_two", at_ns=0)]
    overlap: list[Edge] = [(1, 1, "on", 0), (4.999999, 2, "on", 0), (5, 1, "ends", 0), (6, 2, "ends", 0)]
    [verdict] = judge(claims.NeverTwo, log(overlap))
    assert isinstance(verdict, ClaimBroken)
    assert (verdict.task, verdict.at_ns) == (2, ns(4.999999))


def test_a_freed_core_that_a_ready_task_takes_counts() -> None:
    assert judge(claims.FreedCore, log(AT_ONCE)) == [ClaimHeld("freed_core", 1, 1, task=2, at_ns=ns(5.002))]


def test_a_freed_core_that_nobody_takes_before_its_owner_returns_does_not_count() -> None:
    stays: list[Edge] = [(1, 1, "on", 0), (5, 1, "waits", 0), (6, 1, "woken", None), (6.01, 1, "on", 0)]
    after: list[Edge] = [(9, 1, "ends", 0), (9.01, 2, "on", 0), (12, 2, "ends", 0)]
    [verdict] = judge(claims.FreedCore, log(stays + after))
    assert isinstance(verdict, ClaimBroken)
    assert (verdict.count, verdict.of) == (0, 1)


def test_an_awakened_task_that_preempts_and_one_that_waits_are_told_apart() -> None:
    assert judge(claims.AtOnce, log(AT_ONCE)) == [ClaimHeld("at_once", 1, 1, task=1, at_ns=ns(10))]
    assert judge(claims.HadToWait, log(AT_ONCE))[0] == ClaimBroken("had_to_wait", "0 of 1", 0, 1, task=1, at_ns=ns(10))
    assert judge(claims.HadToWait, log(LATER)) == [ClaimHeld("had_to_wait", 1, 1, task=1, at_ns=ns(10))]


def test_a_wake_up_that_finds_a_free_core_is_no_case_for_the_question() -> None:
    assert judge(claims.AtOnce, log(MOVES, cores=3)) == []


def test_a_wake_up_whose_instant_nobody_knows_is_no_case_either() -> None:
    entries = log(LATER)
    at = next(i for i, entry in enumerate(entries) if getattr(entry.fact, "cause", "") == "woken")
    entries[at] = Entry(ns(13.002), "derived", TaskState(1, "ready", "woken", error_ns=ns(8)))
    assert judge(claims.AtOnce, entries) == []


def test_the_length_of_a_sleep_tells_when_it_must_have_ended() -> None:
    entries = log(LATER, wait_ms=4.94)
    asleep = next(i for i, entry in enumerate(entries) if getattr(entry.fact, "cause", "") == "waits")
    entries[asleep] = Entry(ns(5), "seen", TaskState(1, "blocked", "waits", 0, waits_for="sleep"))
    entries[asleep + 2] = Entry(ns(13.002), "derived", TaskState(1, "ready", "woken", error_ns=ns(8)))
    assert judge(claims.HadToWait, entries) == [ClaimHeld("had_to_wait", 1, 1, task=1, at_ns=ns(10))]
    assert values(entries)["later_ms"] == pytest.approx(3.002)


def test_coming_back_elsewhere_is_counted_where_there_is_an_elsewhere() -> None:
    assert judge(claims.OtherCore, log(MOVES, cores=2)) == [ClaimHeld("other_core", 1, 1, task=1, at_ns=ns(10))]
    assert judge(claims.OtherCore, log(LATER)) == []


def sliced(trial: int, slice_ms: int, turn_ms: int) -> list[Entry]:
    edges: list[Edge] = []
    for n, start in enumerate(range(1, 97, turn_ms)):
        last = start + 2 * turn_ms >= 97
        what = "ends" if last else "cut"
        edges += [(start, trial * 10 + n % 2, "on", 0), (start + turn_ms, trial * 10 + n % 2, what, 0)]
    return log(edges, trial=trial, slice_ms=slice_ms)


def test_longer_slices_mean_fewer_turns_or_the_figures_say_otherwise() -> None:
    assert judge(claims.LongerSlice, [*sliced(1, 0, 4), *sliced(2, 100, 16)]) == [
        ClaimHeld("longer_slice", 1, 1, at_ns=0)
    ]
    [verdict] = judge(claims.LongerSlice, [*sliced(1, 0, 16), *sliced(2, 100, 16)])
    assert verdict == ClaimBroken("longer_slice", "6 turns, then 6", 0, 1, at_ns=0)
    assert judge(claims.LongerSlice, sliced(1, 0, 4)) == []  # a kernel without slices: nothing to compare


def test_sampling_sees_no_single_switch_and_says_nothing_of_them() -> None:
    entries = [*log(LATER, tier="sampled"), proof(1, 2, 2)]
    for claim in LESSON.claims:
        assert [each for each in judge(claim.fold, entries) if isinstance(each, ClaimBroken)] == [], claim.name
    assert judge(claims.AtOnce, entries) == []


def test_what_comes_in_any_order_is_read_alike() -> None:
    entries = [*log(MOVES, cores=2), proof(1, 1, 1)]
    for claim in LESSON.claims[1:]:
        assert judge(claim.fold, reversed(entries)) == judge(claim.fold, entries), claim.name
    assert values(reversed(entries)) == values(entries)


def test_the_measures_of_a_trial_are_its_arithmetic() -> None:
    found = values(log(LATER))
    assert found["wall_ms@1"] == pytest.approx(19.5)
    assert found["cpu_ms@1"] == pytest.approx(18.986)
    assert found["cores_busy@1"] == pytest.approx(18.986 / 19.5)
    assert (found["cores@1"], found["tasks@1"], found["waits@1"], found["preempted@1"]) == (1, 2, 1, 1)
    assert (found["woken"], found["at_once"], found["later"]) == (1, 0, 1)
    assert found["later_ms"] == pytest.approx(3.002)
    assert found["slice_ms@1"] == pytest.approx(4.99)


def test_a_turn_counts_only_its_time_on_the_core() -> None:
    edges: list[Edge] = [(1, 1, "on", 0), (3, 1, "cut", 0), (9, 1, "on", 0), (11, 1, "ends", 0)]
    assert values(log(edges))["slice_ms@1"] == pytest.approx(4)


def test_each_wait_is_a_repeat_with_its_gap_its_delay_and_its_core() -> None:
    found = {name: value for name, value in values(log(MOVES, cores=2)).items() if name.startswith("repeat:")}
    assert found["repeat:at:1"] == pytest.approx(10)
    assert found["repeat:gap:1"] == pytest.approx(1)
    assert found["repeat:back:1"] == pytest.approx(2002)
    assert found["repeat:moved:1"] == 1


def test_whoever_answers_the_tasks_is_none_of_them() -> None:
    with_peer: list[Edge] = [
        *LATER,
        (20.1, 9, "on", 0),
        (21, 9, "waits", 0),
        (22, 9, "woken", None),
        (22.1, 9, "on", 0),
    ]
    found = values(log(with_peer))
    assert (found["tasks@1"], found["waits@1"], found["returns"]) == (2, 1, 1)


def test_a_little_more_wants_to_compute_than_there_are_cores() -> None:
    for tasks, cores in ((3, 1), (4, 2), (6, 2), (6, 4)):
        computing_s, waiting_s = 0.010, experiment.wait_between(tasks, cores)
        assert cores < tasks * computing_s / (computing_s + waiting_s) <= cores + 1
    assert experiment.wait_between(2, 4) > 0


def trial_of(entries: Iterable[Entry]) -> Any:
    reading = claims.AtOnce({})
    for entry in entries:
        list(reading.see(entry))
    return reading.timeline.trials[1]
