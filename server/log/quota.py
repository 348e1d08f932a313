"""The disk quota of one directory of finished recordings: counts their bytes, removes the oldest.

The sum is kept, not taken anew: the directory is only listed at the first question and whenever the oldest that were
found then have all left, so that a run costs the same beside 60,000 kept ones as beside ten.
"""

from __future__ import annotations

import contextlib
import heapq
import os
from collections import deque
from pathlib import Path
from threading import Lock

_OLDEST = 4096  # files remembered from one listing


class Quota:
    """Thread-safe; one for each directory."""

    def __init__(self, directory: Path, max_bytes: int, suffixes: tuple[str, ...]) -> None:
        """Counts the files whose names begin with a letter or digit and end in one of ``suffixes``."""
        self._directory, self._max_bytes, self._suffixes = directory, max_bytes, suffixes
        self._sum_bytes: int | None = None  # None: not listed yet
        self._oldest: deque[tuple[str, int]] = deque()
        self._lock = Lock()

    def add(self, size_bytes: int) -> None:
        """One more file of this size has been put in place."""
        with self._lock:
            if self._sum_bytes is not None:
                self._sum_bytes += size_bytes

    def names(self) -> list[str]:
        """All of them, oldest first."""
        return [name for _, name, _ in sorted(self._list())]

    def trim(self) -> None:
        """Removes the oldest until the rest is within the bound."""
        with self._lock:
            if self._sum_bytes is None:
                self._rescan()
            while (self._sum_bytes or 0) > self._max_bytes:
                if not self._oldest:
                    self._rescan()
                if not self._oldest or (self._sum_bytes or 0) <= self._max_bytes:
                    return
                name, size_bytes = self._oldest.popleft()
                try:
                    (self._directory / name).unlink(missing_ok=True)
                except OSError:
                    return  # read-only: the next run tries again
                self._sum_bytes = (self._sum_bytes or 0) - size_bytes

    def _rescan(self) -> None:
        found = self._list()
        self._sum_bytes = sum(size_bytes for _, _, size_bytes in found)
        self._oldest = deque((name, size_bytes) for _, name, size_bytes in heapq.nsmallest(_OLDEST, found))

    def _list(self) -> list[tuple[int, str, int]]:
        """(modified in ns, name, bytes) of each file."""
        found = []
        with contextlib.suppress(OSError), os.scandir(self._directory) as entries:  # it may have gone
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat()
                    found.append((status.st_mtime_ns, entry.name, status.st_size))
        return [each for each in found if each[1][0].isalnum() and each[1].endswith(self._suffixes)]
