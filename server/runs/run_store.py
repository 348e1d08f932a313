"""Runs that can be looked up: those in memory, and those of the archive, read once and kept for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator

from ..log import outline
from ..log.archive import Archive, DamagedRecording
from ..log.write_failure import WriteFailure
from ..settings import Settings
from . import archived_run
from .archived_run import ArchivedRun
from .run import Run

_CACHED_RUNS = 32  # runs that are over and still in memory; others are read from the archive
_CACHED_BYTES = 64 * 2**20  # and their lines; the entries take four times as much
_LONG_BYTES = 128 * 1024  # of a file: some 20,000 facts, which are read whole in a tenth of a second
_CONCURRENT_READS = 2  # runs read from the archive at one time: each may unfold to a whole log


class RunStore:
    """Lives on one event loop. ``in_use`` says of a run that it must stay cached, though it has ended."""

    def __init__(self, settings: Settings, in_use: Callable[[Run], bool]) -> None:
        self._settings = settings
        self._in_use = in_use
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._loading: dict[str, asyncio.Future[Run | None]] = {}
        self._opening: dict[str, asyncio.Future[ArchivedRun | None]] = {}
        self._unstreamable: set[str] = set()  # ids whose file is not what was written, though its digest says so
        self._readers = asyncio.Semaphore(_CONCURRENT_READS)
        self.archive: Archive | None = None

    async def open(self) -> None:
        """Open the archive (``archive.DirectoryLocked`` if another server has it) and sweep it."""
        settings = self._settings
        self.archive = Archive(
            settings.data_dir / "runs", settings.recordings_bytes, settings.seal_ms, settings.seal_bytes
        )
        await asyncio.to_thread(self.archive.recover_crashed)

    async def close(self) -> None:
        """Waits for reads under way, then closes the archive."""
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        if self.archive is not None:
            await self.archive.stop()

    def __iter__(self) -> Iterator[Run]:
        return iter(list(self._runs.values()))

    @property
    def not_kept(self) -> WriteFailure | None:
        """Why runs are not archive at this instant, if they are not."""
        return None if self.archive is None else self.archive.write_failure

    def add(self, run: Run) -> None:
        """A new run: it is archived from now on, and remembered."""
        if self.archive is not None:
            run.persist(self.archive)
        self.cache(run)

    def cache(self, run: Run) -> None:
        """Caches a run."""
        self._runs[run.id] = run
        self.evict()

    async def find(self, id: str) -> Run | None:
        """A run that is queued, running or over, from memory or from the archive (read once, in a thread).

        ``archive.DamagedRecording`` if nothing of it can be shown, ``archive.TemporarilyUnreadable``: try again.
        """
        if id in self._runs or self.archive is None:
            return self._runs.get(id)
        if id not in self._loading:
            self._loading[id] = asyncio.ensure_future(self._load(self.archive, id))
        return await asyncio.shield(self._loading[id])

    async def find_stream(self, id: str) -> Run | ArchivedRun | None:
        """As :meth:`find`, for who only streams it: a finished run whose file is as it was written is not read to its
        end first."""
        if id in self._runs or self.archive is None or id in self._loading or id in self._unstreamable:
            return await self.find(id)
        if id not in self._opening:
            self._opening[id] = asyncio.ensure_future(self._open_stream(self.archive, id))
        return await asyncio.shield(self._opening[id]) or await self.find(id)

    async def find_outline(self, id: str) -> Run | None:
        """As :meth:`find`, for a page that is made before its run is played: of a long finished run all but the changes
        of state, which are most of it, and how many of those are dispatches. It is not kept."""
        if id in self._runs or self.archive is None or id in self._loading or id in self._unstreamable:
            return await self.find(id)
        async with self._readers:
            found = await asyncio.to_thread(_read_outline, self.archive, id)
        return found or await self.find(id)

    async def _open_stream(self, archive: Archive, id: str) -> ArchivedRun | None:
        def failed() -> None:
            self._unstreamable.add(id)

        try:
            async with self._readers:
                return await asyncio.to_thread(_open, archive, id, failed)
        finally:
            del self._opening[id]

    async def _load(self, archive: Archive, id: str) -> Run | None:
        """A run of the archive, for all who ask for it while it is being read."""
        try:
            async with self._readers:
                run = await asyncio.to_thread(_read, archive, id)
            if run is not None:
                self.cache(run)
            return run
        finally:
            del self._loading[id]

    def evict(self) -> None:
        """Evicts the runs that ended first, as far as the archive has them."""
        if self.archive is None:
            return
        over = [run for run in self._runs.values() if run.done.is_set() and not self._in_use(run)]
        size = 0
        for number, run in enumerate(reversed(over)):
            size += run.log.size_bytes
            if run.waits_for_disk:
                continue  # the archive holds the bound on these
            if number >= _CACHED_RUNS or (number and size > _CACHED_BYTES):
                del self._runs[run.id]

    async def trim_archive(self) -> None:
        """Keep the archive within its quota."""
        if self.archive is not None:
            await asyncio.to_thread(self.archive.trim)


def _open(archive: Archive, id: str, failed: Callable[[], None]) -> ArchivedRun | None:
    data = archive.finished(id)
    return None if data is None else archived_run.opened(data, failed)


def _read(archive: Archive, id: str) -> Run | None:
    recording = archive.load(id)
    run = None if recording is None else Run.from_recording(id, recording)
    if recording is not None and run is None:
        raise DamagedRecording("The recording of this run does not say of which lesson it is.")
    return run


def _read_outline(archive: Archive, id: str) -> Run | None:
    data = archive.finished(id)
    found = None if data is None or len(data) < _LONG_BYTES else outline.read(data)
    run = None if found is None else Run.from_recording(id, found.recording)
    if found is not None and run is not None:
        run.dispatches = found.dispatches
    return run
