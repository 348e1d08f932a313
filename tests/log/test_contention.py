"""When a core was not ours: on logs made by hand, and, equal to the page's twin, on every shipped recording."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from server.events import Cause, Entry, RunStarted, State, Step, TaskBorn, TaskState, Tier, TrialEnded, TrialStarted
from server.lesson.contention_measure import ContentionMeasure, is_too_busy
from server.log import recording
from server.log.contention import CpuDemand, ForeignCpuTime, cpu_demand, foreign_cpu_time
from server.log.timeline import read
from tests.everything import ROOT, node

MS = 1_000_000
RECORDINGS = sorted((ROOT / "server/lessons").glob("*/recordings/*.ndjson.gz"))
Move = tuple[float, int, State, int | None]  # ms, task, state, core


def run(moves: Iterable[Move], cores: int = 2, tier: Tier = "exact", tasks: int = 2) -> list[Entry]:
    """One trial on CPUs 0 and 1, of which its tasks get so many; they speak with the first move."""
    log = [Entry(0, "told", RunStarted("any", {}, tier, [0, 1], "6.18", "3.11", "", 0))]
    log.append(Entry(0, "told", TrialStarted(1, {"cores": cores})))
    log += [
        Entry(0, "seen", TaskBorn(n, 10 + n, 10 + n, 0, f"T{n}", "process", "fork", 1, "worker"))
        for n in range(1, tasks + 1)
    ]
    moves = list(moves)
    log += [Entry(at(moves[0][0]), "told", Step(1, "compute"))]
    log += [Entry(at(ms), "seen", TaskState(task, state, cause(state), cpu)) for ms, task, state, cpu in moves]
    return [*log, Entry(at(moves[-1][0]), "told", TrialEnded(1))]


def at(ms: float) -> int:
    return round(ms * MS)


def cause(state: State) -> Cause:
    causes: dict[State, Cause] = {"running": "dispatched", "ready": "preempted", "blocked": "waits", "zombie": "exited"}
    return causes[state]


def of(log: Iterable[Entry]) -> tuple[list[ForeignCpuTime], CpuDemand | None]:
    timeline = read(log)
    return foreign_cpu_time(timeline), cpu_demand(timeline, timeline.trials[1])


def test_a_ready_task_and_none_of_ours_on_its_core_means_that_others_have_it() -> None:
    found, share = of(run([(0, 1, "running", 0), (2, 1, "ready", 0), (5, 1, "running", 0), (6, 1, "zombie", None)], 1))
    assert found == [ForeignCpuTime(0, at(2), at(5))]
    assert share == CpuDemand(at(3), at(3))
    assert share.share == 0.5


def test_a_core_that_another_task_of_ours_has_is_ours() -> None:
    moves: list[Move] = [(0, 1, "running", 0), (0, 2, "ready", 0), (4, 1, "ready", 0), (4, 2, "running", 0)]
    found, share = of(run([*moves, (6, 2, "zombie", None), (6, 1, "running", 0), (8, 1, "zombie", None)], 1))
    assert found == []
    assert share == CpuDemand(0, at(8))


def test_what_is_shorter_than_the_floor_is_how_long_a_switch_takes() -> None:
    moves: list[Move] = [(0, 1, "running", 0), (1, 1, "ready", 0), (1.199, 1, "running", 0), (2, 1, "zombie", None)]
    assert of(run(moves, 1))[0] == []
    moves[2] = (1.2, 1, "running", 0)
    assert of(run(moves, 1))[0] == [ForeignCpuTime(0, at(1), at(1.2))]


def test_the_floor_is_of_the_core_however_many_of_ours_come_and_go_meanwhile() -> None:
    moves: list[Move] = [(0, 1, "running", 0), (0, 2, "blocked", None), (1, 1, "ready", 0), (1.15, 2, "ready", None)]
    found, _ = of(run([*moves, (1.3, 1, "running", 0), (1.3, 2, "blocked", None), (2, 1, "zombie", None)], 1))
    assert found == [ForeignCpuTime(0, at(1), at(1.3))]


def test_one_ready_task_wants_one_core_even_where_two_are_not_ours() -> None:
    found, share = of(run([(0, 1, "running", 0), (2, 1, "ready", 0), (5, 1, "running", 1), (6, 1, "zombie", None)]))
    assert found == [ForeignCpuTime(0, at(2), at(5)), ForeignCpuTime(1, at(2), at(5))]
    assert share == CpuDemand(at(3), at(3))


def test_nobody_wants_a_core_while_all_sleep() -> None:
    found, share = of(
        run([(0, 1, "running", 0), (2, 1, "blocked", None), (9, 1, "running", 0), (10, 1, "zombie", None)])
    )
    assert found == []
    assert share == CpuDemand(0, at(3))


def test_samples_claim_no_core_so_they_say_nothing() -> None:
    log = run([(0, 1, "running", None), (2, 1, "ready", None), (9, 1, "zombie", None)], tier="sampled")
    assert of(log) == ([], None)
    reading = ContentionMeasure({})
    assert [verdict for entry in log for verdict in reading.see(entry)] + list(reading.end()) == []


def test_every_trial_and_the_run_say_their_share() -> None:
    log = run([(0, 1, "running", 0), (2, 1, "ready", 0), (5, 1, "running", 0), (6, 1, "zombie", None)], 1)
    reading = ContentionMeasure({})
    said: list[Any] = [verdict for entry in log for verdict in reading.see(entry)] + list(reading.end())
    assert [(each.name, each.value, each.trial) for each in said] == [
        ("others_share", 50.0, 1),
        ("others_ms", 3.0, 1),
        ("others_share", 50.0, None),
        ("others_ms", 3.0, None),
        ("busy_trials", 0, None),
    ]


def test_a_machine_is_too_busy_if_others_had_most_of_it_and_that_was_much() -> None:
    assert is_too_busy(50.1, 20)
    assert not is_too_busy(50, 200)
    assert not is_too_busy(90, 19.9)


@pytest.fixture(scope="module")
def page() -> dict[str, list[list[int]]]:
    """What the page's modules find in all recordings, in Node.js."""
    command = [*node(), str(ROOT / "tests/js/engine/foreign_cpu_time.js"), *map(str, RECORDINGS)]
    found: dict[str, list[list[int]]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parts[-3]}/{path.name[:-10]}")
def test_the_page_finds_the_same_stretches_on_every_recording(path: Path, page: dict[str, list[list[int]]]) -> None:
    found = foreign_cpu_time(read(recording.read(path).entries))
    assert page[str(path)] == [list(each) for each in found]
