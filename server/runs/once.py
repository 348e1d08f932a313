"""One run from start to end without a server: for the command line, scripts and tests; it keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..events import Entry, Tier
from ..lesson import catalog
from ..log.event_log import EventLog
from ..settings import Settings
from .admission import Runs
from .spawner import Client


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
    hear: Callable[[Entry], None] | None = None,
    client: Client | None = None,
) -> EventLog:
    """Run a lesson and return its log when it has ended.

    ``actions`` are (seconds from the start, action, text). ``hear`` gets each entry as it arrives. Nothing is
    archived. ``params`` must be complete. A KeyboardInterrupt kills the run. ``client``: a spawner to
    use and leave open.
    """
    runs = Runs(settings or Settings(), package, paths, keep=False, client=client)
    return asyncio.run(_once(runs, lesson, params, preset, tier, actions, hear))


async def _once(
    runs: Runs,
    lesson: str,
    params: Mapping[str, Any],
    preset: str | None,
    tier: Tier,
    actions: Sequence[tuple[float, str, str | None]],
    hear: Callable[[Entry], None] | None,
) -> EventLog:
    await runs.start()
    try:
        run = runs.submit(lesson, params, preset, tier)
        if hear is not None:
            _relay(run.log, hear)
        loop = asyncio.get_running_loop()
        for at_s, action, text in actions:
            loop.call_later(at_s, run.act, action, text)
        await run.over.wait()
        return run.log
    finally:
        await runs.stop()


def _relay(log: EventLog, hear: Callable[[Entry], None]) -> None:
    heard = 0

    def wake() -> None:
        nonlocal heard
        for entry in log.tail(heard):
            heard += 1
            hear(entry)

    log.subscribe(wake)
