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

from server.log.event_log import EventLog
from server.runs.once import run_once
from server.runs.spawner_client import SpawnerClient
from server.stage import function_locator, machine
from server.supervisor import descendants
from tests.lab import calm
from tests.spawners import spawner

pytestmark = pytest.mark.real_processes

PACKAGE = "tests.lab"


@pytest.fixture(scope="module")
def lab() -> Iterator[SpawnerClient]:
    """One spawner for the tests of this module."""
    with spawner((PACKAGE,)) as client:
        yield client


def kinds(log: EventLog, kind: str) -> list[Any]:
    return [entry.fact for entry in log.tail() if entry.fact.kind == kind]


# Descendants ---------------------------------------------------------------------------------------------------------


def test_everything_below_a_process_is_found_and_killed_with_its_whole_group() -> None:
    tree = "sleep 1000 & setsid sleep 1000 & echo started; wait"
    with subprocess.Popen(["sh", "-c", tree], stdout=subprocess.PIPE, start_new_session=True) as top:
        assert top.stdout is not None
        top.stdout.readline()
        below = descendants.list_descendants(top.pid)
        waits = [os.pidfd_open(pid) for pid in below]
        assert len(below) == 2
        descendants.kill_processes([*below, top.pid])
        for fd in waits:
            assert select.select([fd], [], [], 10)[0]
            os.close(fd)
    assert descendants.list_descendants(top.pid) == []


def test_children_are_found_by_their_parent_field_too() -> None:
    with subprocess.Popen(["sleep", "1000"]) as child:
        assert child.pid in descendants._children_by_stat(os.getpid())
        assert child.pid in descendants.list_children(os.getpid())
        child.kill()


# Other interpreters --------------------------------------------------------------------------------------------------


def test_a_guest_finds_a_function_by_file_and_name() -> None:
    found = function_locator.load_function(*function_locator.locate_function(calm.burn))
    assert found.__code__.co_code == calm.burn.__code__.co_code
    del sys.modules["experiment"]
    with pytest.raises(ValueError, match="module level"):
        function_locator.locate_function(lambda me: None)


def test_a_python_is_asked_for_by_version_or_by_what_it_can() -> None:
    old = machine.Interpreter("/old", "3.11.2", False, False)
    new = machine.Interpreter("/new", "3.13.0", False, True)
    free = machine.Interpreter("/free", "3.14.1", True, True)
    here = machine.Machine((old, new, free), ("free-threaded", "subinterpreters"))
    assert here.interpreter_path("3.11") == here.interpreter_path("3.11.2") == "/old"
    assert here.interpreter_path("3.13") == here.interpreter_path("subinterpreters") == "/new"
    assert here.interpreter_path("3.14t") == here.interpreter_path("free-threaded") == "/free"
    assert here.interpreter_path("3.14") is None
    assert here.has("free-threaded")
    assert not here.has("slice")


def test_a_python_that_does_not_run_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho 'no version is set' >&2\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [each.path for each in machine.probe_machine().interpreters] == [sys.executable]


def test_another_python_runs_the_same_function_and_proves_itself(lab: SpawnerClient) -> None:
    mine = f"3.{sys.version_info.minor}"
    log = run_once("guest", {"python": mine, "inner": False}, package=PACKAGE, client=lab)
    assert kinds(log, "run.ended")[0].reason == "finished"
    assert [(each.label, each.code) for each in kinds(log, "step")] == [("compute", "work")]
    assert [(each.verdict, each.how) for each in kinds(log, "proof.checked")] == [("proved", "self")]
    assert kinds(log, "task.born")[0].how == "exec"


def test_sub_interpreters_are_threads_that_prove_themselves_or_the_run_says_there_are_none(lab: SpawnerClient) -> None:
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


def test_registered_threads_have_names_roles_and_proofs_of_their_own(lab: SpawnerClient) -> None:
    log = run_once("threads", {}, package=PACKAGE, client=lab)
    assert [(each.name, each.type, each.role) for each in kinds(log, "task.born")] == [
        ("team", "process", "main"), ("t1", "thread", "worker"), ("t2", "thread", "worker"),
    ]  # fmt: skip
    assert [each.how for each in kinds(log, "proof.checked")] == ["self"] * 3
    calls = kinds(log, "call.started")
    assert sorted(each.call for each in calls) == [1, 2]
    assert all(each.window for each in calls)


def test_programs_are_read_as_zombies_and_one_can_be_held_and_reaped(lab: SpawnerClient) -> None:
    log = run_once("program", {}, package=PACKAGE, client=lab)
    assert kinds(log, "run.ended")[0].reason == "finished"
    assert [(each.stream, each.text) for each in kinds(log, "output")] == [
        ("stderr", "/no/such/program: No such file or directory\n"), ("stdout", "hello\n"),
    ]  # fmt: skip
    assert [(each.verdict, each.how) for each in kinds(log, "proof.checked")] == [("proved", "zombie")] * 2
    # wait() returns at a death: echo is collected soon after, the held one not before reap() asks for it.
    at_ns = {(entry.fact.kind, entry.fact.task): entry.t_ns for entry in log.tail() if hasattr(entry.fact, "task")}
    assert ("task.reaped", 1) in at_ns
    assert at_ns["output", 1] < at_ns["task.reaped", 2]
