"""What a run's tasks may not do, read in the tasks themselves; how many there can be, counted from the log."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import bomb
from server.cli import hardening
from server.events import to_dict
from server.log.event_log import EventLog
from server.runs.once import run_once
from server.runs.spawner_client import SpawnerClient
from server.settings import Settings
from server.supervisor import process_limit
from tests.spawners import spawner

pytestmark = pytest.mark.real_processes

PACKAGE = "tests.lab"
#: As root also a user without another process: RLIMIT_NPROC counts all of a user's, and one that ends leaves a place.
UIDS = (-1, bomb.dedicated_uid()) if os.geteuid() == 0 else (-1,)


@pytest.fixture(scope="module", params=UIDS, ids=("own", "another")[: len(UIDS)])
def lab(request: pytest.FixtureRequest) -> Iterator[tuple[SpawnerClient, Settings]]:
    """A spawner for runs of the server's own user, and as root one for runs of another."""
    with spawner((PACKAGE,), uid=request.param) as client:
        yield client, replace(Settings(), uid=request.param)


def said(log: EventLog) -> list[dict[str, str]]:
    """What each of the two processes said of itself."""
    texts = {}
    for entry in log.tail():
        if entry.fact.kind == "output":
            texts[entry.fact.task] = texts.get(entry.fact.task, "") + entry.fact.text
    return [
        {line.partition(":")[0]: line.partition(":")[2].strip() for line in text.splitlines()}
        for text in texts.values()
    ]  # fmt: skip


def test_neither_a_task_nor_a_program_has_or_gains_a_privilege_or_sees_a_network(
    lab: tuple[SpawnerClient, Settings],
) -> None:
    client, settings = lab
    log = run_once("confined", {}, package=PACKAGE, client=client, settings=settings)
    task, program = said(log)
    for each in (task, program):
        assert each["NoNewPrivs"] == "1"
        assert int(each["CapPrm"], 16) == int(each["CapEff"], 16) == int(each["CapAmb"], 16) == 0
        assert set(each["Uid"].split()) == {str(settings.uid if settings.uid >= 0 else os.geteuid())}
    assert task["Loopback"] == "up"
    assert task["Core"] == "(1, 1)"
    if os.geteuid() == 0:
        assert int(task["CapBnd"], 16) == int(program["CapBnd"], 16) == 0
        assert task["Interfaces"] == "lo"


def test_a_bomb_never_has_more_processes_than_the_way_it_is_bounded_allows(lab: tuple[SpawnerClient, Settings]) -> None:
    client, settings = lab
    log = run_once("fork-bomb", {}, package=PACKAGE, client=client, settings=settings)
    most, ended_ms = bomb.judge([to_dict(entry) for entry in log.tail()])
    assert ended_ms is not None, "the end of a process was not heard"
    assert most <= (33 if os.geteuid() == 0 else 64)


def test_groups_are_gone_with_their_spawner() -> None:
    with spawner((PACKAGE,)) as client:
        left = [base for base in process_limit._bases() if list(base.glob(f"timeslice-{client.pid}-*"))]
    assert len(left) <= 1
    assert not [group for base in left for group in base.glob(f"timeslice-{client.pid}-*")]


def test_the_limit_of_a_user_counts_what_the_user_has() -> None:
    assert process_limit.count_user_tasks(os.geteuid()) >= 1
    assert process_limit.count_user_tasks(4_000_000_000) == 0


def test_doctor_has_a_line_for_each_part_and_leaves_no_group() -> None:
    if len(os.listdir("/proc/self/task")) > 1:
        pytest.skip("the trial forks: another test has left threads in this process")
    found = hardening.findings(UIDS[-1])
    assert [each.part for each in found] == ["reasons", "privileges", "network", "processes"]
    assert found[0].state == "read"
    assert not list(Path("/sys/fs/cgroup").glob(f"pids/timeslice-{os.getpid()}-*"))


def test_a_run_never_leaves_a_group_that_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert process_limit._unlimited(tmp_path)
    (tmp_path / "memory.max").write_text("268435456\n")
    assert not process_limit._unlimited(tmp_path)
