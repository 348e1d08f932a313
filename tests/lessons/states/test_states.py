"""Lesson states: its claims on hand-made logs, where every instant is known; and its lab."""

from __future__ import annotations

import os

import pytest

from server.events import (
    CallReturned,
    ClaimHeld,
    Entry,
    Output,
    SignalSent,
    TaskDied,
    TaskState,
    TrialEnded,
    ValueMeasured,
)
from tests.lessons import module_of

from .pipeline_log import (
    GREP,
    LATE,
    TAIL,
    WRITER,
    at,
    burst,
    freeze,
    judge,
    line,
    looks,
    moves,
    names,
    ns,
    polling,
    start,
)  # fmt: skip

claims = module_of(__package__, "claims")
lab = module_of(__package__, "lab")
measures = module_of(__package__, "measures")


def test_a_line_wakes_tail_then_grep_then_comes_out() -> None:
    log = [*start(), *line(100, out="GET /x 404\n")]
    assert judge(claims.WakesInOrder, log) == [ClaimHeld("wakes", task=GREP, at_ns=ns(100.3))]
    assert names(claims.PerLine, log) == ["per_line ClaimHeld"]


def test_a_wake_up_by_somebody_else_breaks_the_order_and_so_does_one_that_is_not_seen() -> None:
    assert names(claims.WakesInOrder, [*start(), *line(100, out="GET /x 404\n", by=-1)]) == ["wakes ClaimBroken"]
    unseen = [e for e in line(100, out="GET /x 404\n") if getattr(e.fact, "cause", "") != "woken"]
    assert names(claims.WakesInOrder, [*start(), *unseen]) == ["wakes ClaimBroken"]


def test_a_derived_wake_up_that_seems_to_come_before_its_cause_still_belongs_to_it() -> None:
    late = line(100, out="GET /x 404\n")
    early = moves(99.98, TAIL, "ready", "woken", error_ns=60_000)
    log = [*start(), late[0], early, *(e for e in late[1:] if e.fact != late[2].fact)]
    assert names(claims.WakesInOrder, log) == ["wakes ClaimHeld"]
    assert names(claims.PerLine, log) == ["per_line ClaimHeld"]


def test_the_order_is_that_of_the_instants_the_kernel_gave() -> None:
    def with_grep_woken(ms: float, error_ns: int | None) -> list[Entry]:
        woken = moves(ms, GREP, "ready", "woken", by=TAIL, error_ns=error_ns)
        log = line(100, out="GET /x 404\n")
        return sorted([*start(), *log[:4], woken, *log[5:]], key=lambda entry: entry.t_ns)

    before_tail_ran = 100.15
    assert names(claims.WakesInOrder, with_grep_woken(100.3, None)) == ["wakes ClaimHeld"]
    assert names(claims.WakesInOrder, with_grep_woken(before_tail_ran, None)) == ["wakes ClaimBroken"]
    assert names(claims.WakesInOrder, with_grep_woken(before_tail_ran, 60_000)) == ["wakes ClaimHeld"]


def test_output_comes_last_if_it_comes() -> None:
    log = line(100, out="GET /x 404\n")
    early = at(100.25, Output(GREP, "terminal", "GET /x 404\n"))
    mixed = sorted([*log[:7], early, *log[8:]], key=lambda entry: entry.t_ns)
    assert names(claims.WakesInOrder, [*start(), *mixed]) == ["wakes ClaimBroken"]
    assert names(claims.WakesInOrder, [*start(), *line(100, "GET /x 200\n")]) == ["wakes ClaimHeld"]


def test_a_line_that_comes_while_one_of_them_is_awake_is_not_judged() -> None:
    awake = [moves(99, GREP, "running", "dispatched")]
    assert names(claims.WakesInOrder, [*start(), *awake, *line(100, out="GET /x 404\n")]) == []


def test_a_burst_into_a_frozen_pipeline_fills_the_pipe_and_tail_sleeps_in_a_write() -> None:
    assert judge(claims.BackPressure, [*start(), *freeze(100), *burst(200)]) == [
        ClaimHeld("full", task=TAIL, at_ns=ns(201))
    ]
    awake = [each for each in burst(200) if not isinstance(each.fact, TaskState)]
    resumed = [moves(2300, GREP, "ready", "continued")]
    assert names(claims.BackPressure, [*start(), *freeze(100), *awake, *resumed]) == ["full ClaimBroken"]
    assert names(claims.BackPressure, [*start(), *burst(200)]) == []


