"""The spawner forks, answers, sweeps up after the dead, and takes everything with it when it ends."""

from __future__ import annotations

import json
import os
import random
import select
import signal
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from benchmarks import kills
from server.launcher.launcher import Order
from server.runs.spawner import Client, Launched, SpawnerError
from server.settings import Bounds
from server.supervisor import descendants

PACKAGE = "tests.lab"
DAEMON = '"label":"daemon"'  # the daemon has said that it runs


@pytest.fixture
def client() -> Iterator[Client]:
    """A spawner of the test's own."""
    made = Client.start((PACKAGE,))
    yield made
    made.close()


def order(lesson: str, **params: Any) -> Order:
    return Order(
        run="0" * 26, lesson=lesson, params=params, cpus=sorted(os.sched_getaffinity(0)), tier="exact+wake",
        bounds=asdict(Bounds()), package=PACKAGE,
    )  # fmt: skip


def read(launched: Launched, until: str | None = None) -> list[dict[str, Any]]:
    """Facts up to one that contains ``until``, or up to the end."""
    found: list[dict[str, Any]] = []
    with open(launched.facts_fd, closefd=False) as lines:
        for line in lines:
            found.append(json.loads(line)["fact"])
            if until is not None and until in line:
                break
    return found


def hang_up(launched: Launched) -> None:
    os.close(launched.control_fd)
    os.close(launched.facts_fd)


def wait_for(pids: list[int]) -> None:
    """Until each of these has ended."""
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([fd], [], [], 10)[0]
        os.close(fd)


def test_it_says_how_the_kernel_can_be_heard_and_what_the_machine_has(client: Client) -> None:
    assert client.finding.tier in ("exact+wake", "exact", "sampled")
    assert client.finding.reason
    assert client.machine.interpreters
    assert client.alive


def test_a_launcher_writes_its_facts_and_leaves(client: Client) -> None:
    launched = client.launch(order("calm"))
    facts = read(launched)
    assert (facts[0]["kind"], facts[-1]["kind"]) == ("run.started", "run.ended")
    wait_for([launched.pid])
    hang_up(launched)


def test_hanging_up_kills_the_run(client: Client) -> None:
    launched = client.launch(order("daemon"))
    read(launched, DAEMON)
    below = descendants.descendants(launched.pid)
    assert len(below) >= 2, "the worker, the daemon, and perhaps the middle one of the double fork, not yet reaped"
    hang_up(launched)
    wait_for([*below, launched.pid])


def test_being_told_to_stop_ends_the_run_with_its_last_word(client: Client) -> None:
    launched = client.launch(order("daemon"))
    read(launched, DAEMON)
    os.write(launched.control_fd, b'{"stop":true}\n')
    assert read(launched)[-1]["reason"] == "stopped"
    hang_up(launched)


def test_what_a_killed_launcher_leaves_is_killed_daemons_included(client: Client) -> None:
    launched = client.launch(order("daemon"))
    read(launched, DAEMON)
    below = descendants.descendants(launched.pid)
    os.kill(launched.pid, signal.SIGKILL)
    wait_for(below)
    assert read(launched)[-1:] != [{"kind": "run.ended"}]
    hang_up(launched)
    again = client.launch(order("calm"))
    assert read(again)[-1]["reason"] == "finished", "and the spawner goes on"
    hang_up(again)


def test_a_launcher_can_be_killed_on_request_and_a_strangers_pid_cannot(client: Client) -> None:
    launched = client.launch(order("daemon"))
    read(launched, DAEMON)
    below = descendants.descendants(launched.pid)
    client.kill(os.getpid())
    client.kill(launched.pid)
    wait_for([*below, launched.pid])
    hang_up(launched)


def test_an_order_it_cannot_fulfil_is_answered_with_a_sentence(client: Client) -> None:
    launched = client.launch(order("no-such-lesson"))
    assert read(launched)[-1]["reason"] == "failed"
    hang_up(launched)


def test_it_closes_with_runs_going_on(client: Client) -> None:
    launched = [client.launch(order("daemon")) for _ in range(2)]
    for each in launched:
        read(each, DAEMON)
    everything = descendants.descendants(client.pid)
    client.close()
    wait_for(everything)
    for each in launched:
        hang_up(each)
    with pytest.raises(SpawnerError):
        client.launch(order("calm"))


def test_a_dead_spawner_is_an_error_with_a_sentence_and_leaves_no_run(client: Client) -> None:
    launched = client.launch(order("daemon"))
    read(launched, DAEMON)
    below = [launched.pid, *descendants.descendants(launched.pid)]
    os.kill(client.pid, signal.SIGKILL)
    wait_for([client.pid])
    with pytest.raises(SpawnerError):
        client.launch(order("calm"))
    wait_for(below)
    hang_up(launched)
    assert not client.alive


@pytest.mark.parametrize("number", range(12))
def test_nothing_is_left_when_the_asker_is_killed_at_a_random_instant(number: int) -> None:
    assert kills.kill_asker(random.Random(number)) is not None


@pytest.mark.parametrize("number", range(6))
def test_nothing_is_left_when_the_launcher_is_killed_at_a_random_instant(number: int) -> None:
    assert kills.kill_launcher(random.Random(number)) is not None
