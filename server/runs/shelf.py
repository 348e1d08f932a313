"""Runs that can be looked up: those in memory, and those of the archive, read once and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator

from ..log.archive import Archive, Damaged
from ..log.refusal import Refusal
from ..settings import Settings
from .run import Run

_REMEMBERED = 32  # runs that are over and still in memory; others are read from the archive
_REMEMBERED_BYTES = 64 * 2**20  # and their lines; the entries take four times as much
_READERS = 2  # runs read from the archive at one time: each may unfold to a whole log


class Shelf:
    """Lives on one event loop. ``busy`` says of a run that it must stay, though it is over."""

    def __init__(self, settings: Settings, busy: Callable[[Run], bool]) -> None:
        self._settings = settings
        self._busy = busy
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._loading: dict[str, asyncio.Future[Run | None]] = {}
        self._readers = asyncio.Semaphore(_READERS)
        self.archive: Archive | None = None

    async def open(self) -> None:
        """Open the archive (``archive.Taken`` if another server has it) and sweep it."""
        settings = self._settings
        self.archive = Archive(
            settings.data_dir / "runs", settings.recordings_bytes, settings.seal_ms, settings.seal_bytes
        )
        await asyncio.to_thread(self.archive.sweep)

    async def close(self) -> None:
        """Nothing is read or written any more."""
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        if self.archive is not None:
            await self.archive.stop()

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    @property
    def not_kept(self) -> Refusal | None:
        """Why runs are not kept at this instant, if they are not."""
        return None if self.archive is None else self.archive.refusal

    def add(self, run: Run) -> None:
        """A new run: it is kept from now on, and remembered."""
        if self.archive is not None:
            run.keep(self.archive)
        self.put(run)

    def put(self, run: Run) -> None:
        """Remember it."""
        self._runs[run.id] = run
        self.tidy()

    async def find(self, id: str) -> Run | None:
        """A run that is queued, running or over, from memory or from the archive (read once, in a thread).

        ``archive.Damaged`` if there was one and nothing of it can be shown, ``archive.Unreadable``: ask again.
        """
        if id in self._runs or self.archive is None:
            return self._runs.get(id)
        if id not in self._loading:
            self._loading[id] = asyncio.ensure_future(self._load(self.archive, id))
        return await asyncio.shield(self._loading[id])

    async def _load(self, kept: Archive, id: str) -> Run | None:
        """A run of the archive, for all who ask for it while it is being read."""
        try:
            async with self._readers:
                run = await asyncio.to_thread(_read, kept, id)
            if run is not None:
                self.put(run)
            return run
        finally:
            del self._loading[id]

    def tidy(self) -> None:
        """Let go of the runs that were over first, as far as the archive has them."""
        if self.archive is None:
            return
        over = [run for run in self._runs.values() if run.over.is_set() and not self._busy(run)]
        size = 0
        for number, run in enumerate(reversed(over)):
            size += run.log.size_bytes
            if run.waits_for_disk:
                continue  # the archive holds the bound on these
            if number >= _REMEMBERED or (number and size > _REMEMBERED_BYTES):
                del self._runs[run.id]

    async def trim(self) -> None:
        """Keep the archive within its quota."""
        if self.archive is not None:
            await asyncio.to_thread(self.archive.trim)


def _read(kept: Archive, id: str) -> Run | None:
    found = kept.load(id)
    run = None if found is None else Run.kept(id, found)
    if found is not None and run is None:
        raise Damaged("The recording of this run does not say of which lesson it is.")
    return run
