"""All runs of one server: which may start, on which cores, who waits in which place; what a run does is in run.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..events import Tier
from ..lesson import catalog
from ..log.refusal import Refusal
from ..settings import Settings
from . import starting, waiting
from .audience import AWAY_S
from .capacity import Capacity
from .durations import Durations
from .ids import random_id
from .pipes import Pipes
from .queue import Place, Queue, wanted
from .run import Run
from .shelf import Shelf
from .spawner import Absent, Client
from .spawning import Spawning
from .standing import Lack

_TIERS: tuple[Tier, ...] = ("exact+wake", "exact", "sampled", "recording")
_TICK_S = 1.0
UNWATCHED_S = 20.0  # an interactive run that nobody has looked at for so long ends
_CLOSING_S = 1.0  # what a run has to end in when the server does, before it is killed


class Busy(Exception):
    """All places are taken, and so is the queue."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("all places are taken, and so is the queue")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of a page's start: a run, and where it was there before, how many other pages want it."""

    run: Run
    joined: int | None = None

    def holds(self, page: str | None) -> bool:
        """Whether the key is this starter's: it has made the run, now or with an earlier press."""
        return self.joined is None or (page is not None and self.run.audience.holder == page)


class Runs:
    """Lives on one event loop, from ``start`` to ``stop``."""

    def __init__(
        self,
        settings: Settings,
        package: str = catalog.PACKAGE,
        paths: Sequence[str | Path] = (),
        keep: bool = True,
        client: Client | Absent | None = None,
        viewed: bool = False,
    ) -> None:
        """``package`` holds the lessons' folders (found with ``paths``); ``keep`` False: nothing is archived.

        ``client``: a spawner of the caller's, which stays the caller's to close. ``viewed``: an interactive run that
        has no viewers any more ends.
        """
        self._settings, self._package, self._keep, self._viewed = settings, package, keep, viewed
        self._capacity = Capacity(settings.idle_runs)
        self._durations = Durations(package)
        self._queue = Queue(settings.queue_length)
        self._promised = {idle: waiting.Promises() for idle in (False, True)}
        self._live: dict[Run, waiting.Live] = {}
        self._tasks: set[asyncio.Future[object]] = set()
        self._shelf = Shelf(settings, lambda run: run in self._live)
        self._spawning = Spawning(package, paths, settings.uid, self._admit, client)
        self._ticker: asyncio.Task[None] | None = None
        self._hold = waiting.Hold()
        self._closing = False

    async def start(self) -> None:
        """Open the archive (``archive.Taken`` if another server has it), sweep it, start the spawner, wait for none."""
        if self._keep:
            await self._shelf.open()
        self._spawning.start()
        self._ticker = asyncio.ensure_future(self._tick())

    async def stop(self) -> None:
        """Everything queued or running is interrupted and dead, the archive is closed."""
        self._closing = True
        if self._ticker is not None:
            self._ticker.cancel()
        for place in self._queue:
            self._take_out(place, "interrupted", "the server was stopped while it waited")
        self._spawning.wake()
        await asyncio.gather(*(run.stop("interrupted", within_s=_CLOSING_S) for run in list(self._live)))
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._spawning.close()
        await self._shelf.close()

    @property
    def client(self) -> Client | Absent:
        """The spawner's; its ``finding`` and ``machine`` say what this machine can do, ``testing`` waits for that."""
        return self._spawning.client

    @property
    def not_kept(self) -> Refusal | None:
        """Why runs are not kept at this instant."""
        return self._shelf.not_kept

    @property
    def tier(self) -> Tier:
        """That of runs that start now."""
        return self.client.finding.tier

    @property
    def testing(self) -> bool:
        """Whether how the kernel can be heard is still being tested: the tier may rise."""
        return self._spawning.testing

    @property
    def free(self) -> dict[str, int]:
        """Cores and idle places that are free, and how many runs wait."""
        return {"cores": self._capacity.cores, "idle": self._capacity.idle_places, "queued": len(self._queue)}

    @property
    def admits(self) -> bool:
        """Whether a run of any kind could be admitted now, be it to the queue."""
        return not (self._closing or not self.client.alive or self._queue.full(False) or self._queue.full(True))

    async def find(self, id: str) -> Run | None:
        """A run that is queued, running or over; raises what the shelf does."""
        return await self._shelf.find(id)

    def submit(
        self, lesson: str, params: Mapping[str, Any], preset: str | None = None, tier: Tier = "exact+wake"
    ) -> Run:
        """Start a run, or put it in the queue; :class:`Busy` beyond the queue, ``KeyError`` if there is no such lesson.

        ``params`` have been validated. ``tier`` is the best way of hearing it may use.
        """
        return self._place(lesson, params, preset, tier, None, False)

    def enter(
        self, lesson: str, params: Mapping[str, Any], preset: str | None, page: str, own: bool = False
    ) -> Entered:
        """The same for a page, which has one waiting place: it keeps it, or joins an equal run that waits.

        ``own``: it wants a run for itself. Runs of a lesson with actions are never joined.
        """
        key, mine = wanted(lesson, preset, params), self._queue.of_page(page)
        if mine is not None and mine.wanted == key and not (own and mine.shared and mine.pages > 1):
            return Entered(mine.run, mine.pages - 1)
        equal = None if own else self._queue.equal(key)
        if equal is not None:
            equal.run.audience.join(page, time.monotonic())
            entered = Entered(equal.run, equal.pages - 1)
        else:
            entered = Entered(self._place(lesson, params, preset, "exact+wake", page, not own))
        if mine is not None:
            self.leave(mine.run, page)
        self._publish()
        return entered

    def leave(self, run: Run, page: str) -> None:
        """A page does not want a run any more; one that waits for nobody else is taken out of the queue."""
        run.audience.leave(page)
        place = self._queue.of_run(run)
        if place is not None and not run.audience.pages:
            self._take_out(place, "stopped", "its page went on to something else")
        self._publish()

    async def end(self, run: Run) -> None:
        """Its holder stops it: it is dead after this, or goes on for the other pages that wait for it or watch it."""
        place, holder = self._queue.of_run(run), run.audience.holder
        if holder is not None and run.audience.others:
            self.leave(run, holder)
        elif place is not None:
            self._take_out(place, "stopped", "the run was taken out of the queue")
            self._admit()
        else:
            await run.stop()

    def _place(
        self, lesson: str, params: Mapping[str, Any], preset: str | None, tier: Tier, page: str | None, share: bool
    ) -> Run:
        declared, now_s = catalog.discover(self._package)[lesson], time.monotonic()
        cores, key = min(declared.cores, len(self._capacity.cpus)), wanted(lesson, preset, params)
        if self._queue.full(cores == 0):
            self._make_room(key, page, cores == 0, now_s)
        best = max(self.tier, tier, key=_TIERS.index)
        run = Run(random_id(), random_id(), lesson, declared, params, preset, best, page)
        shared = share and page is not None and not declared.actions
        self._queue.add(Place(run, declared, cores, key, now_s, shared, page is not None, tier))
        self._shelf.add(run)
        self._admit()
        return run

    def _make_room(self, key: tuple[str, str | None, str], page: str | None, idle: bool, now_s: float) -> None:
        """In a full line: what two pages want takes the place of what one waits for; :class:`Busy` otherwise."""
        least = self._queue.least(idle)
        if page is None or not self._queue.refuse(key, page, now_s) or least is None:
            raise Busy(self._promised[idle].next_s(self._line(idle, now_s)[1]))
        self._take_out(least, "stopped", "the queue was full, and its place went to a run that more pages wait for")

    def _take_out(self, place: Place, reason: Any, message: str) -> None:
        self._queue.remove(place)
        place.run.withdraw(reason, message)

    def _admit(self) -> None:
        """Start whoever can start: in each line the next one, and nobody passes."""
        now_s = time.monotonic()
        for idle in (
            (False, True) if not self._hold.left_s(now_s) and self._spawning.ready and not self._closing else ()
        ):
            for place in self._queue.line(idle, now_s):
                if not self._capacity.fits(place.cores) or not self._begin(place):
                    break
        self._publish()

    def _begin(self, place: Place) -> bool:
        """Start it, if there are descriptors for it."""
        try:
            pipes = Pipes()
        except OSError:
            self._hold.note("files")
            return False
        self._queue.remove(place)
        cpus = self._capacity.take(place.cores)
        place.run.begin(max(self.tier, place.best, key=_TIERS.index))
        self._live[place.run] = waiting.Live(place.run, place.cores, time.monotonic())
        self._spawn_task(self._live_and_leave(place, cpus, pipes))
        return True

    def _line(self, idle: bool, now_s: float) -> tuple[list[Place], list[float]]:
        line, wait_s = self._queue.line(idle, now_s), max(self._spawning.ready_in_s, self._hold.left_s(now_s))
        return line, waiting.estimates(line, self._live.values(), self._capacity, self._durations, wait_s)

    def _publish(self) -> None:
        """Everybody who waits is told where they are."""
        now_s = time.monotonic()
        for idle in (False, True):
            lack = self._hold.lack(now_s) if self._spawning.ready else "testing"
            waiting.tell(*self._line(idle, now_s), self._durations.launch_s, lack)

    async def _tick(self) -> None:
        """Once a second: who has left, who is alone, whether there is a spawner, whether something is free again."""
        while True:
            await asyncio.sleep(_TICK_S)
            now_s = time.monotonic()
            for place in self._queue:
                self._let_go(place, now_s)
            for run in list(self._live):
                run.audience.forget_the_absent(now_s)
                if self._viewed and run.interactive and run.audience.empty_for_s(now_s) > UNWATCHED_S:
                    self._spawn_task(run.stop(why=f"nobody had looked at it for {UNWATCHED_S:.0f} s"))
            if not self.client.alive:
                self._spawn_task(self._spawning.revived())
            self._admit()

    def _let_go(self, place: Place, now_s: float) -> None:
        """A run that pages waited for, and none does any more."""
        audience = place.run.audience
        audience.forget_the_absent(now_s)
        if place.asked_by_page and not audience.pages and audience.empty_for_s(now_s) >= AWAY_S:
            self._take_out(place, "stopped", "nobody waited for it any more")

    def _spawn_task(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live_and_leave(self, place: Place, cpus: list[int], pipes: Pipes) -> None:
        run = place.run
        lack: Lack = ""
        try:
            order = starting.order(place, cpus, self._settings, self._package, patient=len(self._live) > 1)
            lack = await starting.live(place.run, order, pipes, self._spawning)
        finally:
            self._capacity.give(place.cores, cpus)
            was = self._live.pop(run)
            if lack and not self._closing:
                self._hold.note(lack)
                self._capacity.spent(more=False)
                self._queue.add(place)
            elif lack:
                run.withdraw("interrupted", "the server was stopped while it waited")
            else:
                self._capacity.spent(more=True)
                waiting.learn(self._durations, was)
            self._admit()
        if not lack:
            await run.settled()
            self._shelf.tidy()
            await self._shelf.trim()
