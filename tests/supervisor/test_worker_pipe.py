"""What running tasks state, on its way into the log: the told pipe, TaskContext, merging, and the facts pipe."""

from __future__ import annotations

import fcntl
import itertools
import os
import threading
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from server.events import CallStarted, Entry, LogLost, Output, RunEnded, SignalSent, Step
from server.stage.task_context import TaskContext
from server.supervisor import event_loop, fact_writer, worker_pipe
from server.supervisor.fact_merger import FactMerger
from server.supervisor.fact_writer import FactWriter

F_GETPIPE_SZ = 1032  # fcntl(2)


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A told pipe."""
    ends = worker_pipe.open_worker_pipe()
    yield ends
    for fd in ends:
        os.close(fd)


# The told pipe -------------------------------------------------------------------------------------------------------


def test_statements_arrive_whole_and_in_order(pipe: tuple[int, int]) -> None:
    for number in range(100):
        worker_pipe.write_message(pipe[1], 7, "fact", {"number": number}, t_ns=number)
    reader = worker_pipe.WorkerPipeReader(pipe[0])
    assert [said["fact"]["number"] for said in reader.read()] == list(range(100))
    assert reader.read() == []
    assert not reader.has_more


def test_a_statement_longer_than_a_pipe_writes_at_once_is_refused(pipe: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="4096"):
        worker_pipe.write_message(pipe[1], 7, "fact", "x" * 4096)
    assert worker_pipe.WorkerPipeReader(pipe[0]).read() == []


def test_what_is_no_statement_is_counted_and_passed_over(pipe: tuple[int, int]) -> None:
    for line in (b"\n", b"nonsense\n", b"[]\n", b'{"t": 1}\n', b'{"t": "1", "tid": 2}\n', b'{"t": 1, "tid": 2}\n'):
        os.write(pipe[1], line)
    reader = worker_pipe.WorkerPipeReader(pipe[0])
    assert reader.read() == [{"t": 1, "tid": 2}]
    assert reader.malformed_lines == 5


def test_half_a_line_waits_for_its_other_half(pipe: tuple[int, int]) -> None:
    reader = worker_pipe.WorkerPipeReader(pipe[0])
    os.write(pipe[1], b'{"t": 1, ')
    assert reader.read() == []
    os.write(pipe[1], b'"tid": 2}\n')
    assert reader.read() == [{"t": 1, "tid": 2}]


def test_a_flood_is_read_in_portions(pipe: tuple[int, int]) -> None:
    line = b'{"t": 1, "tid": 2, "fact": "' + b"x" * 900 + b'"}\n'
    for _ in range(200):
        os.write(pipe[1], line)
    reader, counts = worker_pipe.WorkerPipeReader(pipe[0]), []
    while not counts or reader.has_more:
        counts.append(len(reader.read()))
    assert sum(counts) == 200
    assert len(counts) == 2


# TaskContext ------


def say(pipe: tuple[int, int], *acts: Any) -> list[dict[str, Any]]:
    me = TaskContext(pipe[1])
    for act in acts:
        act(me)
    return [said["fact"] for said in worker_pipe.WorkerPipeReader(pipe[0]).read()]


def test_a_step_bears_the_line_within_its_function_and_the_functions_name(pipe: tuple[int, int]) -> None:
    def worker(me: TaskContext) -> None:
        me.step("first")
        me.step("second")

    said = say(pipe, worker)
    assert [(fact["label"], fact["line"], fact["code"]) for fact in said] == [
        ("first", 2, "worker"), ("second", 3, "worker"),
    ]  # fmt: skip


def test_an_io_window_brackets_its_call_and_names_an_exception(pipe: tuple[int, int]) -> None:
    def fails(me: TaskContext) -> None:
        with pytest.raises(BlockingIOError), me.io_call("recv"):
            raise BlockingIOError

    started, returned = say(pipe, fails)
    assert started["window"] is True
    assert returned["result"] == "BlockingIOError"
    assert started["call"] == returned["call"]


@pytest.mark.parametrize("text", ["a" * 5000, "汉" * 5000, "😀" * 5000, "\x00\n\x1b" * 2000])
def test_long_output_becomes_several_facts_and_loses_nothing(pipe: tuple[int, int], text: str) -> None:
    said = say(pipe, lambda me: me.output(text))
    assert "".join(fact["text"] for fact in said) == text
    assert len(said) > 1


def test_any_fact_can_be_told(pipe: tuple[int, int]) -> None:
    assert say(pipe, lambda me: me.emit_fact(SignalSent(me.task, 15))) == [
        {"kind": "signal.sent", "to": os.getpid(), "signal": 15}
    ]


# Merging -------------------------------------------------------------------------------------------------------------


def step(tid: int, label: str = "here") -> dict[str, Any]:
    return {"kind": "step", "task": tid, "label": label}


def test_told_facts_are_held_for_the_watermark_and_handed_on_in_the_order_of_their_stamps() -> None:
    merge = FactMerger(100, {51: 1}.get)
    merge.add(170, step(51, "later"))
    merge.add(150, step(51, "earlier"))
    assert merge.entries_before(150) == []
    assert merge.entries_before(160) == [Entry(50, "told", Step(1, "earlier"))]
    assert merge.entries_before(1 << 62) == [Entry(70, "told", Step(1, "later"))]


def test_kernel_ids_become_task_numbers_and_calls_get_dense_ones() -> None:
    merge = FactMerger(0, {51: 1, 52: 2}.get)
    for tid, key in ((51, [51, 1]), (52, [52, 1]), (51, [51, 2])):
        merge.add(tid, {"kind": "call.started", "task": tid, "call": key, "style": "recv"})
    merge.add(60, {"kind": "signal.sent", "to": 52, "signal": 9, "by": 0})
    assert [entry.fact for entry in merge.entries_before(100)] == [
        CallStarted(1, 1, "recv"), CallStarted(1, 2, "recv"), CallStarted(2, 3, "recv"), SignalSent(2, 9, 0),
    ]  # fmt: skip


def test_a_fact_of_a_task_that_is_not_known_yet_waits_for_its_birth() -> None:
    known: dict[int, int] = {}
    merge = FactMerger(0, known.get)
    merge.add(10, step(51))
    assert merge.entries_before(20) == []
    known[51] = 1
    assert merge.entries_before(30) == [Entry(10, "told", Step(1, "here"))]
    assert merge.lost == 0


def test_a_fact_of_nobody_is_lost_in_the_end_and_one_that_is_misspelt_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    merge = FactMerger(0, {51: 1}.get)
    merge.add(10, step(99))
    for _ in range(2):
        merge.add(10, {"kind": "step", "task": 51, "lable": "here"})
    assert merge.entries_before(20) == []
    assert merge.lost == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "lable" in said[0]
    assert merge.entries_before(1 << 62) == []
    assert merge.lost == 3


# The facts pipe ------------------------------------------------------------------------------------------------------


def test_entries_beyond_the_bounds_are_dropped_and_counted_and_last_words_are_still_said() -> None:
    read, write = os.pipe()
    facts = FactWriter(write, most=2, most_bytes=1 << 20)
    for number in range(5):
        facts.add(Entry(number, "told", Step(1, "here")))
    assert facts.limit_exceeded == "the run was ended at its bound of 2 facts"
    assert facts.dropped == 3
    facts.add(Entry(9, "derived", LogLost(3, "log")))
    facts.add(Entry(9, "told", RunEnded("failed")))
    facts.flush()
    os.close(write)
    with os.fdopen(read) as lines:
        assert [line.count("kind") for line in lines] == [1, 1, 1, 1]


def test_a_pipe_that_nobody_empties_never_holds_the_writer_up() -> None:
    read, write = os.pipe()
    facts = FactWriter(write, most=10_000, most_bytes=1 << 24)
    for number in range(3000):
        facts.add(Entry(number, "told", Output(1, "stdout", "x" * 50)))
    facts.flush()
    assert facts.pending
    os.close(read)
    facts.flush()
    assert facts.broken
    assert not facts.pending
    os.close(write)


def test_the_last_facts_wait_for_a_reader_that_reads_however_long_that_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 3)  # every look at the clock is 3 s later
    monkeypatch.setattr(fact_writer.time, "monotonic", lambda: next(clock))
    (read, write), (control, other) = os.pipe(), os.pipe()
    facts = FactWriter(write, most=10_000, most_bytes=1 << 24)
    for number in range(5000):
        facts.add(Entry(number, "told", Output(1, "stdout", "x" * 200)))
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.extend(iter(lambda: os.read(read, 4096), b"")))
    reader.start()
    facts.flush_all(control, 5.0)
    assert not facts.pending
    os.close(write)
    reader.join()
    assert b"".join(got).count(b"\n") == 5000
    for fd in (read, control, other):
        os.close(fd)


def test_the_last_facts_do_not_wait_for_a_reader_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0, 3)
    monkeypatch.setattr(fact_writer.time, "monotonic", lambda: next(clock))
    (read, write), (control, other) = os.pipe(), os.pipe()
    facts = FactWriter(write, most=10_000, most_bytes=1 << 24)
    for number in range(3000):
        facts.add(Entry(number, "told", Output(1, "stdout", "x" * 50)))
    facts.flush_all(control, 5.0)
    assert facts.pending
    for fd in (read, write, control, other):
        os.close(fd)


# One turn ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age_ns", [0, 10**12], ids=["fast", "steady"])
def test_a_turn_hands_on_what_is_seen_and_what_is_told_up_to_the_same_instant(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch, age_ns: int
) -> None:
    clock = iter(range(5 * 10**12, 6 * 10**12, 1_000_000))  # every look at the clock is a millisecond later
    monkeypatch.setattr(event_loop.time, "monotonic_ns", lambda: next(clock))
    session = Mock(origin_ns=next(clock) - age_ns, watermark_ns=20_000_000, task_of=lambda tid: tid)
    session.poll.return_value = session.name_announced_threads.return_value = []
    facts, control = Mock(), os.open(os.devnull, os.O_RDONLY)
    made = event_loop.LauncherLoop(
        control, facts, session, pipe[0], {"processes": 100, "facts": 1000, "bytes": 10**6}, 1e6
    )
    until = Mock(return_value=[])
    monkeypatch.setattr(made.merger, "entries_before", until)
    monkeypatch.setattr(made, "_raise_if_over", lambda _now: None)
    made.run_once()
    [now_ns, ahead_ns] = session.poll.call_args.args
    assert until.call_args.args == (now_ns - session.watermark_ns + ahead_ns,)
    assert (ahead_ns > 0) == (age_ns == 0)
    os.close(control)


def test_an_idle_run_takes_little_of_the_users_quota_of_pipes_and_one_without_any_left_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = worker_pipe.open_worker_pipe(idle=True)
    assert fcntl.fcntl(ends[1], F_GETPIPE_SZ) == worker_pipe.IDLE_BYTES

    def refuse(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as short:
        short.setattr(fcntl, "fcntl", refuse)
        with pytest.raises(worker_pipe.PipeQuotaExceeded, match="pipe-user-pages-soft"):
            worker_pipe.open_worker_pipe(patient=True)
        more = worker_pipe.open_worker_pipe()  # small, and better than none
    for end in (*ends, *more):
        os.close(end)


def test_facts_are_handed_on_in_frames_but_at_once_where_somebody_waits_for_them(pipe: tuple[int, int]) -> None:
    session = Mock(origin_ns=10**13, watermark_ns=20_000_000)
    facts, control = Mock(blocked=False), os.open(os.devnull, os.O_RDONLY)
    loop = event_loop.LauncherLoop(control, facts, session, pipe[0], {"processes": 100}, 1e6)

    def handed_on(at_ms: int) -> bool:
        facts.flush.reset_mock()
        loop._hand_on(10**13 + at_ms * 1_000_000)
        return bool(facts.flush.called)

    assert [handed_on(at_ms) for at_ms in (0, 2, 4)] == [True] * 3, "the first facts"
    assert [handed_on(at_ms) for at_ms in (60, 70, 80, 90, 100)] == [True, False, False, True, False]
    facts.blocked = True
    assert handed_on(101), "the pipe has room again"
    facts.blocked = False
    loop._acted_ns = 10**13 + 102_000_000
    assert [handed_on(at_ms) for at_ms in (110, 120, 130)] == [True] * 3, "a reader has acted"
    os.close(control)
