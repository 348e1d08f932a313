"""Rests, blocks and figures of lesson states on hand-made logs; test_states.py has its other claims and real runs."""

from __future__ import annotations

import pytest

from server.events import (
    ClaimHeld,
    Entry,
    Output,
    RunSteppedDown,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TaskState,
    TrialEnded,
    TrialStarted,
)
from tests.lessons import module_of

from .pipeline import SETTING
from .pipeline_log import (
    GREP,
    MANY,
    QUIET,
    TAIL,
    WRITER,
    at,
    collected,
    freeze,
    judge,
    line,
    looks,
    moves,
    names,
    ns,
    polling,
    start,
    values,
)  # fmt: skip

claims = module_of(__package__, "claims")
measures = module_of(__package__, "measures")


def test_two_seconds_asleep_without_a_switch_are_idle_from_the_moment_both_slept() -> None:
    log = [*start(), *line(2003)]
    assert judge(claims.Idle, log)[0] == ClaimHeld("idle", task=GREP, at_ns=ns(2))
    assert names(claims.Idle, [*start(), *line(1900)]) == []


def test_the_claim_about_two_seconds_settles_while_nothing_happens() -> None:
    assert judge(claims.Idle, [*start(), at(2002, QUIET)]) == [ClaimHeld("idle", task=GREP, at_ns=ns(2))]
    assert values([*start(), at(2002, QUIET)])["idle_ms"] == 2000


@pytest.mark.parametrize(("role", "reason"), [(TAIL, "poll"), (GREP, "pipe_read")])
def test_a_core_for_either_with_nothing_written_breaks_idle(role: int, reason: str) -> None:
    assert names(claims.Idle, [*start(), *looks(1500, role, reason)]) == ["idle ClaimBroken"]


def test_a_tail_that_asks_by_the_clock_is_no_case_for_the_claim_about_one_that_is_told() -> None:
    assert names(claims.Idle, [*polling(), *looks(1000), at(2100, QUIET), *line(2500)]) == []


def test_what_each_got_in_a_rest_is_counted_and_not_what_the_next_line_brought() -> None:
    found = values([*polling(), *looks(1000), *looks(2000), *line(2500)])
    assert (found["idle_ms"], found["idle_tail"], found["idle_grep"]) == (2498, 2, 0)
    found = values([*start(), *looks(700, GREP, "pipe_read"), *freeze(1002)])
    assert (found["idle_ms"], found["idle_tail"], found["idle_grep"]) == (1000, 0, 1)
    assert found["idle_grep@1"] == 1


def test_a_process_that_is_ended_gets_a_core_for_it_and_that_is_not_counted() -> None:
    last = looks(1002, GREP, "pipe_read")[:2]
    end = [moves(1003, GREP, "zombie", "exited"), at(1003, TaskDied(GREP, signal=9)), at(1010, TrialEnded(1))]
    found = values([*start(), *last, *end])
    assert (found["idle_ms"], found["idle_tail"], found["idle_grep"]) == (1000, 0, 0)


def test_no_rest_begins_before_the_newest_line_is_through() -> None:
    awake = [entry for entry in start() if entry.t_ns != ns(0.5)]  # the writer: what it does will wake the others
    assert names(claims.Idle, [*awake, *looks(5, reason="poll")]) == []
    late = [at(500, Output(WRITER, "log", "GET /x 404\n")), at(500, Step(WRITER, "append"))]
    unseen = [*polling(), *late, *looks(600, GREP, "pipe_read")]  # tail has not looked since
    assert values([*unseen, *freeze(2500)])["idle_ms"] == 498
    seen = [*polling(), *late, *looks(1000), *freeze(2500)]
    assert values(seen)["idle_ms"] == pytest.approx(2500 - 1000.2)


def test_a_derived_wake_up_that_may_lie_before_the_rest_belongs_to_what_came_before() -> None:
    late = [moves(2.02, GREP, "ready", "woken", error_ns=60_000), *looks(2.02, GREP, "pipe_read")[1:]]
    assert names(claims.Idle, [*start(), *late, at(2100, QUIET)]) == ["idle ClaimHeld"]


