"""The spawner forks, answers, sweeps up after the dead, and takes everything with it when it ends."""

from __future__ import annotations

import asyncio
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import kills
from server.launcher.launcher import LaunchOrder
from server.runs.pipes import Pipes
from server.runs.spawner_client import LauncherProcess, SpawnerClient, SpawnerError
from server.settings import Bounds
from server.supervisor import descendants
from tests.spawners import spawner

pytestmark = pytest.mark.real_processes

PACKAGE = "tests.lab"
ROOT = Path(__file__).resolve().parents[2]
DAEMON = '"label":"daemon"'  # the daemon has said that it runs


@pytest.fixture
def client() -> Iterator[SpawnerClient]:
    """A spawner of the test's own."""
    with spawner((PACKAGE,)) as made:
        yield made


def launch(client: SpawnerClient, order: LaunchOrder) -> LauncherProcess:
    return asyncio.run(client.launch(order, Pipes()))


def order(lesson: str, **params: Any) -> LaunchOrder:
    return LaunchOrder(
        run="0" * 26, lesson=lesson, params=params, cpus=sorted(os.sched_getaffinity(0)), tier="exact+wake",
        bounds=asdict(Bounds()), package=PACKAGE,
    )  # fmt: skip


def read(launched: LauncherProcess, until: str | None = None) -> list[dict[str, Any]]:
    """Facts up to one that contains ``until``, or up to the end."""
    found: list[dict[str, Any]] = []
    with open(launched.facts_fd, closefd=False) as lines:
        for line in lines:
            found.append(json.loads(line)["fact"])
            if until is not None and until in line:
                break
    return found


def launch_daemon(client: SpawnerClient) -> tuple[LauncherProcess, list[int]]:
    """A run whose worker has made a daemon, and the pids of its launcher and of all below."""
    launched = launch(client, order("daemon"))
    read(launched, DAEMON)
    return launched, [launched.pid, *descendants.list_descendants(launched.pid)]


def hang_up(launched: LauncherProcess) -> None:
    for fd in (launched.control_fd, launched.facts_fd, launched.pidfd):
        if fd is not None:
            os.close(fd)


def wait_for(pids: list[int]) -> None:
    """Until each of these has ended."""
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([fd], [], [], 10)[0]
        os.close(fd)


def test_it_says_how_the_kernel_can_be_heard_and_what_the_machine_has(client: SpawnerClient) -> None:
    assert client.finding.tier in ("exact+wake", "exact", "sampled")
    assert client.finding.reason
    assert client.machine.interpreters
    assert client.alive


def test_the_spawner_hears_the_kernel_as_well_as_a_process_of_its_own_does(client: SpawnerClient) -> None:
    code = "from server.recorder import run_self_test; print(run_self_test().tier)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert client.finding.tier == done.stdout.strip()


def test_a_launcher_writes_its_facts_and_leaves(client: SpawnerClient) -> None:
    launched = launch(client, order("calm"))
    facts = read(launched)
    assert (facts[0]["kind"], facts[-1]["kind"]) == ("run.started", "run.ended")
    wait_for([launched.pid])
    hang_up(launched)


def test_hanging_up_kills_the_run(client: SpawnerClient) -> None:
    launched = launch(client, order("daemon"))
    read(launched, DAEMON)
    below = descendants.list_descendants(launched.pid)
    assert len(below) >= 2, "the worker, the daemon, and perhaps the middle one of the double fork, not yet reaped"
    hang_up(launched)
    wait_for([*below, launched.pid])


def test_being_told_to_stop_ends_the_run_with_its_last_word(client: SpawnerClient) -> None:
    launched = launch(client, order("daemon"))
    read(launched, DAEMON)
    os.write(launched.control_fd, b'{"stop":true}\n')
    assert read(launched)[-1]["reason"] == "stopped"
    hang_up(launched)


def test_what_a_killed_launcher_leaves_is_killed_daemons_included(client: SpawnerClient) -> None:
    launched = launch(client, order("daemon"))
    read(launched, DAEMON)
    below = descendants.list_descendants(launched.pid)
    os.kill(launched.pid, signal.SIGKILL)
    wait_for(below)
    assert read(launched)[-1:] != [{"kind": "run.ended"}]
    hang_up(launched)
    again = launch(client, order("calm"))
    assert read(again)[-1]["reason"] == "finished", "and the spawner goes on"
    hang_up(again)


def test_a_launcher_can_be_killed_on_request_and_a_strangers_pid_cannot(client: SpawnerClient) -> None:
    launched = launch(client, order("daemon"))
    read(launched, DAEMON)
    below = descendants.list_descendants(launched.pid)
    asyncio.run(client.kill(replace(launched, pid=os.getpid(), pidfd=None)))
    asyncio.run(client.kill(launched))
    wait_for([*below, launched.pid])
    hang_up(launched)


def test_an_order_it_cannot_fulfil_is_answered_with_a_sentence(client: SpawnerClient) -> None:
    launched = launch(client, order("no-such-lesson"))
    assert read(launched)[-1]["reason"] == "failed"
    hang_up(launched)