def test_after_grep_was_resumed_every_line_comes_out_and_none_twice() -> None:
    before = [*start(), *line(50, out="GET /x 404\n"), *freeze(100)]
    more = [at(110, Output(WRITER, "log", "GET /y 404\n")), at(120, SignalSent(GREP, 18, 0))]
    once = [at(130, Output(GREP, "terminal", "GET /y 404\n"))]
    twice = [at(130, Output(GREP, "terminal", "GET /y 404\nGET /y 404\n"))]
    end = [at(200, TaskDied(GREP, code=0)), at(201, TrialEnded(1))]
    assert names(claims.EveryLine, [*before, *more, *once]) == ["every_line ClaimHeld"]
    assert names(claims.EveryLine, [*before, *more, *twice]) == ["every_line ClaimBroken"]
    assert names(claims.EveryLine, [*before, *more, *end]) == ["every_line ClaimBroken"]
    killed = [at(200, TaskDied(GREP, signal=15)), at(201, TrialEnded(1))]
    assert names(claims.EveryLine, [*before, *more, *killed]) == []


def test_tail_that_asks_by_the_clock_is_seen_to_wake_for_nothing() -> None:
    assert judge(claims.Asks, [*polling(), *looks(1003.5)]) == [ClaimHeld("asks", task=TAIL, at_ns=ns(1003.5))]
    ended = [*looks(1003.5)[:2], moves(1004, TAIL, "zombie", "exited"), at(1004, TaskDied(TAIL, signal=15))]
    assert names(claims.Asks, [*polling(), *ended]) == []


def test_tail_ends_after_grep_and_a_late_write_gets_epipe() -> None:
    end = [at(100, TaskDied(GREP, signal=15)), at(101, TaskDied(TAIL, signal=13)), at(102, TrialEnded(1))]
    assert judge(claims.TailEnds, [*start(), *end]) == [ClaimHeld("tail_ends", task=TAIL, at_ns=ns(101))]
    stays = [at(100, TaskDied(GREP, signal=15)), at(101, TaskDied(TAIL, signal=9)), at(102, TrialEnded(1))]
    assert names(claims.TailEnds, [*start(), *stays]) == ["tail_ends ClaimBroken"]
    cleared = [at(100, TaskDied(GREP, signal=9)), at(101, TaskDied(TAIL, signal=9)), at(102, TrialEnded(1))]
    assert names(claims.TailEnds, [*start(), *cleared]) == []
    for result, verdict in (("EPIPE", "ClaimHeld"), ("value", "ClaimBroken")):
        assert names(claims.DeadPipe, [*start(), at(5, CallReturned(LATE, 1, "write", result))]) == [f"epipe {verdict}"]


def test_the_figures_of_one_line_are_its_arithmetic() -> None:
    found = judge(measures.Wakes, [*start(), *line(100, out="GET /x 404\n")])
    values = {each.name: each.value for each in found if isinstance(each, ValueMeasured)}
    assert values["tail_wake_us"] == pytest.approx(100, abs=0.01)
    assert values["tail_ready_us"] == pytest.approx(100, abs=0.01)
    assert values["grep_wake_us"] == pytest.approx(200, abs=0.01)


@pytest.mark.parametrize("words", lab.WORDS.values(), ids=lab.WORDS)
def test_the_lab_says_of_two_readings_what_they_show_and_no_more(words: dict[str, str]) -> None:
    def said(before: int | None, after: int | None) -> str:
        return lab.verdict("tail", lab.Reading("S", before), lab.Reading("S", after), words)

    assert said(4, 4) == words["asleep"].format(name="tail")
    assert said(4, 6) == words["woke"].format(name="tail", count=2)
    assert said(None, None) == words["unknown"].format(name="tail")  # as on macOS, where ps knows only the state


def test_the_lab_speaks_both_languages_and_reads_a_process_as_proc_does() -> None:
    assert set(lab.WORDS["zh"]) == set(lab.WORDS["en"])
    now = lab.read(os.getpid())
    assert now.letter == "R"
    assert now.voluntary is not None
