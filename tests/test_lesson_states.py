"""Lesson 9: its claims on hand-made logs, where every instant is known, and on real pipelines of GNU tail and grep."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest

from server.events import (
    ActionTaken,
    CallReturned,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    Output,
    PipeFilled,
    ProofChecked,
    RunEnded,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from server.lessons.states import LESSON, claims, lab, measures, session
from server.lessons.states.readings import Reading
from server.once import run_once
from tests.pipeline import READER, SETTING, grep_alone, params, printed, written
from tests.pipeline_log import (
    GREP,
    LATE,
    TAIL,
    WRITER,
    at,
    burst,
    freeze,
    judge,
    line,
    moves,
    names,
    ns,
    start,
)  # fmt: skip


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
    resumed = [moves(1300, GREP, "ready", "continued")]
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
    log = [*start(inotify=False), moves(3, TAIL, "blocked", "waits", waits_for="sleep")]
    assert names(claims.Asks, [*log, moves(1003.5, TAIL, "ready", "woken", by=-1)]) == ["asks ClaimHeld"]


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
    assert values["printed_us"] == pytest.approx(500, abs=0.01)


class Home:
    """Where tail of a real run was started, looked at while it lives."""

    def __init__(self) -> None:
        self.pid = 0
        self.folders: set[str] = set()

    def hear(self, entry: Entry) -> None:
        if isinstance(entry.fact, TaskBorn) and entry.fact.role == "tail":
            self.pid = entry.fact.pid
        if self.pid and isinstance(entry.fact, Step | Output):
            with suppress(OSError):  # it has ended
                self.folders.add(os.readlink(f"/proc/{self.pid}/cwd").removesuffix(" (deleted)"))


def the_tank_holds(log: Sequence[Entry]) -> bool:
    """Whether a tank was told; what it says is less than a block, and what was matched and has not come out."""
    reading, levels = Reading(SETTING), []
    for entry in log:
        reading.see(entry)
        if isinstance(entry.fact, PipeFilled) and entry.fact.pipe == "stdio":
            now = reading.lines[1]
            levels.append((entry.fact.bytes, sum(map(len, now.matching)) - len(now.printed)))
    assert all(told == matched < 4096 for told, matched in levels)
    return bool(levels)


def first(log: Sequence[Entry], wanted: Callable[[Fact], bool]) -> int:
    return next(number for number, entry in enumerate(log) if wanted(entry.fact))


def test_the_two_seconds_are_judged_before_anything_else_happens() -> None:
    acts = [(3.0, "append", None), (3.3, "close", None)]
    log = run_once("states", READER, "plain", actions=acts).tail(0)
    ticked = first(log, lambda fact: isinstance(fact, ClaimHeld) and fact.claim == "idle")
    assert ticked < first(log, lambda fact: isinstance(fact, ActionTaken))
    found = [entry.fact for entry in log if isinstance(entry.fact, ValueMeasured) and entry.fact.trial is None]
    last = {each.name: each.value for each in found}
    assert 2000 < last["idle_ms"] < 3000
    assert (last["idle_tail"], last["idle_grep"]) == (0, 0)


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_a_real_run_shows_every_claim_and_prints_what_grep_alone_prints_byte_for_byte(preset: str) -> None:
    home = Home()
    log = run_once("states", params(preset), preset, hear=home.hear).tail(0)
    held = {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}
    assert held == {each.name for each in LESSON.claims if not each.presets or preset in each.presets}
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    assert printed(log).encode() == grep_alone(written(log))
    assert not [e.fact for e in log if isinstance(e.fact, ProofChecked) and e.fact.verdict == "differs"]
    assert the_tank_holds(log) == (preset == "buffered")
    assert home.folders
    assert not [folder for folder in home.folders if "timeslice" in folder and os.path.exists(folder)]


def test_a_reader_may_change_the_pipeline_while_it_runs_and_each_is_a_trial() -> None:
    acts = [(1.0, "text", "终端 404"), (1.3, "buffered", None), (2.0, "pipe", None), (2.7, "append", None)]
    log = run_once("states", READER, "plain", actions=[*acts, (3.2, "close", None)]).tail(0)
    trials = [entry.fact for entry in log if isinstance(entry.fact, TrialStarted)]
    assert [(each.label, each.params["pipe"]) for each in trials] == [
        ("plain", "65536"), ("buffered", "65536"), ("mixed", "4096"),
    ]  # fmt: skip
    assert printed(log) == "终端 404\nGET /new/0 404\n"
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    ended = log[-1].fact
    assert isinstance(ended, RunEnded)
    assert ended.reason == "finished"


def test_the_launcher_keeps_no_read_end_so_the_writers_learn_that_grep_has_gone() -> None:
    log = run_once("states", READER, "plain", actions=[(0.8, "stop", None), (1.1, "end", None)]).tail(0)
    died = {entry.fact.task: entry.fact.signal for entry in log if isinstance(entry.fact, TaskDied)}
    assert died[GREP] == 15
    assert died[TAIL] == 13  # SIGPIPE: GNU tail watches its output
    assert [e.fact.result for e in log if isinstance(e.fact, CallReturned)] == ["EPIPE"]


def test_more_bursts_than_a_run_may_have_are_refused_and_said() -> None:
    acts = [(0.8 + 0.05 * n, "burst", None) for n in range(session.MOST_BURSTS + 1)]
    log = run_once("states", READER, "plain", actions=[*acts, (4.0, "close", None)]).tail(0)
    labels = [entry.fact.label for entry in log if isinstance(entry.fact, Step)]
    assert labels.count("burst") == session.MOST_BURSTS
    assert labels.count("refused") == 1
    assert printed(log).encode() == grep_alone(written(log))


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
