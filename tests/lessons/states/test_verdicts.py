"""Claims of lesson states on hand-made logs over time: "held" once, "broken" at most once after it; odd runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from server.events import (
    CallReturned,
    ClaimBroken,
    Entry,
    Fact,
    Output,
    PipeFilled,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from tests.lessons import module_of

from .pipeline import SETTING
from .pipeline_log import (
    GREP,
    LATE,
    MANY,
    QUIET,
    TAIL,
    WRITER,
    at,
    burst,
    collected,
    freeze,
    judge,
    line,
    looks,
    moves,
    names,
    polling,
    start,
    values,
)  # fmt: skip

claims = module_of(__package__, "claims")
measures = module_of(__package__, "measures")
Pipeline = module_of(__package__, "readings").Pipeline

OUT = "GET /x 404\n"


def resumed(ms: float) -> list[Entry]:
    return [at(ms, SignalSent(GREP, 18, 0)), moves(ms, GREP, "ready", "continued")]


def back(ms: float) -> Entry:
    return moves(ms, GREP, "blocked", "waits", waits_for="pipe_read")


def ended(trial: int, tail_signal: int) -> list[Entry]:
    """One pipeline whose grep was ended."""
    grep, tail = 10 * trial + GREP, 10 * trial + TAIL
    roles = {tail: "tail", grep: "grep"}
    born = [TaskBorn(n, n, n, 0, role, "process", "exec", trial, role) for n, role in roles.items()]
    died = [TaskDied(grep, signal=15), TaskDied(tail, signal=tail_signal)]
    facts: list[Fact] = [TrialStarted(trial, SETTING), *born, *died, TrialEnded(trial)]
    return [at(10 * trial + n, fact) for n, fact in enumerate(facts)]


def unfilled(ms: float) -> list[Entry]:
    """A burst into a frozen pipeline that tail sleeps through, and grep's going on when it should have filled it."""
    awake = [each for each in burst(ms + 10) if not isinstance(each.fact, TaskState)]
    return [*freeze(ms), *awake, *resumed(ms + 2020)]


STRANGE_WAKE = line(300, out=OUT, by=-1)
STRANGE_TEXT = line(300, out="GET /y 404\n")
LATE_EPIPE = [at(n, CallReturned(LATE, n, "write", "EPIPE")) for n in (5, 6)]
LATE_VALUE = [at(n, CallReturned(LATE, n, "write", "value")) for n in (7, 8)]
AGAIN = [*freeze(100), *resumed(110), at(120, Output(WRITER, "log", OUT)), at(130, Output(GREP, "terminal", OUT))]
TWICE = [at(140, Output(GREP, "terminal", OUT)), at(150, Output(GREP, "terminal", OUT))]


