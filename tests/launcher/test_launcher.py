"""A run from outside: it ends in one way, says how, proves its tasks, and leaves nothing, whatever its workers do."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from server.events import Entry, RunEnded, RunStarted
from server.log.event_log import EventLog
from server.runs.once import run_once
from server.runs.spawner_client import SpawnerClient
from server.settings import Bounds, Settings
from server.supervisor import descendants
from tests.spawners import spawner

pytestmark = pytest.mark.real_processes

PACKAGE = "tests.lab"


@pytest.fixture(scope="module")
def lab() -> Iterator[SpawnerClient]:
    """One spawner for the tests of this module."""
    with spawner((PACKAGE,)) as client:
        yield client


def run(
    lab: SpawnerClient, lesson: str, tier: Any = "exact+wake", settings: Settings | None = None, **params: Any
) -> EventLog:
    log = run_once(lesson, params, package=PACKAGE, client=lab, tier=tier, settings=settings)
    nothing_is_left(lab)
    return log


def nothing_is_left(lab: SpawnerClient) -> None:
    """Waits for what is leaving (a launcher between its last word and its exit), then looks."""
    for pid in descendants.list_descendants(lab.pid):
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([fd], [], [], 10)[0], f"process {pid} stays"
        os.close(fd)


def facts(log: EventLog, kind: str) -> list[Any]:
    return [entry.fact for entry in log.tail() if entry.fact.kind == kind]


def end(log: EventLog) -> RunEnded:
    last = log.tail()[-1].fact
    assert isinstance(last, RunEnded)
    return last


def times(entries: list[Entry]) -> list[int]:
    return [entry.t_ns for entry in entries]


def test_a_run_says_first_what_it_is_and_last_how_it_ended(lab: SpawnerClient) -> None:
    log = run(lab, "calm")
    first = log.tail()[0].fact
    assert isinstance(first, RunStarted)
    assert (first.lesson, first.tier) == ("calm", lab.finding.tier)
    assert end(log).reason == "finished"
    assert end(log).summary["tasks"] == 2
    assert len(facts(log, "run.ended")) == 1


@pytest.mark.parametrize("tier", ["exact+wake", "exact"])
def test_the_records_of_every_task_add_up_to_the_kernels_counters(lab: SpawnerClient, tier: Any) -> None:
    for lesson in ("calm", "threads", "crash", "program"):
        log = run(lab, lesson, tier)
        checked = facts(log, "proof.checked")
        assert [each.verdict for each in checked] == ["proved"] * len(checked)
        assert [each.task for each in checked] == list(range(1, len(checked) + 1))
        assert end(log).summary["tasks_differ"] == 0
        proof = end(log).proof
        assert proof is not None
        assert proof["verdict"] == ("differs" if proof["lost"] else "proved")
        assert (proof["proved"], proof["owed"], proof["unread"]) == (len(checked), len(checked), 0)
        assert end(log).summary["proved"] is (proof["verdict"] == "proved")


def test_tasks_work_only_after_all_have_come_to_the_barrier(lab: SpawnerClient) -> None:
    log = run(lab, "calm")
    born = [entry.t_ns for entry in log.tail() if entry.fact.kind == "task.born"]
    steps = [entry for entry in log.tail() if entry.fact.kind == "step"]
    assert max(born) < min(times(steps))
    assert sorted((entry.fact.task, entry.fact.label) for entry in steps) == [
        (1, "compute"), (1, "done"), (2, "compute"), (2, "done"),
    ]  # fmt: skip
    assert {(entry.fact.line, entry.fact.code) for entry in steps} == {(2, "burn"), (5, "burn")}


def test_trials_are_numbered_and_hold_their_tasks(lab: SpawnerClient) -> None:
    log = run(lab, "calm", trials=3, iterations=1000)
    assert [each.trial for each in facts(log, "trial.started")] == [1, 2, 3]
    assert [each.trial for each in facts(log, "trial.ended")] == [1, 2, 3]
    assert [each.trial for each in facts(log, "task.born")] == [1, 1, 2, 2, 3, 3]


def test_each_death_is_told_with_its_code_or_its_signal_and_each_is_reaped(lab: SpawnerClient) -> None:
    log = run(lab, "crash")
    assert end(log).reason == "finished"
    assert {each.task: (each.code, each.signal) for each in facts(log, "task.died")} == {
        1: (1, None), 2: (7, None), 3: (None, 11),
    }  # fmt: skip
    assert {each.task for each in facts(log, "task.reaped")} == {1, 2, 3}
    assert "ZeroDivisionError" in "".join(each.text for each in facts(log, "output"))


def test_a_worker_that_raises_where_nobody_expects_it_fails_the_run(lab: SpawnerClient) -> None:
    log = run(lab, "crash", surprise=True)
    assert (end(log).reason, end(log).message) == ("failed", "divide raised ZeroDivisionError")


def test_an_experiment_that_raises_fails_without_telling_its_inside(lab: SpawnerClient) -> None:
    log = run(lab, "crash", **{"raise": True})
    assert (end(log).reason, end(log).message) == ("failed", "the experiment raised LookupError")


def test_workers_that_wait_stop_and_ignore_are_killed_at_the_deadline(lab: SpawnerClient) -> None:
    log = run(lab, "hang")
    assert (end(log).reason, end(log).message) == ("failed", "the run was ended at its bound of 1 s")
    assert end(log).summary["bound_s"] == 1
    assert sorted((each.task, each.signal) for each in facts(log, "task.died")) == [(1, 9), (2, 9), (3, 9)]
    assert any(each.state == "stopped" for each in facts(log, "task.state"))
    assert [(each.to, each.signal, each.by) for each in facts(log, "signal.sent")] == [(3, 15, 0)]


def test_a_run_whose_time_is_up_has_not_failed_however_long_it_takes_to_close(lab: SpawnerClient) -> None:
    """Its worker lives on beyond the wall bound, and is what it waits for: it is killed then, and the trial closed."""
    log = run(lab, "lingers")
    assert (end(log).reason, end(log).message) == ("finished", None)
    assert [each.signal for each in facts(log, "task.died")] == [9]
    assert len(facts(log, "trial.ended")) == 1
    assert "bound_s" not in end(log).summary


def test_an_experiment_that_never_waits_is_interrupted_too(lab: SpawnerClient) -> None:
    assert end(run(lab, "stubborn")).message == "the run was ended at its bound of 1 s"


def test_a_fork_bomb_is_contained_at_the_bound_of_processes(lab: SpawnerClient) -> None:
    log = run(lab, "fork-bomb")
    assert (end(log).reason, end(log).message) == ("failed", "the run was ended at its bound of 32 processes")
    assert len(facts(log, "task.reaped")) == len(facts(log, "task.born"))


def test_a_daemon_does_not_outlive_its_run(lab: SpawnerClient) -> None:
    log = run(lab, "daemon", seconds=0.2)
    assert end(log).reason == "finished"
    born = {each.task: each.parent for each in facts(log, "task.born")}
    assert born == {1: 0, 2: 1, 3: 2}
    assert (3, "daemon") in {(each.task, each.label) for each in facts(log, "step")}
    reaped = {entry.fact.task: entry.source for entry in log.tail() if entry.fact.kind == "task.reaped"}
    assert reaped == {1: "told", 2: "derived", 3: "told"}, "the daemon came to the sub-reaper"


def test_a_run_that_states_too_much_ends_with_a_sentence_and_counts_what_it_dropped(lab: SpawnerClient) -> None:
    log = run(lab, "chatty", settings=replace(Settings(), bounds=Bounds(facts=3000)))
    assert end(log).reason == "failed"
    assert "facts" in (end(log).message or "")
    assert [each.where for each in facts(log, "log.lost")] == ["log"]
    assert facts(log, "log.lost")[0].count > 0
    assert log.last <= 3000


def test_a_bound_that_a_setting_lifts_is_lifted_for_the_kernel_the_launcher_and_the_log() -> None:
    bounds = Bounds(processes=60, facts=300_000, log_bytes=64 * 2**20)
    log = run_once("crowd", {"tasks": 40, "naps": 2}, package=PACKAGE, settings=replace(Settings(), bounds=bounds))
    assert (end(log).reason, end(log).message) == ("finished", None)
    assert len(facts(log, "task.born")) == 40


def test_bytes_are_bounded_as_well(lab: SpawnerClient) -> None:
    log = run(lab, "chatty", settings=replace(Settings(), bounds=Bounds(log_bytes=100_000)))
    assert "bytes" in (end(log).message or "")
    assert log.size_bytes <= 100_000 + 2000


def test_actions_reach_the_experiment_and_are_facts(lab: SpawnerClient) -> None:
    said = [(0.05, "say", "one"), (0.1, "say", "two"), (0.15, "enough", None)]
    log = run_once("echo", {}, package=PACKAGE, client=lab, actions=said)
    nothing_is_left(lab)
    assert [(each.action, each.text) for each in facts(log, "action.taken")] == [
        ("say", "one"), ("say", "two"), ("enough", None),
    ]  # fmt: skip
    assert [each.text for each in facts(log, "output")] == ["one", "two", ""]
    assert end(log).reason == "finished"


def test_the_sampled_tier_needs_no_listening_and_never_calls_a_guess_a_proof(lab: SpawnerClient) -> None:
    log = run(lab, "calm", "sampled")
    first = log.tail()[0].fact
    assert isinstance(first, RunStarted)
    assert first.tier == "sampled"
    assert first.period_ns
    assert {each.verdict for each in facts(log, "proof.checked")} <= {"proved", "not_proved"}
    assert {each.task for each in facts(log, "task.measured")} == {1, 2}


def test_workers_can_be_another_user_and_are_still_heard_and_proved(lab: SpawnerClient) -> None:
    uid = 65534 if os.geteuid() == 0 else -1  # only root may become somebody else
    log = run(lab, "threads", settings=replace(Settings(), uid=uid))
    assert {each.verdict for each in facts(log, "proof.checked")} == {"proved"}
    assert "gil" in {each.waits_for for each in facts(log, "task.state")}
