"""Claims and measures of concurrency-parallelism on hand-made logs; real runs: benchmarks/claims.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.events import (
    Cause,
    ClaimBroken,
    ClaimHeld,
    Entry,
    RunStarted,
    State,
    Step,
    TaskBorn,
    TaskDied,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from server.lesson import ClaimResult
from tests.lessons import module_of, slug_of
from tests.lessons.mutations import shipped

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
budget = module_of(__package__).budget
claims = module_of(__package__, "claims")

MS = 1_000_000
Run = tuple[int, float, float]  # task, from_ms, to_ms


def trial(number: int, cores: int, runs: Sequence[Run], zero_ms: float = 0.0) -> list[Entry]:
    """One trial in which tasks run as given: all are ready from 1 ms on, and each ends where its last run ends."""
    tasks = sorted({task for task, _, _ in runs})
    log = [Entry(ns(zero_ms), "told", TrialStarted(number, {"cores": cores}, f"k{cores}"))]
    for task in tasks:
        born = TaskBorn(task, 1000 + task, 1000 + task, 0, f"T{task}", "process", "fork", number, "worker")
        log.append(Entry(ns(zero_ms + 0.5), "seen", born))
        log.append(state(task, zero_ms + 1, "ready", "born"))
    moves: list[Entry] = []
    for task, from_ms, to_ms in runs:
        moves.append(state(task, zero_ms + from_ms, "running", "dispatched"))
        if from_ms == min(each[1] for each in runs if each[0] == task):
            moves.append(Entry(ns(zero_ms + from_ms) + 1, "told", Step(task, "compute")))
        last = to_ms == max(each[2] for each in runs if each[0] == task)
        moves.append(state(task, zero_ms + to_ms, *(("zombie", "exited") if last else ("ready", "preempted"))))
        if last:
            moves.append(Entry(ns(zero_ms + to_ms) + 5, "seen", TaskDied(task, code=0)))
    log += sorted(moves, key=lambda entry: entry.t_ns)
    return [*log, Entry(ns(zero_ms + max(each[2] for each in runs)) + 9, "told", TrialEnded(number))]


def ns(ms: float) -> int:
    return round(ms * MS)


def state(task: int, ms: float, new: State, cause: Cause) -> Entry:
    return Entry(ns(ms), "seen", TaskState(task, new, cause))


def turns(slice_ms: float, until_ms: float, tasks: int = 2) -> list[Run]:
    """One core handed round in equal slices, from 1 ms on."""
    count = round((until_ms - 1) / slice_ms)
    return [(1 + n % tasks, 1 + n * slice_ms, 1 + (n + 1) * slice_ms) for n in range(count)]


def start() -> Entry:
    return Entry(0, "told", RunStarted(SLUG, {}, "exact", [0, 1], "6.18", "3.11", "", 0))


def judge(fold: Any, log: Iterable[Entry], tasks: int = 2, kind: str = "processes") -> list[ClaimResult]:
    reading = fold({"tasks": tasks, "kind": kind, "cores": 2, "millions": 20})
    return [verdict for entry in log for verdict in reading.see(entry)] + list(reading.end())


def values(log: Iterable[Entry], tasks: int = 2, kind: str = "processes") -> dict[str, float]:
    found = judge(claims.Figures, log, tasks, kind)
    return {f"{v.name}@{v.trial}" if v.trial else v.name: v.value for v in found if isinstance(v, ValueMeasured)}


ONE_CORE = [start(), *trial(1, 1, turns(4, 401))]
TWO_CORES = trial(2, 2, [(3, 1, 201), (4, 1.5, 201.5)], zero_ms=500)
FIRST_COME_FIRST_SERVED = [start(), *trial(1, 1, [(1, 1, 201), (2, 201, 401)])]


def test_two_jobs_that_take_turns_interleave_from_the_first_return_on() -> None:
    assert judge(claims.Interleaved, ONE_CORE) == [ClaimHeld("interleave", task=1, at_ns=ns(9))]


def test_jobs_served_one_after_the_other_do_not_interleave() -> None:
    [verdict] = judge(claims.Interleaved, FIRST_COME_FIRST_SERVED)
    assert isinstance(verdict, ClaimBroken)
    assert verdict.reason == "0 of 2 jobs got the core back"


def test_a_job_that_is_cut_without_another_in_between_has_not_got_the_core_back() -> None:
    runs: list[Run] = [(1, 1, 50), (1, 51, 100), (2, 100, 150), (2, 151, 200)]
    assert isinstance(judge(claims.Interleaved, trial(1, 1, runs))[0], ClaimBroken)


def test_the_first_of_two_interleaved_jobs_ends_in_the_last_quarter() -> None:
    assert judge(claims.FirstEndsLate, ONE_CORE) == [ClaimHeld("first_ends_late", task=1, at_ns=ns(397))]


def test_first_come_first_served_breaks_that_and_says_by_how_much() -> None:
    [verdict] = judge(claims.FirstEndsLate, FIRST_COME_FIRST_SERVED)
    assert verdict == ClaimBroken("first_ends_late", "it ended after 50 %", task=1, at_ns=ns(201))


def test_nothing_is_said_of_the_first_of_many_threads_because_the_gil_keeps_no_queue() -> None:
    log = trial(1, 1, turns(4, 401, tasks=3))
    assert judge(claims.FirstEndsLate, log, tasks=3, kind="threads") == []
    assert len(judge(claims.FirstEndsLate, log, tasks=3, kind="processes")) == 1


def test_never_two_is_settled_only_by_the_end() -> None:
    reading = claims.NeverTwo({"tasks": 2, "kind": "processes"})
    assert [verdict for entry in ONE_CORE for verdict in reading.see(entry)] == []
    assert list(reading.end()) == [ClaimHeld("never_two", at_ns=ns(1) + 1, to_ns=ns(401))]


def test_one_nanosecond_together_on_one_core_breaks_never_two() -> None:
    runs: list[Run] = [(1, 1, 5), (2, 4.999999, 9), (1, 9, 13)]
    [verdict] = judge(claims.NeverTwo, trial(1, 1, runs))
    assert isinstance(verdict, ClaimBroken)
    assert (verdict.task, verdict.at_ns) == (2, ns(4.999999))


def sampled(log: Iterable[Entry], error_ms: float) -> list[Entry]:
    """The same log with instants that may be off by so much."""
    facts = [replace(e.fact, error_ns=ns(error_ms)) if isinstance(e.fact, TaskState) else e.fact for e in log]
    return [replace(entry, fact=fact) for entry, fact in zip(log, facts, strict=True)]


def test_sampled_edges_that_overlap_by_no_more_than_their_errors_prove_nothing() -> None:
    log = trial(1, 1, [(1, 1, 6), (2, 4.5, 9), (1, 9, 13)])
    assert judge(claims.NeverTwo, sampled(log, 1)) == []
    assert isinstance(judge(claims.NeverTwo, sampled(log, 0.5))[0], ClaimBroken)


def test_what_a_sampler_did_not_see_is_not_called_broken() -> None:
    assert judge(claims.TwoAtOnce, sampled(trial(1, 2, turns(4, 101)), 1)) == []
    assert judge(claims.GilInstants, sampled(TWO_CORES, 1), kind="threads") == []
    [held] = judge(claims.TwoAtOnce, sampled(TWO_CORES, 1))
    assert isinstance(held, ClaimHeld)


def test_a_birth_that_is_heard_of_before_its_trial_counts() -> None:
    log = list(ONE_CORE)
    started = next(entry for entry in log if isinstance(entry.fact, TrialStarted))
    log.remove(started)
    log.insert(5, started)
    assert values(log) == values(ONE_CORE)


def test_what_happened_before_the_computing_began_does_not_count() -> None:
    setup = [state(1, 0.6, "running", "dispatched"), state(2, 0.6, "running", "dispatched")]
    setup += [state(1, 0.9, "blocked", "waits"), state(2, 0.9, "blocked", "waits")]
    log = [*ONE_CORE[:6], *setup, *ONE_CORE[6:]]
    assert judge(claims.NeverTwo, log) == [ClaimHeld("never_two", at_ns=ns(1) + 1, to_ns=ns(401))]
    assert judge(claims.Interleaved, log) == [ClaimHeld("interleave", task=1, at_ns=ns(9))]


def test_a_thread_whose_role_came_late_is_a_job_because_it_says_that_it_computes() -> None:
    facts = [replace(each.fact, role=None) if isinstance(each.fact, TaskBorn) else each.fact for each in ONE_CORE]
    log = [replace(entry, fact=fact) for entry, fact in zip(ONE_CORE, facts, strict=True)]
    assert judge(claims.Interleaved, log) == [ClaimHeld("interleave", task=1, at_ns=ns(9))]
    assert values(log) == values(ONE_CORE)


def test_two_at_once_holds_where_two_stretches_meet() -> None:
    assert judge(claims.TwoAtOnce, [*ONE_CORE, *TWO_CORES]) == [ClaimHeld("two_at_once", task=4, at_ns=ns(501.5))]


def test_two_at_once_ticks_as_soon_as_it_is_certain_not_when_both_have_ended() -> None:
    log = [entry for entry in trial(1, 2, [(1, 1, 201), (2, 1.5, 301)]) if entry.t_ns <= ns(201)]
    assert judge(claims.TwoAtOnce, log) == [ClaimHeld("two_at_once", task=2, at_ns=ns(1.5))]


def test_two_cores_used_by_turns_are_not_two_at_once() -> None:
    log, where = trial(1, 2, turns(4, 101)), {"at_ns": ns(1) + 1, "to_ns": ns(101)}
    assert judge(claims.TwoAtOnce, log) == [ClaimBroken("two_at_once", "2 jobs took turns on 2 cores", **where)]
    never = ClaimHeld("gil_instants", count=0, of=0, at_ns=where["at_ns"])
    assert judge(claims.GilInstants, log, kind="threads") == [never]


def test_a_late_entry_of_another_core_does_not_make_two_at_once() -> None:
    log = trial(1, 2, [(1, 1, 5), (2, 5, 9)])
    late = next(entry for entry in log if entry.fact == TaskState(1, "zombie", "exited"))
    log.remove(late)
    log.insert(-1, late)  # the end of the first span arrives after everything else
    assert isinstance(judge(claims.TwoAtOnce, log)[0], ClaimBroken)


def test_claims_about_two_cores_are_silent_on_a_machine_with_one() -> None:
    for fold in (claims.TwoAtOnce, claims.ManyCores, claims.GilInstants):
        for kind in ("processes", "threads"):
            assert judge(fold, ONE_CORE, kind=kind) == []


def test_claims_about_the_gil_are_silent_where_there_is_none_and_those_about_two_cores_under_it() -> None:
    assert judge(claims.GilOneCore, TWO_CORES, kind="free_threads") == []
    assert judge(claims.GilInstants, TWO_CORES, kind="free_threads") == []
    assert judge(claims.TwoAtOnce, TWO_CORES, kind="threads") == []
    assert judge(claims.ManyCores, TWO_CORES, kind="threads") == []


def test_many_cores_is_counted_and_a_busy_neighbour_may_break_it() -> None:
    held, broken = judge(claims.ManyCores, TWO_CORES), judge(claims.ManyCores, trial(1, 2, turns(4, 101)))
    assert held == [ClaimHeld("many_cores", count=1, of=1, at_ns=ns(501) + 1, to_ns=ns(701.5))]
    assert isinstance(broken[0], ClaimBroken)
    assert (broken[0].count, broken[0].of) == (0, 1)


def test_threads_that_take_turns_keep_one_core_busy_and_parallel_ones_break_that_claim() -> None:
    asks: list[Run] = [(1, 1, 6.02), (2, 6, 11.02), (1, 11, 16.02), (2, 16, 21)]
    assert isinstance(judge(claims.GilOneCore, trial(1, 2, asks), kind="threads")[0], ClaimHeld)
    [broken] = judge(claims.GilOneCore, TWO_CORES, kind="threads")
    assert isinstance(broken, ClaimBroken)
    assert broken.reason == "2.00 cores busy in trial 2"


def test_instants_of_two_threads_on_cores_are_counted_and_the_longest_is_shown() -> None:
    asks: list[Run] = [(1, 1, 6.02), (2, 6, 11.05), (1, 11, 16.02), (2, 16, 21)]
    [verdict] = judge(claims.GilInstants, trial(1, 2, asks), kind="threads")
    assert verdict == ClaimHeld("gil_instants", count=3, of=3, task=1, at_ns=ns(11))


def test_the_measures_of_a_trial_are_its_arithmetic() -> None:
    found = values([*ONE_CORE, *TWO_CORES])
    assert found["wall_ms@1"] == pytest.approx(400, abs=0.01)
    assert found["cpu_ms@1"] == pytest.approx(400, abs=0.01)
    assert found["job_ms@1"] == pytest.approx(200, abs=0.01)
    assert found["cores_busy@1"] == pytest.approx(1)
    assert found["first_end_share@1"] == pytest.approx(99, abs=0.01)
    assert found["left_ms@1"] == pytest.approx(4)
    begun, first, last = (found[f"{name}_at_ms@1"] for name in ("begin", "first", "last"))
    assert (last - begun, last - first) == (pytest.approx(found["wall_ms@1"]), pytest.approx(4))
    assert found["guess:last@1"] == pytest.approx(last), "the verdict and the guess count from one zero"
    assert found["switches@1"] == 100
    assert found["preempted@1"] == 98
    assert found["slice_ms@1"] == pytest.approx(4, abs=0.01)
    assert found["overlaps@1"] == 0
    assert found["overlap_ms@2"] == pytest.approx(199.5, abs=0.01)
    assert found["speedup"] == pytest.approx(400 / 200.5, rel=1e-4)


def test_each_answer_has_its_place_on_the_lanes_of_one_core() -> None:
    found = values(ONE_CORE)
    assert found["guess:alone@1"] == pytest.approx(201, abs=0.01)
    assert found["guess:between@1"] == pytest.approx(301, abs=0.01)
    assert found["guess:last@1"] == pytest.approx(401, abs=0.01)
    assert {f"guess:{answer}@1" for answer in LESSON.answers} <= set(found)


def test_the_marks_before_a_run_lie_where_the_answers_lie_after_it() -> None:
    found = values(ONE_CORE)
    assert {answer: found[f"guess:{answer}@1"] for answer in LESSON.marks} == pytest.approx(
        {answer: 1 + share * 400 for answer, share in LESSON.marks.items()}, abs=0.01
    )


def test_the_shipped_recording_of_three_jobs_decides_the_second_prediction() -> None:
    log = shipped(SLUG, "three")
    found = values(log, tasks=3)
    assert found["first_end_share@1"] > 100 * 5 / 6  # nearer to 3 T than to 2 T
    assert "wall_ms@2" not in found


@pytest.mark.parametrize("preset", ["processes", "three", "threads", "subinterpreters"])
def test_what_the_last_jobs_had_left_on_one_core_is_no_more_than_the_time_that_it_took(preset: str) -> None:
    facts = (each.fact for each in shipped(SLUG, preset))
    found = {(fact.name, fact.trial): fact.value for fact in facts if isinstance(fact, ValueMeasured)}
    assert 0 < found["left_cpu_ms", 1] <= found["left_ms", 1]  # "of it is CPU time"


def test_with_four_jobs_one_job_alone_is_a_quarter_of_the_lane() -> None:
    found = values(trial(1, 1, turns(4, 401, tasks=4)), tasks=4)
    assert found["guess:alone@1"] == pytest.approx(101, abs=0.01)


def test_waits_for_the_gil_are_counted_only_under_the_gil() -> None:
    log = trial(1, 1, turns(4, 401))
    log[-9:-9] = [Entry(log[-10].t_ns, "derived", TaskState(1, "blocked", "waits", waits_for="gil"))]
    assert values(log, kind="threads")["gil_waits@1"] == 1
    assert "gil_waits@1" not in values(log)


def test_too_much_work_is_refused_with_a_reason_and_the_defaults_are_not() -> None:
    defaults = {param.name: param.default for param in LESSON.params}
    assert budget(defaults) is None
    assert budget(defaults | {"tasks": 6}) is None
    assert budget({"tasks": 6, "millions": 21}) == "tasks x millions must be at most 120"
