"""One run from the moment it has its cores: a launcher is forked for it, by a new spawner if need be, and it lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ..launcher.launcher import LaunchOrder
from ..settings import Settings
from .conversation import SpawnerError, Spent
from .pipes import Pipes
from .queue import Place
from .run import Run
from .spawner import Absent
from .spawning import Spawning
from .standing import Lack
from .wire import Wire


async def live(run: Run, order: LaunchOrder, pipes: Pipes, spawning: Spawning) -> Lack:
    """From the fork of its launcher to the end of ``run``; "", or what it lacks to begin now: then it waits again.

    Of the kernel's quotas for what records it (rings, pipes) the launcher finds that others have used them up. A
    spawner that ends or does not answer is replaced once. ``pipes`` are not the caller's any more.
    """
    for again in (True, False):
        try:
            client = await spawning.revived()
            launched = await client.launch(order, pipes)
            return "quota" if await run.live(Wire(client, launched), order.wall_s) else ""
        except Spent:
            return "processes"
        except SpawnerError as error:
            if not again or isinstance(spawning.client, Absent):
                run.withdraw("failed", str(error))
                return ""
        finally:
            pipes.close()
        try:
            pipes = Pipes()
        except OSError:
            return "files"
    raise AssertionError("the second error was raised")


def order(place: Place, cpus: Sequence[int], settings: Settings, package: str, patient: bool) -> LaunchOrder:
    """What the launcher is told. ``patient``: others have what it takes, and will give it back."""
    run, lesson = place.run, place.lesson
    most_s = settings.bounds.interactive_wall_s if lesson.actions else settings.bounds.wall_s
    return LaunchOrder(
        run=run.id, lesson=run.lesson, params=run.params, cpus=list(cpus), tier=run.tier or place.best,
        bounds=asdict(settings.bounds), preset=run.preset, wall_s=min(lesson.wall_s, most_s), uid=settings.uid,
        watermark_ms=settings.watermark_ms, package=package, patient=patient,
    )  # fmt: skip
