"""The spawner's own process: its child that explores the machine does not hang it."""

from __future__ import annotations

import os
import select
import time
from typing import Any

import pytest

from server.launcher import spawner_process
from server.launcher.spawner_process import HostProbe

pytestmark = pytest.mark.real_processes


def said_by(explorer: HostProbe) -> list[dict[str, Any]]:
    """What it tells until its pipe ends, read as the spawner's loop does."""
    found: list[dict[str, Any]] = []
    while True:
        select.select([explorer.fd], [], [], (explorer.remaining_ms() or 100) / 1000)
        explorer.kill_if_overdue()
        said = explorer.read()
        if said is None:
            os.close(explorer.fd)
            return found
        found += said


def test_an_explorer_that_hangs_is_killed_and_what_it_owes_is_told_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawner_process.machine, "probe_machine", lambda _: time.sleep(60))
    explorer = HostProbe(-1, within_s=0.1)
    pid = explorer.pid
    told = said_by(explorer)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert [*told[0], *told[1]] == ["machine", "finding"]
    assert told[1]["finding"]["tier"] == "sampled"


def test_one_that_is_over_is_waited_for_no_longer() -> None:
    explorer = HostProbe(-1, within_s=60.0)
    pid = explorer.pid
    told = said_by(explorer)
    os.waitpid(pid, 0)
    explorer.on_reaped(pid)
    assert [key for each in told for key in each] == ["machine", "finding"]
    assert explorer.remaining_ms() is None
