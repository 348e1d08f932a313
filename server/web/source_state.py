"""A state of all files that pages are made of: equal as long as none of them has changed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path

FRESH_S = 0.25  # a scan is shared by all who ask so soon after it began; a changed file shows then


def scan(roots: Sequence[Path]) -> Hashable:
    """Path, time of change (ns) and size of every file below the roots; caches of bytecode are left out."""
    return frozenset(found for root in roots for found in _files(str(root)))


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            with contextlib.suppress(FileNotFoundError):  # an editor's own file, gone since
                state = os.stat(found := f"{path}/{name}")
                yield found, state.st_mtime_ns, state.st_size


class SourceState:
    """Scans in a thread, once for all who ask while it does and :data:`FRESH_S` after it began.

    As long as nothing has changed it gives the same object: who looks up by it compares no 700 files each time.
    """

    def __init__(self, scan: Callable[[], Hashable], now_s: Callable[[], float] = time.monotonic) -> None:
        self._scan, self._now_s = scan, now_s
        self._scanning: asyncio.Task[Hashable] | None = None
        self._began_s = 0.0
        self._known: Hashable = None

    async def now(self) -> Hashable:
        """The state as of at most :data:`FRESH_S` ago; a folder that is not there has no files."""
        task = self._scanning
        stale = self._now_s() - self._began_s > FRESH_S
        if task is None or (task.done() and (stale or task.cancelled() or task.exception())):
            self._began_s = self._now_s()
            task = self._scanning = asyncio.create_task(self._look())
        return await asyncio.shield(task)

    async def _look(self) -> Hashable:
        found = await asyncio.to_thread(self._scan)
        if found != self._known:
            self._known = found
        return self._known
