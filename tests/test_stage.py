"""The parts of the stage by themselves, and what a spawned task can do, seen in the log of a real run."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.events import CallStarted, Entry, LogLost, Output, RunEnded, SignalSent, Step
from server.log import EventLog
from server.runs import run_once
from server.spawner import Client
from server.stage import descendants, guest, machine, told
from server.stage.facts import Facts
from server.stage.me import Me
from server.stage.merge import Merge
from tests.lessons import calm

PACKAGE = "tests.lessons"


@pytest.fixture(scope="module")
def lab() -> Iterator[Client]:
    """One spawner for the tests of this module."""
    client = Client.start((PACKAGE,))
    yield client
    client.close()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A told pipe."""
    ends = told.open_pipe()
    yield ends
    for fd in ends:
        os.close(fd)


def kinds(log: EventLog, kind: str) -> list[Any]:
    return [entry.fact for entry in log.tail() if entry.fact.kind == kind]


# The told pipe -------------------------------------------------------------------------------------------------------


def test_statements_arrive_whole_and_in_order(pipe: tuple[int, int]) -> None:
    for number in range(100):
        told.write(pipe[1], 7, "fact", {"number": number}, t_ns=number)
    reader = told.Reader(pipe[0])
    assert [said["fact"]["number"] for said in reader.read()] == list(range(100))
    assert reader.read() == []
    assert not reader.more


def test_a_statement_longer_than_a_pipe_writes_at_once_is_refused(pipe: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="4096"):
        told.write(pipe[1], 7, "fact", "x" * 4096)
    assert told.Reader(pipe[0]).read() == []


def test_what_is_no_statement_is_counted_and_passed_over(pipe: tuple[int, int]) -> None:
    for line in (b"\n", b"nonsense\n", b"[]\n", b'{"t": 1}\n', b'{"t": "1", "tid": 2}\n', b'{"t": 1, "tid": 2}\n'):
        os.write(pipe[1], line)
    reader = told.Reader(pipe[0])
    assert reader.read() == [{"t": 1, "tid": 2}]
    assert reader.bad == 5


def test_half_a_line_waits_for_its_other_half(pipe: tuple[int, int]) -> None:
    reader = told.Reader(pipe[0])
    os.write(pipe[1], b'{"t": 1, ')
    assert reader.read() == []
    os.write(pipe[1], b'"tid": 2}\n')
    assert reader.read() == [{"t": 1, "tid": 2}]


def test_a_flood_is_read_in_portions(pipe: tuple[int, int]) -> None:
    line = b'{"t": 1, "tid": 2, "fact": "' + b"x" * 900 + b'"}\n'
    for _ in range(200):
        os.write(pipe[1], line)
    reader, counts = told.Reader(pipe[0]), []
    while not counts or reader.more:
        counts.append(len(reader.read()))
    assert sum(counts) == 200
    assert len(counts) == 2


# Me ------------------------------------------------------------------------------------------------------------------


def say(pipe: tuple[int, int], *acts: Any) -> list[dict[str, Any]]:
    me = Me(pipe[1])
    for act in acts:
        act(me)
    return [said["fact"] for said in told.Reader(pipe[0]).read()]


def test_a_step_bears_the_line_within_its_function_and_the_functions_name(pipe: tuple[int, int]) -> None:
    def worker(me: Me) -> None:
        me.step("first")
        me.step("second")

    said = say(pipe, worker)
    assert [(fact["label"], fact["line"], fact["code"]) for fact in said] == [
        ("first", 2, "worker"), ("second", 3, "worker"),
    ]  # fmt: skip


def test_an_io_window_brackets_its_call_and_names_an_exception(pipe: tuple[int, int]) -> None:
    def fails(me: Me) -> None:
        with pytest.raises(BlockingIOError), me.io("recv"):
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
    assert say(pipe, lambda me: me.tell(SignalSent(me.task, 15))) == [
        {"kind": "signal.sent", "to": os.getpid(), "signal": 15}
    ]


# Merging -------------------------------------------------------------------------------------------------------------


