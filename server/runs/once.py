"""One run from start to end without a server: for the command line, scripts and tests; it keeps nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..events import Entry, Tier
from ..lesson import catalog
from ..log.event_log import EventLog
from ..settings import Settings
from .admission import Runs
from .spawner_client import SpawnerClient, SpawnerError


def run_once(
    lesson: str,
    params: Mapping[str, Any],
    preset: str | None = None,
    *,
    tier: Tier = "exact+wake",
    package: str = catalog.PACKAGE,
    paths: Sequence[str | Path] = (),
    settings: Settings | None = None,
    actions: Sequence[tuple[float, str, str | None]] = (),
    on_entry: Callable[[Entry], None] | None = None,
    client: SpawnerClient | None = None,
) -> EventLog:
    """Run a lesson and return its log when it has ended.

    ``actions`` are (seconds from the start, action, text). ``on_entry`` gets each entry as it arrives. Nothing is
    archived. ``params`` must be complete. A KeyboardInterrupt kills the run. ``client``: a spawner to
    use and leave open.
    """
    runs = Runs(settings or Settings(), package, paths, archive=False, client=client)
    return asyncio.run(_once(runs, lesson, params, preset, tier, actions, on_entry))


async def _once(
    runs: Runs,
    lesson: str,
    params: Mapping[str, Any],
    preset: str | None,
    tier: Tier,
    actions: Sequence[tuple[float, str, str | None]],
    on_entry: Callable[[Entry], None] | None,
) -> EventLog:
    await runs.start()
    try:
        with contextlib.suppress(SpawnerError):  # the run will say what has become of it
            await runs.client.wait_self_test()  # nobody queues here: a crowded machine costs time, not the tier
        run = runs.submit(lesson, params, preset, tier)
        if on_entry is not None:
            _forward_entries(run.log, on_entry)
        loop = asyncio.get_running_loop()
        for at_s, action, text in actions:
            loop.call_later(at_s, run.send_action, action, text)
        await run.done.wait()
        return run.log
    finally:
        await runs.stop()


def _forward_entries(log: EventLog, on_entry: Callable[[Entry], None]) -> None:
    delivered = 0

    def wake() -> None:
        nonlocal delivered
        for entry in log.tail(delivered):
            delivered += 1
            on_entry(entry)

    log.subscribe(wake)
