"""All runs of one server: which may start, on which cores, who waits in which place; what a run does is in run.py."""

from __future__ import annotations

import asyncio
import math
import os
import platform
import random
import secrets
import time
from base64 import b32encode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..events import Tier
from ..lesson import Lesson, catalog
from ..log.archive import Archive, Damaged
from ..log.refusal import Refusal
from ..settings import Settings
from .run import Run, order
from .spawner import Absent, Client, SpawnerError

_ID_LENGTH = 26
_REMEMBERED = 32  # runs that are over and still in memory; others are read from the archive
_REMEMBERED_BYTES = 64 * 2**20  # and their lines; the entries take four times as much
_READERS = 2  # runs read from the archive at one time: each may unfold to a whole log
_FIRST_GUESS_S = 5.0  # how long a run takes, before one has been seen
_TIERS: tuple[Tier, ...] = ("exact+wake", "exact", "sampled", "recording")


class Busy(Exception):
    """All places are taken, and so is the queue."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("all places are taken, and so is the queue")
        self.retry_after_s = retry_after_s


@dataclass(slots=True)
class _Place:
    """A run that wants to start, and how many cores it wants (0: it is mostly idle)."""

    run: Run
    lesson: Lesson
    cores: int


class Runs:
    """Lives on one event loop, from ``start`` to ``stop``."""

    def __init__(
        self,
        settings: Settings,
        package: str = catalog.PACKAGE,
        paths: Sequence[str | Path] = (),
        keep: bool = True,
        client: Client | Absent | None = None,
    ) -> None:
        """``package`` holds the lessons' folders (found with ``paths``); ``keep`` False: nothing is archived.

        ``client``: a spawner of the caller's, which stays the caller's to close.
        """
        self._settings = settings
        self._package, self._paths = package, tuple(paths)
        self._cpus = _cpus()
        self._free = list(self._cpus)
        self._idle = 0
        self._queue: list[_Place] = []
        self._live: dict[str, asyncio.Task[None]] = {}
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._archive: Archive | None = None
        self._loading: dict[str, asyncio.Future[Run | None]] = {}
        self._readers = asyncio.Semaphore(_READERS)
        self._keep = keep
        self._client = client
        self._borrowed = client is not None
        self._typical_s = _FIRST_GUESS_S
        self._closing = False

    async def start(self) -> None:
        """Open the archive (``archive.Taken`` if another server has it), sweep it, start the spawner."""
        if self._keep:
            self._archive = Archive(
                self._settings.data_dir / "runs",
                self._settings.recordings_bytes,
                self._settings.seal_ms,
                self._settings.seal_bytes,
            )
            await asyncio.to_thread(self._archive.sweep)
        if self._client is None:
            await self._spawn()

    async def stop(self) -> None:
        """Everything queued or running is interrupted and dead, the archive is closed."""
        self._closing = True
        waiting = [place.run for place in self._queue]
        running = [run for run in self._runs.values() if run.id in self._live]
        self._queue.clear()
        await asyncio.gather(*(run.stop("interrupted") for run in [*waiting, *running]))
        await asyncio.gather(*self._live.values(), return_exceptions=True)
        if self._client is not None and not self._borrowed:
            await asyncio.to_thread(self._client.close)
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        if self._archive is not None:
            await self._archive.stop()

    @property
    def client(self) -> Client | Absent:
        """The spawner's client; its ``finding`` and ``machine`` say what this machine can do."""
        if self._client is None:
            raise SpawnerError("the runs have not been started")
        return self._client

    @property
    def not_kept(self) -> Refusal | None:
        """Why runs are not kept at this instant, if they are not."""
        return None if self._archive is None else self._archive.refusal

    @property
    def tier(self) -> Tier:
        """The tier of runs that start now."""
        return self.client.finding.tier

    @property
    def free(self) -> dict[str, int]:
        """Cores and idle places that are free, and how many runs wait."""
        return {"cores": len(self._free), "idle": self._settings.idle_runs - self._idle, "queued": len(self._queue)}

    def submit(
        self, lesson: str, params: Mapping[str, Any], preset: str | None = None, tier: Tier = "exact+wake"
    ) -> Run:
        """Start a run, or put it in the queue; :class:`Busy` beyond the queue, ``KeyError`` if there is no such lesson.

        ``params`` have been validated. ``tier`` is the best way of hearing it may use.
        """
        declared = catalog.discover(self._package)[lesson]
        cores = min(declared.cores, len(self._cpus))
        if len(self._queue) >= self._settings.queue_length and not self._fits(cores, self._queue):
            raise Busy(self._retry_after_s())
        run = Run(_random(), _random(), lesson, declared, params)
        run.preset, run.left = preset, self._admit
        run.tier = max(self.tier, tier, key=_TIERS.index)
        self._queue.append(_Place(run, declared, cores))
        if self._archive is not None:
            run.keep(self._archive)
        self._remember(run)
        self._admit()
        return run

    async def find(self, id: str) -> Run | None:
        """A run that is queued, running or over, from memory or from the archive (read once, in a thread).

        ``archive.Damaged`` if there was one and nothing of it can be shown, ``archive.Unreadable``: ask again.
        """
        if id in self._runs or self._archive is None:
            return self._runs.get(id)
        if id not in self._loading:
            self._loading[id] = asyncio.ensure_future(self._load(self._archive, id))
        return await asyncio.shield(self._loading[id])

    async def _load(self, kept: Archive, id: str) -> Run | None:
        """A run of the archive, for all who ask for it while it is being read."""
        try:
            async with self._readers:
                run = await asyncio.to_thread(_read, kept, id)
            if run is not None:
                self._remember(run)
            return run
        finally:
            del self._loading[id]

    def _fits(self, cores: int, before: Sequence[_Place]) -> bool:
        """Whether a run that wants so many cores may start although those in ``before`` wait."""
        if any((other.cores > 0) == (cores > 0) for other in before):
            return False  # whoever came first and wants the same goes first
        return cores <= len(self._free) if cores else self._idle < self._settings.idle_runs

    def _admit(self) -> None:
        """Start whoever can start, in order: among those that want cores, and among those that want none."""
        waiting: list[_Place] = []
        queue, self._queue = self._queue, waiting
        for place in queue:
            if place.run.status != "queued":
                continue
            if not self._closing and self._fits(place.cores, waiting):
                self._begin(place)
            else:
                waiting.append(place)
        for number, place in enumerate(waiting, start=1):
            place.run.position = number

    def _begin(self, place: _Place) -> None:
        if place.cores:
            cpus, self._free = self._free[: place.cores], self._free[place.cores :]
        else:
            cpus = list(self._cpus)
            self._idle += 1
        place.run.status, place.run.position = "running", None
        task = asyncio.ensure_future(self._live_and_leave(place, sorted(cpus)))
        self._live[place.run.id] = task

    async def _live_and_leave(self, place: _Place, cpus: list[int]) -> None:
        run, began = place.run, time.monotonic()
        try:
            await self._revive()
            told = order(run, place.lesson, cpus, run.tier or self.tier, self._settings, self._package)
            await run.live(self.client, told)
        finally:
            self._typical_s += 0.2 * (time.monotonic() - began - self._typical_s)
            if place.cores:
                self._free = sorted([*self._free, *cpus], reverse=True)
            else:
                self._idle -= 1
            self._admit()
            await run.settled()
            del self._live[run.id]
            self._forget()
            if self._archive is not None:
                await asyncio.to_thread(self._archive.trim)

    async def _revive(self) -> None:
        """A spawner that has died is replaced before the next run."""
        if isinstance(self.client, Client) and not self.client.alive:
            await asyncio.to_thread(self.client.close)
            await self._spawn()

    async def _spawn(self) -> None:
        self._borrowed = False
        if platform.system() != "Linux":
            self._client = Absent(f"runs need Linux, this is {platform.system()}")
            return
        try:
            self._client = await asyncio.to_thread(Client.start, (self._package,), self._paths, self._settings.uid)
        except (SpawnerError, OSError) as error:
            self._client = Absent(f"the process that starts runs could not be started: {error}")

    def _remember(self, run: Run) -> None:
        self._runs[run.id] = run
        self._forget()

    def _forget(self) -> None:
        """Lets go of the runs that were over first, as far as the archive has them."""
        if self._archive is None:
            return
        over = [run for run in self._runs.values() if run.over.is_set() and run.id not in self._live]
        size = 0
        for number, run in enumerate(reversed(over)):
            size += run.log.size_bytes
            if run.waits_for_disk:
                continue  # the archive holds the bound on these
            if number >= _REMEMBERED or (number and size > _REMEMBERED_BYTES):
                del self._runs[run.id]

    def _retry_after_s(self) -> float:
        """When a place in the queue should be free, spread so that those refused do not all come back at once."""
        return math.ceil(max(1.0, self._typical_s) * random.uniform(1.0, 1.5))  # noqa: S311 - spreads load only


def _cpus() -> list[int]:
    """Cores that runs may have, the highest first: the low ones stay with the server where there are enough."""
    if platform.system() == "Linux":
        return sorted(os.sched_getaffinity(0), reverse=True)
    return list(range(os.cpu_count() or 1))


def _read(kept: Archive, id: str) -> Run | None:
    found = kept.load(id)
    run = None if found is None else Run.kept(id, found)
    if found is not None and run is None:
        raise Damaged("The recording of this run does not say of which lesson it is.")
    return run


def _random() -> str:
    """26 characters of 5 bits each: 130 bits nobody can guess."""
    return b32encode(secrets.token_bytes(17))[:_ID_LENGTH].decode("ascii").lower()