def test_a_sampler_that_may_have_missed_a_switch_proves_no_rest_and_no_order() -> None:
    log = [at(0, RunSteppedDown("sampled", "a test")), *start(), at(2002, QUIET), *line(2003, out="GET /x 404\n")]
    assert judge(claims.Idle, log) == judge(claims.WakesInOrder, log) == judge(measures.Wakes, log) == []
    found = values(log)
    assert found["idle_ms"] == 2001
    assert not {"idle_tail", "idle_grep"} & set(found)


def test_without_line_buffering_whole_blocks_come_out_and_the_rest_is_held_back() -> None:
    held = [ClaimHeld("in_blocks", task=GREP, at_ns=ns(60))]
    assert judge(claims.InBlocks, collected(MANY[:4096])) == []  # more may be on its way
    assert judge(claims.InBlocks, collected(MANY[:4096], held=304)) == held
    assert judge(claims.InBlocks, [*collected(MANY[:4096]), at(3000, QUIET)]) == held
    assert judge(claims.InBlocks, [*collected(MANY[:4096]), at(500, SignalSent(TAIL, 15, 0))]) == held
    plain = [e for e in collected(MANY[:4096], held=304) if not isinstance(e.fact, TrialStarted)]
    assert judge(claims.InBlocks, [*start(), *plain[4:]]) == []


@pytest.mark.parametrize("size", [11, 352, 4095, 4400])
def test_a_first_output_that_is_no_whole_block_breaks_it(size: int) -> None:
    assert names(claims.InBlocks, collected(MANY[:size])) == ["in_blocks ClaimBroken"]


def test_a_burst_printed_line_by_line_does_not_pass_for_blocks_even_if_its_first_read_is_one() -> None:
    burst = ("GET /000-10 404\n") * 1000  # as the first act: 4096 bytes are 256 of these lines
    first, rest = burst[:4096], burst[4096:]
    assert names(claims.InBlocks, collected(first, rest, text=burst)) == ["in_blocks ClaimBroken"]
    exact = burst[: 4096 * 3]
    assert names(claims.InBlocks, [*collected(exact, text=exact, held=0), at(3000, QUIET)]) == []


def test_what_comes_out_at_end_of_file_is_no_block_and_breaks_nothing() -> None:
    end = [at(55, SignalSent(TAIL, 15, 0))]
    log = sorted([*collected(MANY), *end], key=lambda entry: entry.t_ns)
    assert names(claims.InBlocks, log) == []
    ended = [at(55, TaskState(TAIL, "zombie", "exited"))]
    assert names(claims.InBlocks, sorted([*collected(MANY), *ended], key=lambda entry: entry.t_ns)) == []


def test_a_character_that_a_block_cuts_does_not_break_it() -> None:
    text = "终端 404\n" * 400
    first = text.encode()[:4096].decode("utf-8", "ignore")
    assert len(first.encode()) < 4096
    assert names(claims.InBlocks, collected(first, text=text, held=1)) == ["in_blocks ClaimHeld"]


def test_of_a_pipelines_sleeps_in_a_pipe_write_the_longest_is_told() -> None:
    def sleep(ms: float, took: float) -> list[Entry]:
        return [
            moves(ms, TAIL, "blocked", "waits", waits_for="pipe_write"),
            moves(ms + took, TAIL, "ready", "woken", by=GREP),
        ]

    found = values([*start(), *sleep(10, 5), *sleep(20, 250), *sleep(400, 1)])
    assert found["pipe_sleep_ms"] == found["pipe_sleep_ms@1"] == 250


def test_a_number_without_its_pipeline_is_the_newest_ones() -> None:
    def of(trial: int, text: str) -> list[Entry]:
        shift = 10 * trial
        roles = {1: "writer", 2: "tail", 3: "grep"}
        born = [TaskBorn(shift + n, n, n, 0, role, "process", "exec", trial, role) for n, role in roles.items()]
        started = TrialStarted(trial, {**SETTING, "buffered": True})
        return [at(trial, started), *(at(trial, each) for each in born), at(trial, Output(shift + 3, "terminal", text))]

    found = values([*of(1, MANY), *of(2, MANY[:4096])])
    assert (found["first_bytes@1"], found["first_bytes@2"], found["first_bytes"]) == (4400, 4096, 4096)
    assert found["first_lines"] == 372