@pytest.mark.parametrize(
    ("fold", "good", "bad"),
    [
        (claims.Idle, [*start(), at(2002, QUIET)], [*looks(2500, reason="poll"), *looks(2600, reason="poll")]),
        (claims.WakesInOrder, [*start(), *line(100, out=OUT), *line(200, out=OUT)], [*STRANGE_WAKE, *line(400, OUT)]),
        (claims.PerLine, [*start(), *line(100, out=OUT), *line(200, out=OUT)], STRANGE_TEXT),
        (
            claims.BackPressure,
            [*start(), *freeze(10), *burst(20), *resumed(30), moves(31, TAIL, "blocked", "waits", waits_for="poll")],
            [*unfilled(100), *unfilled(5000)],
        ),
        (claims.EveryLine, [*start(), *AGAIN], TWICE),
        (
            claims.InBlocks,
            collected(MANY[:4096], held=304),
            [at(90, Output(GREP, "terminal", "GET")), at(91, Output(GREP, "terminal", " "))],
        ),
        (claims.TailEnds, [*ended(1, 13), *ended(2, 13)], [*ended(3, 9), *ended(4, 13), *ended(5, 9)]),
        (claims.DeadPipe, [*start(), *LATE_EPIPE], LATE_VALUE),
        (
            claims.Asks,
            [*polling(), *looks(1500), *looks(2500)],
            [moves(2600, TAIL, "blocked", "waits", waits_for="poll"), at(4700, QUIET), at(4800, QUIET)],
        ),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_held_is_said_once_and_broken_after_it_once_and_last(
    fold: Any, good: Sequence[Entry], bad: Sequence[Entry]
) -> None:
    assert names(fold, good) == [f"{fold.name} ClaimHeld"]
    assert names(fold, [*good, *bad]) == [f"{fold.name} ClaimHeld", f"{fold.name} ClaimBroken"]


def test_a_line_whose_predecessor_has_not_been_read_from_the_terminal_is_not_judged() -> None:
    quick = [*line(100), *line(101, "GET /y 404\n", out=f"{OUT}GET /y 404\n")]
    assert names(claims.PerLine, [*start(), *quick]) == names(claims.WakesInOrder, [*start(), *quick]) == []
    late = [*line(100), *line(101, "GET /y 404\n", out=OUT), at(101.8, Output(GREP, "terminal", "GET /y 404\n"))]
    assert names(claims.PerLine, [*start(), *late]) == names(claims.WakesInOrder, [*start(), *late]) == []
    assert names(claims.PerLine, [*start(), *late, *line(200, out=OUT)]) == ["per_line ClaimHeld"]


def test_a_line_is_compared_with_what_it_said_and_not_with_the_next_one() -> None:
    first = line(100, out=OUT)
    log = [*start(), *first[:-1], at(100.55, Output(WRITER, "log", "GET /y 404\n")), first[-1]]
    assert names(claims.PerLine, log) == ["per_line ClaimHeld"]


def test_a_block_of_earlier_lines_that_comes_out_early_breaks_no_order() -> None:
    early = [at(100.15, Output(GREP, "terminal", "GET /y 404\n"))]
    log = sorted([*start(buffered=True), *line(100), *early], key=lambda entry: entry.t_ns)
    assert names(claims.WakesInOrder, log) == ["wakes ClaimHeld"]


def test_a_derived_wake_up_may_be_heard_of_after_its_line_and_lie_before_it_within_its_error() -> None:
    def heard(error_ns: int) -> list[Entry]:
        late = moves(99.98, TAIL, "ready", "woken", error_ns=error_ns)
        return [late if each == line(100)[2] else each for each in line(100, out="GET /x 404\n")]

    assert names(claims.WakesInOrder, [*start(), *heard(220_000)]) == ["wakes ClaimHeld"]
    assert names(claims.WakesInOrder, [*start(), *heard(10_000)]) == ["wakes ClaimBroken"]


def test_a_line_to_a_tail_of_which_schedstat_says_that_it_was_ready_long_before_is_judged() -> None:
    early = moves(50, TAIL, "ready", "woken", error_ns=60_000_000)
    log = [*start(), early, *(each for each in line(100, out=OUT) if each != line(100)[2])]
    assert names(claims.WakesInOrder, log) == ["wakes ClaimHeld"]
    assert names(claims.PerLine, log) == ["per_line ClaimHeld"]
    said = values(log, measures.Wakes)
    assert said["tail_wake_us"] == 0
    assert said["tail_ready_us"] == pytest.approx(200, abs=0.01)
    assert said["tail_wake_error_us"] == pytest.approx(60_000)
    surely = [moves(50, TAIL, "ready", "woken", error_ns=60_000), *log[len(start()) + 1 :]]
    assert names(claims.PerLine, [*start(), *surely]) == []


def test_a_pipe_that_is_full_already_or_whose_writer_was_told_to_end_breaks_no_claim() -> None:
    more = [at(1000, Step(WRITER, "burst")), *resumed(4000)]
    assert names(claims.BackPressure, [*start(), *freeze(10), *burst(20), *more]) == ["full ClaimHeld"]
    empty = [each for each in burst(20) if not isinstance(each.fact, TaskState)]
    closed = [at(21, SignalSent(TAIL, 15, 0)), moves(22, TAIL, "zombie", "exited"), *resumed(4000)]
    assert names(claims.BackPressure, [*start(), *freeze(10), *empty, *closed]) == []
    starved = [moves(21, TAIL, "ready", "woken", by=WRITER), *resumed(4000)]
    assert names(claims.BackPressure, [*start(), *freeze(10), *empty, *starved]) == []


def test_a_tail_that_asks_by_the_clock_has_time_to_fill_the_pipe() -> None:
    asked = [each for each in burst(20) if not isinstance(each.fact, TaskState)]
    log = [*polling(), *freeze(10), *asked, *resumed(1900)]
    assert names(claims.BackPressure, log) == []


def test_what_was_stopped_in_one_pipeline_says_nothing_of_the_next() -> None:
    born = [TaskBorn(10 + n, n, n, 0, role, "process", "exec", 2, role) for n, role in ((2, "tail"), (3, "grep"))]
    other = [at(10, TrialEnded(1)), at(11, TrialStarted(2, SETTING)), *(at(11, each) for each in born)]
    strange = [at(20, Output(13, "terminal", OUT)), at(30, TaskDied(13, code=0)), at(31, TrialEnded(2))]
    assert names(claims.EveryLine, [*start(), *freeze(5), *resumed(6), *other, *strange]) == []
    bursts = [*freeze(5), at(6, Step(WRITER, "burst")), *other, moves(4000, 13, "running", "dispatched")]
    assert names(claims.BackPressure, [*start(), *bursts]) == []


@pytest.mark.parametrize("late", [False, True])
def test_lines_that_tail_was_not_let_pass_on_are_not_missed(late: bool) -> None:
    filled = [*freeze(10), *burst(20)]
    close = [at(100, SignalSent(TAIL, 15, 0)), moves(101, TAIL, "zombie", "exited")]
    added = [at(110, Output(WRITER, "log", OUT)), at(110, Step(WRITER, "append"))]
    end = [*resumed(200), at(300, TaskDied(GREP, code=0)), at(301, TrialEnded(1))]
    log = [*freeze(10), *close, *added, *end] if late else [*filled, *close, *end]
    assert names(claims.EveryLine, [*start(), *log]) == []


def test_a_tail_that_fell_back_to_the_clock_is_no_case_for_the_claim_about_one_that_is_told() -> None:
    told = moves(1, TAIL, "blocked", "waits", waits_for="poll")
    fallen = [*(each for each in start() if each != told), moves(3, TAIL, "blocked", "waits", waits_for="sleep")]
    log = [*fallen, *looks(1000), at(2100, QUIET), *line(2500)]
    assert names(claims.Idle, log) == []
    assert values(log)["idle_tail"] == 1


def test_a_sleeper_that_is_ended_has_not_woken_to_look() -> None:
    killed = [*looks(1500)[:2], moves(1501, TAIL, "zombie", "exited"), at(1501, TaskDied(TAIL, signal=9))]
    assert values([*polling(), *looks(1000), *killed])["asked"] == 1


def test_the_full_level_is_told_also_if_it_was_seen_before_tail_was() -> None:
    full, sleeps = at(100, PipeFilled(65536, 65536)), moves(101, TAIL, "blocked", "waits", waits_for="pipe_write")
    told = judge(measures.Figures, [*start(), *freeze(10), full, sleeps, moves(102, WRITER, "ready", "woken")])
    levels = [each.value for each in told if isinstance(each, ValueMeasured) and each.name == "full_bytes"]
    assert levels == [65536, 65536]  # the pipeline's and the run's, each once


def test_a_burst_is_what_its_lines_would_be_one_by_one_and_a_pipeline_that_is_over_keeps_no_lines() -> None:
    whole, single = Pipeline(1, buffered=False, inotify=True), Pipeline(1, buffered=False, inotify=True)
    whole.burst()
    single.take("".join(f"GET /{n // 100:03d}-{n % 100:02d} {404 if n % 10 == 0 else 200}\n" for n in range(1, 10_001)))
    assert (whole.matching, whole.newest) == (single.matching, single.newest)
    reading = claims.EveryLine(SETTING)
    for entry in [*start(), *burst(20), at(30, Output(GREP, "terminal", whole.matching)), at(40, TrialEnded(1))]:
        assert not any(isinstance(each, ClaimBroken) for each in reading.see(entry))
    assert (reading.pipelines[1].matching, reading.pipelines[1].printed) == ("", len(whole.matching))
