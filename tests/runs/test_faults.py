"""The spawner is killed or stopped, descriptors are used up: every run ends in one way, and its place comes back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from server.runs.admission import Runs
from server.runs.run import Run
from server.runs.spawner_client import SpawnerClient
from server.supervisor import descendants
from tests.runs.test_admission import CORES, end, lab, play, settings, until

pytestmark = pytest.mark.real_processes

__all__ = ["lab"]


def test_a_spawner_killed_while_a_launcher_hangs_leaves_no_run_and_no_place_behind(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = runs.submit("daemon", {})
        await until(run, "step", label="daemon")
        (launcher,) = [pid for pid in descendants.list_children(runs.client.pid) if "ts-launcher" in comm(pid)]
        os.kill(launcher, signal.SIGSTOP)
        os.kill(runs.client.pid, signal.SIGKILL)
        await runs.stop_run(run)
        assert end(run).reason in ("stopped", "interrupted")
        again = runs.submit("calm", {"iterations": 1000})
        await again.done.wait()
        assert end(again).reason == "finished", "with a spawner of its own"
        assert runs.free_capacity["cores"] == CORES

    play(settings(tmp_path), act, None)


def test_a_server_whose_spawner_is_stopped_stops(tmp_path: Path) -> None:
    runs_of: list[Run] = []

    async def act(runs: Runs) -> None:
        runs_of.append(runs.submit("daemon", {}))
        await until(runs_of[0], "step", label="daemon")
        os.kill(runs.client.pid, signal.SIGSTOP)

    play(settings(tmp_path), act, None)
    assert end(runs_of[0]).reason == "interrupted"


def comm(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text()


def test_without_descriptors_a_run_waits_and_starts_when_there_are_some(
    lab: SpawnerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise OSError(24, "Too many open files")

    async def act(runs: Runs) -> None:
        with monkeypatch.context() as short:
            short.setattr("server.runs.admission.Pipes", none)
            run = runs.submit("calm", {"iterations": 1000})
            assert (run.status, run.position) == ("queued", 1)
            assert run.queue_position is not None
            assert run.queue_position.reason == "files"
        await run.done.wait()
        assert end(run).reason == "finished"

    play(settings(tmp_path), act, lab)