def step(tid: int, label: str = "here") -> dict[str, Any]:
    return {"kind": "step", "task": tid, "label": label}


def test_told_facts_are_held_for_the_watermark_and_handed_on_in_the_order_of_their_stamps() -> None:
    merge = Merge(100, {51: 1}.get)
    merge.add(170, step(51, "later"))
    merge.add(150, step(51, "earlier"))
    assert merge.until(150) == []
    assert merge.until(160) == [Entry(50, "told", Step(1, "earlier"))]
    assert merge.until(1 << 62) == [Entry(70, "told", Step(1, "later"))]


def test_kernel_ids_become_task_numbers_and_calls_get_dense_ones() -> None:
    merge = Merge(0, {51: 1, 52: 2}.get)
    for tid, key in ((51, [51, 1]), (52, [52, 1]), (51, [51, 2])):
        merge.add(tid, {"kind": "call.started", "task": tid, "call": key, "style": "recv"})
    merge.add(60, {"kind": "signal.sent", "to": 52, "signal": 9, "by": 0})
    assert [entry.fact for entry in merge.until(100)] == [
        CallStarted(1, 1, "recv"), CallStarted(1, 2, "recv"), CallStarted(2, 3, "recv"), SignalSent(2, 9, 0),
    ]  # fmt: skip


def test_a_fact_of_a_task_that_is_not_known_yet_waits_for_its_birth() -> None:
    known: dict[int, int] = {}
    merge = Merge(0, known.get)
    merge.add(10, step(51))
    assert merge.until(20) == []
    known[51] = 1
    assert merge.until(30) == [Entry(10, "told", Step(1, "here"))]
    assert merge.lost == 0


def test_a_fact_of_nobody_and_a_fact_without_sense_are_counted_as_lost() -> None:
    merge = Merge(0, {51: 1}.get)
    merge.add(10, step(99))
    merge.add(10, {"kind": "no.such", "task": 51})
    assert merge.until(1 << 62) == []
    assert merge.lost == 2


# The facts pipe ------------------------------------------------------------------------------------------------------


def test_entries_beyond_the_bounds_are_dropped_and_counted_and_last_words_are_still_said() -> None:
    read, write = os.pipe()
    facts = Facts(write, most=2, most_bytes=1 << 20)
    for number in range(5):
        facts.say(Entry(number, "told", Step(1, "here")))
    assert facts.full == "the run was ended at its bound of 2 facts"
    assert facts.dropped == 3
    facts.say(Entry(9, "derived", LogLost(3, "log")))
    facts.say(Entry(9, "told", RunEnded("failed")))
    facts.write()
    os.close(write)
    with os.fdopen(read) as lines:
        assert [line.count("kind") for line in lines] == [1, 1, 1, 1]


def test_a_pipe_that_nobody_empties_never_holds_the_writer_up() -> None:
    read, write = os.pipe()
    facts = Facts(write, most=10_000, most_bytes=1 << 24)
    for number in range(3000):
        facts.say(Entry(number, "told", Output(1, "stdout", "x" * 50)))
    facts.write()
    assert facts.pending
    os.close(read)
    facts.write()
    assert facts.broken
    assert not facts.pending
    os.close(write)


# Descendants ---------------------------------------------------------------------------------------------------------


def test_everything_below_a_process_is_found_and_killed_with_its_whole_group() -> None:
    tree = "sleep 1000 & setsid sleep 1000 & echo started; wait"
    with subprocess.Popen(["sh", "-c", tree], stdout=subprocess.PIPE, start_new_session=True) as top:
        assert top.stdout is not None
        top.stdout.readline()
        below = descendants.descendants(top.pid)
        waits = [os.pidfd_open(pid) for pid in below]
        assert len(below) == 2
        descendants.kill([*below, top.pid])
        for fd in waits:
            assert select.select([fd], [], [], 10)[0]
            os.close(fd)
    assert descendants.descendants(top.pid) == []


def test_children_are_found_by_their_parent_field_too() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        assert child.pid in descendants._children_by_stat(os.getpid())
        assert child.pid in descendants.children(os.getpid())
        child.kill()


