"""The archive: the recordings of all runs in one directory, whose lock one server holds; it starts and stops no run.

``<id>.ndjson`` grows while a run lasts, ``<id>.ndjson.gz`` is a finished run, ``<id>.truncated.ndjson`` one whose disk
gave out. What is sealed is kept: after a crash the next start turns a growing file into an interrupted run.
"""

from __future__ import annotations

import fcntl
import os
import re
from dataclasses import replace
from pathlib import Path

from . import seals
from .recording import FINISHED, GROWING, TRUNCATED, Recording, Writer, put, read, sibling

_ID = re.compile(r"[a-z0-9]{1,64}", re.ASCII)
_CRASHED = "The server stopped while this run was going on; what was recorded until then is kept."


class Taken(Exception):
    """Another server holds this directory; the text is one sentence for whoever started this one."""


def find(directory: Path, run: str) -> Recording | None:
    """A run that is over, read without the directory's lock; None if there is none of this id.

    It always has an end: a damaged one is closed after its good prefix, with the damage as message.
    """
    if _ID.fullmatch(run) is None:
        return None
    for ending in (FINISHED, TRUNCATED):
        try:
            found = read(directory / f"{run}{ending}")
        except OSError:
            continue
        if ending == TRUNCATED:
            found = replace(found, damage=f"good up to entry {len(found.entries)}, then the disk took no more")
        return found.closed()
    return None


class Archive:
    """The directory of recordings. Without a directory it can write to, runs are live only and ``refusal`` says so."""

    def __init__(
        self, directory: Path, quota_bytes: int = 500 * 2**20, seal_ms: int = 250, seal_bytes: int = seals.SEAL_BYTES
    ) -> None:
        """Makes the directory and takes its lock; ``Taken`` if another server has it."""
        self.directory = directory
        self.refusal: str | None = None
        self._quota_bytes, self._seal_ms, self._seal_bytes = quota_bytes, seal_ms, seal_bytes
        self._lock = -1
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise Taken(
                f"another server keeps its runs in {directory}: stop it, or set TIMESLICE_DATA_DIR to another directory"
            ) from None
        except OSError as error:
            self.refusal = f"runs are not kept: {directory}: {os.strerror(error.errno or 0)}"

    def close(self) -> None:
        """Gives the directory back."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def writer(self, run: str, epoch: int = 1) -> Writer:
        """A writer for a new run of this id."""
        return Writer(self.directory / f"{run}{GROWING}", epoch, self._seal_ms, self._seal_bytes)

    def ids(self) -> list[str]:
        """Finished and truncated runs, oldest first."""
        kept = [path for ending in (FINISHED, TRUNCATED) for path in self.directory.glob(f"[a-z0-9]*{ending}")]
        return [path.name.split(".")[0] for path in sorted(kept, key=_age)]

    def load(self, run: str) -> Recording | None:
        """:func:`find` in this directory."""
        return find(self.directory, run)

    def sweep(self) -> list[str]:
        """At start-up: turns every run a crash left growing into a finished or interrupted one; their ids."""
        if self.refusal:
            return []
        for new in self.directory.glob(".*.new"):
            new.unlink(missing_ok=True)
        found = []
        for path in sorted(self.directory.glob(f"[a-z0-9]*{GROWING}"), key=_age):
            if path.name.endswith(TRUNCATED):
                continue
            if sibling(path, FINISHED).exists():
                path.unlink()  # the crash fell between putting the one in place and removing the other
            elif _settle(path):
                found.append(path.name.split(".")[0])
        return found

    def trim(self) -> None:
        """Removes the oldest runs until the rest is within the quota."""
        paths = [sibling(self.directory / run, ending) for run in self.ids() for ending in (FINISHED, TRUNCATED)]
        sizes = [(path, path.stat().st_size) for path in paths if path.exists()]
        excess = sum(size for _, size in sizes) - self._quota_bytes
        for path, size in sizes:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= size


def _age(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _settle(path: Path) -> bool:
    """Ends a growing file; False if not even its first entry was sealed, and then it is gone."""
    found = read(path)
    if not found.entries:
        path.unlink()
        return False
    ended = found.closed("interrupted", _CRASHED)
    put(path, seals.seal_all(ended.lines, ended.epoch))
    return True
