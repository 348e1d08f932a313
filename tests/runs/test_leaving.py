"""Runs whose people have left: one that waits is dropped, an interactive one ends; the times are made short."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.runs import admission, audience
from server.runs.admission import Runs
from server.runs.spawner_client import SpawnerClient
from server.settings import Settings
from tests.spawners import spawner

PACKAGE = "tests.lab"
CORES = len(os.sched_getaffinity(0))


@pytest.fixture(scope="module")
def lab() -> Iterator[SpawnerClient]:
    """One spawner for all of these."""
    with spawner((PACKAGE,)) as client:
        yield client


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that takes seconds takes moments."""
    for module, name in (
        (admission, "ABSENT_TIMEOUT_S"),
        (audience, "ABSENT_TIMEOUT_S"),
        (admission, "UNWATCHED_TIMEOUT_S"),
        (admission, "_TICK_S"),
    ):
        monkeypatch.setattr(module, name, 0.01)


def play(data: Path, client: SpawnerClient, act: Callable[[Runs], Awaitable[None]]) -> None:
    async def life() -> None:
        runs = Runs(replace(Settings(), data_dir=data), PACKAGE, client=client, stop_unwatched=True)
        await runs.start()
        try:
            for _ in range(CORES):
                runs.submit("hold", {"number": 0})
            await act(runs)
        finally:
            await runs.stop()

    asyncio.run(asyncio.wait_for(life(), 120))


def test_a_waiting_run_is_dropped_when_its_page_has_left_and_kept_while_its_page_or_a_program_waits(
    lab: SpawnerClient, tmp_path: Path
) -> None:
    async def act(runs: Runs) -> None:
        left = runs.submit_from_page("hold", {"number": 1}, None, "left").run
        there = runs.submit_from_page("hold", {"number": 2}, None, "there").run
        there.audience.stream_opened("there", time.monotonic())
        program = runs.submit("hold", {"number": 3})
        await left.done.wait()
        assert left.summary is not None
        assert left.summary["message"] == "nobody waited for it any more"
        assert (there.status, program.status) == ("queued", "queued")
        assert there.position == 1
        there.audience.stream_closed("there", time.monotonic())
        await there.done.wait()
        assert program.status == "queued"

    play(tmp_path, lab, act)


def test_an_interactive_run_without_a_viewer_ends_and_one_with_a_viewer_goes_on(
    lab: SpawnerClient, tmp_path: Path
) -> None:
    async def act(runs: Runs) -> None:
        alone, watched = (runs.submit_from_page("echo", {}, None, name).run for name in ("alone", "watched"))
        watched.audience.stream_opened("watched", time.monotonic())
        await alone.done.wait()
        assert alone.summary is not None
        assert alone.summary["message"].startswith("nobody had looked at it for")
        assert watched.status == "running"

    play(tmp_path, lab, act)
