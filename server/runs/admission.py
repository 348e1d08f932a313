"""Admission control: all runs of one server, which may start on which cores, and the queue of the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..events import Tier
from ..lesson import catalog
from ..log.write_failure import WriteFailure
from ..settings import Settings
from . import launch, wait_estimates
from .archived_run import ArchivedRun
from .audience import ABSENT_TIMEOUT_S
from .capacity import Capacity
from .demand import Asker, StartKey
from .durations import Durations
from .ids import random_id
from .pipes import Pipes
from .queue import Queue, QueueEntry, QueueFull, start_key
from .run import Run
from .run_state import WaitReason
from .run_store import RunStore
from .spawner_client import NoSpawner, SpawnerClient
from .spawner_lifecycle import SpawnerLifecycle
from .submission import Submission

_TIERS: tuple[Tier, ...] = ("exact+wake", "exact", "sampled", "recording")
_TICK_S = 1.0
UNWATCHED_TIMEOUT_S = 20.0  # an interactive run that nobody has looked at for so long ends
_SHUTDOWN_GRACE_S = 1.0  # what a run has to end in when the server does, before it is killed


class Runs:
    """Lives on one event loop, from ``start`` to ``stop``."""

    def __init__(
        self,
        settings: Settings,
        package: str = catalog.PACKAGE,
        paths: Sequence[str | Path] = (),
        archive: bool = True,
        client: SpawnerClient | NoSpawner | None = None,
        stop_unwatched: bool = False,
    ) -> None:
        """``package`` holds the lessons' folders (found with ``paths``); ``archive`` False: nothing is archived.

        ``client``: a spawner of the caller's, which the caller closes. ``stop_unwatched``: an interactive run without
        viewers is stopped.
        """
        self._settings, self._package = settings, package
        self._archive_runs, self._stop_unwatched = archive, stop_unwatched
        self._capacity = Capacity(settings.idle_runs)
        self._durations = Durations(package)
        self._queue = Queue(settings.queue_length)
        self._retry_schedules = {idle: wait_estimates.RetrySchedule() for idle in (False, True)}
        self._active: dict[Run, wait_estimates.ActiveRun] = {}
        self._tasks: set[asyncio.Future[object]] = set()
        self._store = RunStore(settings, lambda run: run in self._active)
        self._spawner = SpawnerLifecycle(package, paths, settings, self._admit, client)
        self._ticker: asyncio.Task[None] | None = None
        self._pause = wait_estimates.StartPause()
        self._closing = False

    async def start(self) -> None:
        """Opens the archive (``archive.DirectoryLocked`` if another server has it) and starts the spawner."""
        if self._archive_runs:
            await self._store.open()
        self._spawner.start()
        self._ticker = asyncio.ensure_future(self._tick())

    async def stop(self) -> None:
        """Everything queued or running is interrupted and dead, the archive is closed."""
        self._closing = True
        if self._ticker is not None:
            self._ticker.cancel()
        for entry in self._queue:
            self._remove_from_queue(entry, "interrupted", "the server was stopped while it waited")
        self._spawner.resume()
        await asyncio.gather(*(run.stop("interrupted", within_s=_SHUTDOWN_GRACE_S) for run in list(self._active)))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._spawner.close()
        await self._store.close()

    @property
    def client(self) -> SpawnerClient | NoSpawner:
        """The spawner's; its ``finding`` and ``machine`` say what this machine can do, ``testing`` waits for that."""
        return self._spawner.client

    @property
    def not_kept(self) -> WriteFailure | None:
        """Why runs are not kept at this instant."""
        return self._store.not_kept

    @property
    def tier(self) -> Tier:
        """That of runs that start now."""
        return self.client.finding.tier

    @property
    def self_test_pending(self) -> bool:
        """Whether the recorder's self-test is still running: the tier may rise."""
        return self._spawner.self_test_pending

    @property
    def free_capacity(self) -> dict[str, int]:
        """Free cores, free slots for idle runs, and how many runs are queued."""
        return {"cores": self._capacity.free_cores, "idle": self._capacity.free_idle_slots, "queued": len(self._queue)}

    @property
    def accepting(self) -> bool:
        """Whether a run of any kind could be admitted now, be it to the queue."""
        return not (self._closing or not self.client.alive or self._queue.is_full(False) or self._queue.is_full(True))

    async def find_outline(self, id: str) -> Run | None:
        """As :meth:`find`, for a page that is made before its run is played."""
        return await self._store.find_outline(id)

    async def find_stream(self, id: str) -> Run | ArchivedRun | None:
        """As :meth:`find`, for who only streams it."""
        return await self._store.find_stream(id)

    async def find(self, id: str) -> Run | None:
        """A run that is queued, running or over; raises what :meth:`RunStore.find` does."""
        return await self._store.find(id)

    def submit(
        self, lesson: str, params: Mapping[str, Any], preset: str | None = None, tier: Tier = "exact+wake", at: str = ""
    ) -> Run:
        """Starts or queues a run; :class:`QueueFull` if it cannot, ``KeyError`` if there is no such lesson.

        ``params`` have been validated. ``tier`` is the best tier it may use; ``at`` the asker's address.
        """
        return self._enqueue(lesson, params, preset, tier, Asker(None, at), False)

    def submit_from_page(
        self, lesson: str, params: Mapping[str, Any], preset: str | None, page: str, own: bool = False, at: str = ""
    ) -> Submission:
        """The same for a page, which has at most one queue entry: it keeps it, or joins an equal queued run.

        ``own``: it wants a run for itself. Runs of a lesson with actions are never joined.
        """
        key, mine = start_key(lesson, preset, params), self._queue.entry_of_page(page)
        if mine is not None and mine.start_key == key and not (own and mine.joinable and mine.pages > 1):
            return Submission(mine.run, mine.pages - 1)
        joinable_entry = None if own else self._queue.find_joinable(key)
        if not own:
            self._queue.note_wish(key, Asker(page, at), time.monotonic())
        if joinable_entry is not None:
            joinable_entry.run.audience.join(page, time.monotonic())
            submission = Submission(joinable_entry.run, joinable_entry.pages - 1)
        else:
            submission = Submission(self._enqueue(lesson, params, preset, "exact+wake", Asker(page, at), not own))
        if mine is not None:
            self.remove_page(mine.run, page)
        self._publish_positions()
        return submission

    def remove_page(self, run: Run, page: str) -> None:
        """Removes a page from a run's audience; a queued run that no other page waits for is cancelled."""
        run.audience.leave(page)
        entry = self._queue.entry_of_run(run)
        if entry is not None and not run.audience.pages:
            self._remove_from_queue(entry, "stopped", "its page went on to something else")
        self._publish_positions()

    async def stop_run(self, run: Run) -> None:
        """The owner stops it: its processes are dead after this, unless it goes on for other pages."""
        entry, owner = self._queue.entry_of_run(run), run.audience.owner
        if owner is not None and run.audience.other_pages:
            self.remove_page(run, owner)
        elif entry is not None:
            self._remove_from_queue(entry, "stopped", "the run was taken out of the queue")
            self._admit()
        else:
            await run.stop()

    def _enqueue(
        self, lesson: str, params: Mapping[str, Any], preset: str | None, tier: Tier, asker: Asker, joinable: bool
    ) -> Run:
        declared, now_s = catalog.discover(self._package)[lesson], time.monotonic()
        cores, key = min(declared.cores, len(self._capacity.cpus)), start_key(lesson, preset, params)
        joinable = joinable and not declared.actions
        if self._queue.is_full(cores == 0):
            self._evict_for(key if joinable else None, cores == 0, now_s)
        best = max(self.tier, tier, key=_TIERS.index)
        run = Run(random_id(), random_id(), lesson, declared, params, preset, best, asker.page, self._settings.bounds)
        self._queue.add(QueueEntry(run, declared, cores, key, now_s, joinable, asker, tier))
        self._store.add(run)
        self._admit()
        return run

    def _evict_for(self, key: StartKey | None, idle: bool, now_s: float) -> None:
        """In a full queue: what two pages want evicts what one wants; :class:`QueueFull` otherwise."""
        candidate = self._queue.eviction_candidate(idle)
        if key is None or self._queue.demand(key) < 2 or candidate is None:
            raise QueueFull(self._retry_schedules[idle].next_s(self._ordered_with_estimates(idle, now_s)[1]))
        self._remove_from_queue(candidate, "stopped", "the queue was full, and more pages want another run")

    def _remove_from_queue(self, entry: QueueEntry, reason: Any, message: str) -> None:
        self._queue.remove(entry)
        entry.run.cancel(reason, message)

    def _admit(self) -> None:
        """Starts the next run of each queue while it fits; no run overtakes another."""
        now_s = time.monotonic()
        may_start = not self._pause.remaining_s(now_s) and self._spawner.ready and not self._closing
        for idle in (False, True) if may_start else ():
            for entry in self._queue.ordered(idle, now_s):
                if not self._capacity.fits(entry.cores) or not self._start_run(entry):
                    break
        self._publish_positions()

    def _start_run(self, entry: QueueEntry) -> bool:
        """Starts a queued run; False if there are no descriptors for its pipes."""
        try:
            pipes = Pipes()
        except OSError:
            self._pause.begin("files")
            return False
        self._queue.take(entry)
        cpus = self._capacity.acquire(entry.cores)
        entry.run.mark_running(max(self.tier, entry.best_tier, key=_TIERS.index))
        self._active[entry.run] = wait_estimates.ActiveRun(entry.run, entry.cores, time.monotonic())
        self._spawn_task(self._run_to_end(entry, cpus, pipes))
        return True

    def _ordered_with_estimates(self, idle: bool, now_s: float) -> tuple[list[QueueEntry], list[float]]:
        line, wait_s = self._queue.ordered(idle, now_s), max(self._spawner.ready_in_s, self._pause.remaining_s(now_s))
        return line, wait_estimates.start_estimates(
            line, self._active.values(), self._capacity, self._durations, wait_s
        )

    def _publish_positions(self) -> None:
        """Updates the queue position of every queued run."""
        now_s = time.monotonic()
        for idle in (False, True):
            reason = self._pause.reason(now_s) if self._spawner.ready else "testing"
            wait_estimates.publish_positions(
                *self._ordered_with_estimates(idle, now_s), self._durations.launch_s, reason
            )

    async def _tick(self) -> None:
        """Once a second: expires absent pages, stops unwatched runs, restarts a dead spawner, admits what fits."""
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            for entry in self._queue:
                self._cancel_if_abandoned(entry, now_s)
            for run in list(self._active):
                run.audience.expire_absent(now_s)
                if self._stop_unwatched and run.interactive and run.audience.unwatched_s(now_s) > UNWATCHED_TIMEOUT_S:
                    self._spawn_task(run.stop(message=f"nobody had looked at it for {UNWATCHED_TIMEOUT_S:.0f} s"))
            if not self.client.alive:
                self._spawn_task(self._spawner.ensure_alive())
            self._admit()

    def _cancel_if_abandoned(self, entry: QueueEntry, now_s: float) -> None:
        """Cancels a queued run that pages waited for and none does any more."""
        audience = entry.run.audience
        audience.expire_absent(now_s)
        if entry.asker.page is not None and not audience.pages and audience.unwatched_s(now_s) >= ABSENT_TIMEOUT_S:
            self._remove_from_queue(entry, "stopped", "nobody waited for it any more")

    def _spawn_task(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_to_end(self, entry: QueueEntry, cpus: list[int], pipes: Pipes) -> None:
        run = entry.run
        reason: WaitReason = ""
        try:
            order = launch.build_order(entry, cpus, self._settings, self._package, patient=len(self._active) > 1)
            reason = await launch.run_to_end(entry.run, order, pipes, self._spawner)
        finally:
            self._capacity.release(entry.cores, cpus)
            ended_run = self._active.pop(run)
            if reason and not self._closing:
                self._pause.begin(reason)
                self._capacity.set_exhausted(True)
                self._queue.add(entry)
            elif reason:
                run.cancel("interrupted", "the server was stopped while it waited")
            else:
                self._capacity.set_exhausted(False)
                wait_estimates.record_duration(self._durations, ended_run)
            self._admit()
        if not reason:
            await run.wait_persisted()
            self._store.evict()
            await self._store.trim_archive()
