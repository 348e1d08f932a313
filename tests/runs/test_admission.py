"""Who may start, who waits where, and that every run ends in exactly one way and is kept."""

from __future__ import annotations

import asyncio
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

from server.events import RunEnded, RunStarted
from server.runs import durations
from server.runs.admission import Runs
from server.runs.queue import QueueFull
from server.runs.run import Run
from server.runs.spawner_client import NoSpawner, SpawnerClient
from server.settings import Settings
from server.supervisor import descendants
from tests.spawners import spawner

pytestmark = pytest.mark.real_processes

PACKAGE = "tests.lab"
Act = Callable[[Runs], Awaitable[None]]
ROOT = Path(__file__).resolve().parents[2]
CORES = len(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def lab() -> Iterator[SpawnerClient]:
    """One spawner for the tests of this module that do not harm it."""
    with spawner((PACKAGE,)) as client:
        yield client


def play(settings: Settings, act: Act, client: SpawnerClient | NoSpawner | None, loop: Any = asyncio.run) -> None:
    """One server's life around ``act``."""

    async def life() -> None:
        runs = Runs(settings, PACKAGE, client=client)
        await runs.start()
        try:
            await act(runs)
        finally:
            await runs.stop()

    loop(life())


def settings(data: Path, **given: Any) -> Settings:
    return replace(Settings(), data_dir=data, **given)


def gone(pid: int) -> None:
    """Waits until a process has ended."""
    fd = os.pidfd_open(pid)
    select.select([fd], [], [], 10)
    os.close(fd)


async def nothing() -> None:
    """What uvloop runs once, because libuv keeps a pipe for signals for as long as the process lives."""


uvloop.run(nothing())


async def until(run: Run, kind: str, **given: Any) -> Any:
    """The first fact of this kind, and with these fields, as soon as it is in the log."""
    woken = asyncio.Event()
    leave = run.log.subscribe(woken.set)
    try:
        while True:
            woken.clear()
            for entry in run.log.tail():
                if entry.fact.kind == kind and all(getattr(entry.fact, k) == v for k, v in given.items()):
                    return entry.fact
            await woken.wait()
    finally:
        leave()


def end(run: Run) -> RunEnded:
    ended = [entry.fact for entry in run.log.tail() if isinstance(entry.fact, RunEnded)]
    assert len(ended) == 1, "a run ends in exactly one way"
    assert run.log.tail()[-1].fact == ended[0]
    assert run.status == ended[0].reason
    return ended[0]


@pytest.mark.parametrize("loop", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_run_starts_ends_and_says_so(lab: SpawnerClient, tmp_path: Path, loop: Any) -> None:
    async def act(runs: Runs) -> None:
        run = runs.submit("calm", {"iterations": 1000}, "some-preset")
        assert (run.status, run.position) == ("running", None)
        await run.done.wait()
        said = run.to_json(with_key=True)
        assert end(run).reason == "finished"
        assert said["status"] == said["summary"]["reason"] == "finished"
        assert (said["preset"], said["params"], said["tier"]) == ("some-preset", {"iterations": 1000}, runs.tier)
        assert [fact["verdict"] for fact in said["proof"]] == ["proved", "proved"]
        assert said["summary"]["proof"] == {"verdict": "proved", "proved": 2, "owed": 2, "unread": 0, "lost": 0}
        assert said["claims"] == []
        assert re.fullmatch("[a-z0-9]{26}", said["id"])
        assert re.fullmatch("[a-z0-9]{26}", said["key"])
        assert "key" not in run.to_json()

    play(settings(tmp_path), act, lab, loop)


def test_a_run_is_kept_and_found_again_by_the_next_server(lab: SpawnerClient, tmp_path: Path) -> None:
    kept: list[Run] = []

    async def first(runs: Runs) -> None:
        kept.append(runs.submit("calm", {"iterations": 1000}))
        await kept[0].done.wait()

    async def second(runs: Runs) -> None:
        again = await runs.find(kept[0].id)
        assert again is not None
        assert again.log.encoded() == kept[0].log.encoded()
        assert (again.status, again.key, again.epoch) == ("finished", "", kept[0].epoch)
        assert again.to_json() == kept[0].to_json()
        assert await runs.find("0" * 26) is None
        assert await runs.find("../" + kept[0].id) is None

    play(settings(tmp_path), first, lab)
    play(settings(tmp_path), second, lab)


def test_runs_that_want_cores_wait_for_them_in_order(lab: SpawnerClient, tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        started = [runs.submit("calm", {"iterations": 100_000}) for _ in range(CORES + 3)]
        assert [run.position for run in started] == [None] * CORES + [1, 2, 3]
        assert runs.free_capacity["cores"] == 0
        await runs.stop_run(started[CORES + 1])
        assert started[CORES + 1].status == "stopped"
        assert started[CORES + 2].position == 2, "whoever stood behind it moves up"
        for run in started:
            await run.done.wait()
        first = [run.log.tail()[0].fact for run in started if run.status == "finished"]
        assert len(first) == CORES + 2
        assert all(len(fact.cpus) == 1 for fact in first)
        assert {fact.cpus[0] for fact in first[:CORES]} == os.sched_getaffinity(0), "each had a core of its own"

    play(settings(tmp_path), act, lab)


def test_idle_runs_need_no_core_but_are_bounded_and_a_full_queue_says_when_to_come_back(
    lab: SpawnerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # until a server has seen a run, it stretches its estimate by the machine's load, which is not the test's
    monkeypatch.setattr(durations, "load_per_core", lambda: 1.0)

    async def act(runs: Runs) -> None:
        idle = [runs.submit("echo", {}) for _ in range(5)]
        assert [run.status for run in idle] == ["running"] * 2 + ["queued"] * 3
        with pytest.raises(QueueFull) as busy:
            runs.submit("echo", {})
        assert 1 <= busy.value.retry_after_s <= 60
        assert runs.submit("calm", {"iterations": 1000}).status == "running", "another kind is free"
        await runs.stop_run(idle[0])
        await until(idle[2], "run.started")
        assert [run.position for run in idle[3:]] == [1, 2]

    play(settings(tmp_path, idle_runs=2, queue_length=3), act, lab)


def test_stopping_kills_everything_before_it_returns(lab: SpawnerClient, tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = runs.submit("daemon", {})
        await until(run, "step", label="daemon")
        below = descendants.list_descendants(lab.pid)
        await runs.stop_run(run)
        assert end(run).reason == "stopped"
        assert [pid for pid in below if os.path.exists(f"/proc/{pid}/exe")] == []
        await runs.stop_run(run)
        assert end(run).reason == "stopped"

    play(settings(tmp_path), act, lab)


def test_actions_go_to_a_running_run_and_nowhere_afterwards(lab: SpawnerClient, tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = runs.submit("echo", {})
        run.send_action("say", "hello")
        await until(run, "run.started")
        run.send_action("say", "hello")
        assert (await until(run, "action.taken")).text == "hello"
        run.send_action("enough")
        await run.done.wait()
        assert end(run).reason == "finished"
        run.send_action("say", "too late")

    play(settings(tmp_path), act, lab)


def test_a_killed_launcher_is_a_failed_run_with_an_end(lab: SpawnerClient, tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = runs.submit("daemon", {})
        await until(run, "step", label="daemon")
        (launcher,) = descendants.list_children(lab.pid)
        os.kill(launcher, signal.SIGKILL)
        await run.done.wait()
        assert (end(run).reason, end(run).message) == ("failed", "the launcher of the run was killed")
        assert run.log.last > 2

    play(settings(tmp_path), act, lab)


SERVER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from server.log.recording import RecordingWriter
from server.runs.admission import Runs
from server.settings import Settings

async def life():
    def seal(writer, sealed=RecordingWriter.seal):
        sealed(writer)
        print(run.id, flush=True)  # once entries of it are on the disk
    RecordingWriter.seal = seal
    runs = Runs(replace(Settings(), data_dir=Path(sys.argv[1]), seal_ms=20), "tests.lab")
    await runs.start()
    run = runs.submit("daemon", {})
    await run.done.wait()

asyncio.run(life())
"""


def test_a_run_of_a_killed_server_is_interrupted_and_plays_what_was_sealed(lab: SpawnerClient, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdout is not None
        said = server.stdout.readline().decode().strip()
        server.kill()

    async def act(runs: Runs) -> None:
        run = await runs.find(said)
        assert run is not None
        assert end(run).reason == "interrupted"
        assert (run.status, run.epoch, run.key) == ("interrupted", 2, "")
        assert isinstance(run.log.tail()[0].fact, RunStarted)

    play(settings(tmp_path), act, lab)


def test_a_server_that_stops_interrupts_its_runs_and_those_that_wait(lab: SpawnerClient, tmp_path: Path) -> None:
    runs_of: list[Run] = []

    async def act(runs: Runs) -> None:
        runs_of.extend(runs.submit("echo", {}) for _ in range(2))
        await until(runs_of[0], "run.started")

    play(settings(tmp_path, idle_runs=1), act, lab)
    assert [end(run).reason for run in runs_of] == ["interrupted", "interrupted"]


def test_a_spawner_that_died_is_replaced(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        os.kill(runs.client.pid, signal.SIGKILL)
        await asyncio.to_thread(gone, runs.client.pid)
        run = runs.submit("calm", {"iterations": 1000})
        await run.done.wait()
        assert end(run).reason == "finished"

    play(settings(tmp_path), act, None)


def test_where_nothing_can_be_kept_runs_go_on_live(lab: SpawnerClient, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()

    async def act(runs: Runs) -> None:
        run = runs.submit("calm", {"iterations": 1000})
        await run.done.wait()
        assert end(run).reason == "finished"
        assert await runs.find(run.id) is run

    play(settings(tmp_path), act, lab)


def test_where_nothing_can_run_a_run_fails_with_the_reason_and_recordings_are_still_found(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        assert runs.tier == "recording"
        run = runs.submit("calm", {})
        await run.done.wait()
        assert (end(run).reason, end(run).message) == ("failed", "runs need Linux, this is a toaster")
        assert await runs.find("0" * 26) is None

    play(settings(tmp_path), act, NoSpawner("runs need Linux, this is a toaster"))
