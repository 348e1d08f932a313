"""A launcher that says it cannot begin now: its run waits, and does so only once the launcher is gone."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from server.lesson import catalog
from server.runs import run as runs
from server.runs.launcher_connection import LauncherConnection
from server.runs.run import Run
from server.runs.spawner_client import LauncherProcess


class Pipes:
    """A launcher's two pipes, and whoever kills it: then its ends close."""

    def __init__(self) -> None:
        self.facts, self._facts_write = os.pipe()
        self._control_read, self.control = os.pipe()
        self.kills = 0

    def say(self, line: bytes) -> None:
        os.write(self._facts_write, line)

    def leave(self) -> None:
        os.close(self._facts_write)
        os.close(self._control_read)

    async def kill(self, _: LauncherProcess) -> None:
        self.kills += 1
        self.leave()

    def connection(self) -> LauncherConnection:
        client: Any = self
        return LauncherConnection(client, LauncherProcess(0, self.control, self.facts))


def a_run() -> Run:
    return Run("r" * 26, "key", "states", catalog.discover()["states"], {}, None, "exact")


def test_a_run_is_queued_again_once_its_busy_launcher_has_left() -> None:
    async def check() -> None:
        pipes, run = Pipes(), a_run()
        following = asyncio.ensure_future(run.follow_launcher(pipes.connection(), 30.0))
        pipes.say(b'{"busy":"no rings are left"}\n')
        pipes.leave()
        assert await following == "no rings are left"
        assert (pipes.kills, run.done.is_set(), run.log.ended) == (0, False, False)

    asyncio.run(check())


def test_a_busy_launcher_that_hangs_is_killed_and_does_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_OVERDUE_S", 0.01)

    async def check() -> None:
        pipes, run = Pipes(), a_run()
        following = asyncio.ensure_future(run.follow_launcher(pipes.connection(), 0.01))
        pipes.say(b'{"busy":"no rings are left"}\n')
        assert await following == "no rings are left"
        assert pipes.kills == 1
        assert not run.log.ended

    asyncio.run(check())
