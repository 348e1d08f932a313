"""Launches an admitted run: has the spawner fork its launcher (a new spawner if need be) and follows it to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ..launcher.launcher import LaunchOrder
from ..settings import Settings
from .launcher_connection import LauncherConnection
from .pipes import Pipes
from .queue import QueueEntry
from .rpc_channel import SpawnerError, SpawnerExhausted
from .run import Run
from .run_state import WaitReason
from .spawner_client import NoSpawner
from .spawner_lifecycle import SpawnerLifecycle


async def run_to_end(run: Run, order: LaunchOrder, pipes: Pipes, lifecycle: SpawnerLifecycle) -> WaitReason:
    """From the fork of its launcher to the end of ``run``; "", or what it lacks to start now: then it is queued again.

    "quota": others have used up the kernel's quota for perf rings or pipes. A spawner that ends or does not answer is
    replaced once. Takes ownership of ``pipes``.
    """
    for may_retry in (True, False):
        try:
            client = await lifecycle.ensure_alive()
            launched = await client.launch(order, pipes)
            return "quota" if await run.follow_launcher(LauncherConnection(client, launched), order.wall_s) else ""
        except SpawnerExhausted:
            return "processes"
        except SpawnerError as error:
            if not may_retry or isinstance(lifecycle.client, NoSpawner):
                run.cancel("failed", str(error))
                return ""
        finally:
            pipes.close()
        try:
            pipes = Pipes()
        except OSError:
            return "files"
    raise AssertionError("the second error was raised")


def build_order(entry: QueueEntry, cpus: Sequence[int], settings: Settings, package: str, patient: bool) -> LaunchOrder:
    """The launcher's order for a queue entry. ``patient``: other runs hold the perf quota and will release it."""
    run, lesson = entry.run, entry.lesson
    most_s = settings.bounds.interactive_wall_s if lesson.actions else settings.bounds.wall_s
    return LaunchOrder(
        run=run.id, lesson=run.lesson, params=run.params, cpus=list(cpus), tier=run.tier or entry.best_tier,
        bounds=asdict(settings.bounds), preset=run.preset, wall_s=min(lesson.wall_s, most_s), uid=settings.uid,
        watermark_ms=settings.watermark_ms, package=package, patient=patient,
    )  # fmt: skip