def test_it_closes_with_runs_going_on(client: SpawnerClient) -> None:
    launched = [launch(client, order("daemon")) for _ in range(2)]
    for each in launched:
        read(each, DAEMON)
    everything = descendants.list_descendants(client.pid)
    asyncio.run(client.close())
    wait_for(everything)
    for each in launched:
        hang_up(each)
    with pytest.raises(SpawnerError):
        launch(client, order("calm"))


def test_a_dead_spawner_is_an_error_with_a_sentence_and_leaves_no_run(client: SpawnerClient) -> None:
    launched, below = launch_daemon(client)
    os.kill(client.pid, signal.SIGKILL)
    wait_for([client.pid])
    with pytest.raises(SpawnerError):
        launch(client, order("calm"))
    wait_for(below)
    hang_up(launched)
    assert not client.alive


@pytest.mark.parametrize("number", range(12))
def test_nothing_is_left_when_the_asker_is_killed_at_a_random_instant(number: int) -> None:
    assert kills.kill_asker(random.Random(number)) is not None


@pytest.mark.parametrize("number", range(6))
def test_nothing_is_left_when_the_launcher_is_killed_at_a_random_instant(number: int) -> None:
    assert kills.kill_launcher(random.Random(number)) is not None


def test_a_stopped_spawner_is_continued_and_nobody_else_waits_meanwhile(client: SpawnerClient) -> None:
    async def act() -> tuple[LauncherProcess, int]:
        os.kill(client.pid, signal.SIGSTOP)
        launching = asyncio.ensure_future(client.launch(order("calm"), Pipes()))
        turns = 0
        while not launching.done():
            await asyncio.sleep(0.01)
            turns += 1
        return await launching, turns

    launched, turns = asyncio.run(act())
    assert turns > 10, "the loop went on"
    assert read(launched)[-1]["reason"] == "finished"
    hang_up(launched)


def test_a_stopped_spawner_can_be_closed_with_its_runs(client: SpawnerClient) -> None:
    launched, below = launch_daemon(client)
    os.kill(client.pid, signal.SIGSTOP)
    asyncio.run(client.close())
    wait_for(below)
    hang_up(launched)


def test_where_the_spawner_is_dead_a_launcher_that_hangs_is_killed_all_the_same(client: SpawnerClient) -> None:
    launched, below = launch_daemon(client)
    os.kill(client.pid, signal.SIGKILL)
    wait_for([client.pid])
    asyncio.run(client.kill(launched))
    wait_for(below)
    hang_up(launched)


def test_a_stopped_launcher_ends_with_the_spawner_that_forked_it(client: SpawnerClient) -> None:
    launched, below = launch_daemon(client)
    os.kill(launched.pid, signal.SIGSTOP)
    os.kill(client.pid, signal.SIGKILL)
    wait_for(below)
    hang_up(launched)


class Scripted:
    """A client whose spawner is played by the test, at the other end of the socket."""

    def __init__(self) -> None:
        ours, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self.process = subprocess.Popen(["sleep", "60"])
        self.client = SpawnerClient(self.process, ours)

    def asked(self) -> int:
        data, fds, _, _ = socket.recv_fds(self.far, 1 << 16, 4)
        for fd in fds:
            os.close(fd)
        return int(json.loads(data)["number"])

    def answer(self, **said: Any) -> None:
        self.far.send(json.dumps(said).encode())

    def close(self) -> None:
        self.far.close()
        self.process.kill()
        asyncio.run(self.client.close())


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    made = Scripted()
    yield made
    made.close()


def test_answers_are_matched_by_number_and_a_late_one_is_nobodys(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> list[int]:
        early = asyncio.ensure_future(scripted.client.launch(order("calm"), Pipes()))
        await asyncio.sleep(0)
        first = scripted.asked()
        early.cancel()  # whoever asked does not wait any more
        both = [asyncio.ensure_future(scripted.client.launch(order("calm"), Pipes())) for _ in range(2)]
        await asyncio.sleep(0)
        second, third = scripted.asked(), scripted.asked()
        scripted.answer(number=first, pid=111)
        scripted.answer(number=third, pid=333)
        scripted.answer(number=second, pid=222)
        made = await asyncio.gather(*both)
        for launched in made:
            hang_up(launched)
        return [launched.pid for launched in made]

    monkeypatch.setattr("server.runs.spawner_client._pidfd", lambda _: None)
    assert asyncio.run(act()) == [222, 333]


def test_a_spawner_that_never_answers_is_given_up_and_the_descriptors_come_back(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.runs.spawner_client.REPLY_TIMEOUT_S", 0.05)
    monkeypatch.setattr("server.runs.spawner_client.RESUMED_TIMEOUT_S", 0.05)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SpawnerError, match="does not answer"):
        asyncio.run(scripted.client.launch(order("calm"), Pipes()))
    assert len(os.listdir("/proc/self/fd")) == before - 1, "its socket is closed"
    assert not scripted.client.alive