# Other interpreters --------------------------------------------------------------------------------------------------


def test_a_guest_finds_a_function_by_file_and_name() -> None:
    found = guest.find(*guest.where(calm.burn))
    assert found.__code__.co_code == calm.burn.__code__.co_code
    del sys.modules["experiment"]
    with pytest.raises(ValueError, match="module level"):
        guest.where(lambda me: None)


def test_a_python_is_asked_for_by_version_or_by_what_it_can() -> None:
    old = machine.Interpreter("/old", "3.11.2", False, False)
    new = machine.Interpreter("/new", "3.13.0", False, True)
    free = machine.Interpreter("/free", "3.14.1", True, True)
    here = machine.Machine((old, new, free), ("free-threaded", "subinterpreters"))
    assert here.python("3.11") == here.python("3.11.2") == "/old"
    assert here.python("3.13") == here.python("subinterpreters") == "/new"
    assert here.python("3.14t") == here.python("free-threaded") == "/free"
    assert here.python("3.14") is None
    assert here.has("free-threaded")
    assert not here.has("slice")


def test_a_python_that_does_not_run_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'no version is set' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [each.path for each in machine.look().interpreters] == [sys.executable]


def test_another_python_runs_the_same_function_and_proves_itself(lab: Client) -> None:
    mine = f"3.{sys.version_info.minor}"
    log = run_once("guest", {"python": mine, "inner": False}, package=PACKAGE, client=lab)
    assert kinds(log, "run.ended")[0].reason == "finished"
    assert [(each.label, each.code) for each in kinds(log, "step")] == [("compute", "work")]
    assert [(each.verdict, each.how) for each in kinds(log, "proof.checked")] == [("proved", "self")]
    assert kinds(log, "task.born")[0].how == "exec"


def test_sub_interpreters_are_threads_that_prove_themselves_or_the_run_says_there_are_none(lab: Client) -> None:
    log = run_once("guest", {"python": "subinterpreters", "inner": True}, package=PACKAGE, client=lab)
    ended = kinds(log, "run.ended")[0]
    if not lab.machine.has("subinterpreters"):
        assert ended.message == "this machine has no Python for this: subinterpreters"
        return
    assert ended.reason == "finished"
    assert {each.verdict for each in kinds(log, "proof.checked")} == {"proved"}
    born = {each.name: each.how for each in kinds(log, "task.born")}
    assert {"i1": "interpreter", "i2": "interpreter"}.items() <= born.items()
    assert len(kinds(log, "step")) == 2


# Tasks ---------------------------------------------------------------------------------------------------------------


def test_registered_threads_have_names_roles_and_proofs_of_their_own(lab: Client) -> None:
    log = run_once("threads", {}, package=PACKAGE, client=lab)
    assert [(each.name, each.type, each.role) for each in kinds(log, "task.born")] == [
        ("team", "process", "main"), ("t1", "thread", "worker"), ("t2", "thread", "worker"),
    ]  # fmt: skip
    assert [each.how for each in kinds(log, "proof.checked")] == ["self"] * 3
    calls = kinds(log, "call.started")
    assert sorted(each.call for each in calls) == [1, 2]
    assert all(each.window for each in calls)


def test_programs_are_read_as_zombies_and_one_can_be_held_and_reaped(lab: Client) -> None:
    log = run_once("program", {}, package=PACKAGE, client=lab)
    assert kinds(log, "run.ended")[0].reason == "finished"
    assert [(each.stream, each.text) for each in kinds(log, "output")] == [
        ("stderr", "/no/such/program: No such file or directory\n"), ("stdout", "hello\n"),
    ]  # fmt: skip
    assert [(each.verdict, each.how) for each in kinds(log, "proof.checked")] == [("proved", "zombie")] * 2
    order = [(entry.fact.kind, entry.fact.task) for entry in log.tail() if entry.fact.kind in ("output", "task.reaped")]
    assert order[-2:] == [("output", 1), ("task.reaped", 2)]
