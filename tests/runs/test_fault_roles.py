"""What the fault harness takes for a launcher: a new spawner's self-test beside real runs is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.faults.server_under_test import roles_of
from server.launcher.spawner_process import HostProbe

SERVER, SPAWNER, TEST, HOG, LAUNCHER, WORKER, ORPHAN, NEWBORN = range(10, 18)


def test_a_self_test_and_its_tasks_are_neither_launcher_nor_worker() -> None:
    """Else a fault that stops every launcher stops a self-test that has 30 s, and is told that a launcher stays."""
    parents = {
        SERVER: 1, SPAWNER: SERVER, TEST: SPAWNER, HOG: TEST, LAUNCHER: SPAWNER, WORKER: LAUNCHER, ORPHAN: SPAWNER,
        NEWBORN: SPAWNER,
    }  # fmt: skip
    names = dict.fromkeys(parents, "python") | {
        SPAWNER: "ts-spawner", TEST: "ts-self-test", HOG: "ts-self-test", LAUNCHER: "ts-launcher", WORKER: "parent",
        NEWBORN: "ts-spawner",
    }  # fmt: skip
    assert roles_of(SERVER, parents, names) == {
        "spawner": [SPAWNER],
        "probe": [TEST, NEWBORN, HOG],
        "launcher": [LAUNCHER, ORPHAN],
        "worker": [WORKER],
    }


@pytest.mark.real_processes
def test_a_self_test_has_its_name_before_it_says_anything() -> None:
    probe = HostProbe(-1, within_s=60.0)
    os.set_blocking(probe.fd, True)
    assert probe.read(), "it has said something"
    name = Path(f"/proc/{probe.pid}/comm").read_text()
    while probe.read() is not None:
        pass
    os.close(probe.fd)
    os.waitpid(probe.pid, 0)
    assert name == "ts-self-test\n"
