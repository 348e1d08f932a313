"""One recording: read back, seals checked, or written while the run goes on; which runs exist it does not know."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .. import events
from ..events import EndReason, Entry, RunEnded
from . import seals

GROWING, FINISHED, TRUNCATED = ".ndjson", ".ndjson.gz", ".truncated.ndjson"


@dataclass(frozen=True, slots=True)
class Recording:
    """A run read back: the entries its seals vouch for, and what is wrong with the rest."""

    entries: list[Entry]
    lines: list[str]  # the same, encoded
    epoch: int
    damage: str | None  # one clause naming where the good prefix ends and why; None: whole

    @property
    def summary(self) -> dict[str, Any]:
        """The summary of ``run.ended``, empty if the good prefix does not reach that far."""
        last = self.entries[-1].fact if self.entries else None
        return last.summary if isinstance(last, RunEnded) else {}

    def closed(self, reason: EndReason = "interrupted", message: str | None = None) -> Recording:
        """The same with an end, for a run whose good prefix has none.

        What lay beyond the prefix may have been seen by viewers, so the closed run counts in the next epoch.
        """
        if self.entries and isinstance(self.entries[-1].fact, RunEnded):
            return self
        t_ns = max((entry.t_ns for entry in self.entries), default=0)
        end = Entry(t_ns, "derived", RunEnded(reason, {"wall_ns": t_ns}, message or self.damage))
        return Recording([*self.entries, end], [*self.lines, events.encode(end)], self.epoch + 1, self.damage)


def read(path: Path) -> Recording:
    """Reads a recording in either form; ``OSError`` if it cannot be opened, damage is never an exception."""
    found = seals.read(path.read_bytes())
    entries: list[Entry] = []
    damage = found.damage
    for line in found.lines:
        try:
            entries.append(events.decode(line))
        except ValueError:
            damage = "what follows is no entry of this version"
            break
    if damage is None and not (entries and isinstance(entries[-1].fact, RunEnded)):
        damage = "the end of the run is missing"
    if damage is not None:
        damage = f"good up to entry {len(entries)}, then damaged: {damage}"
    return Recording(entries, found.lines[: len(entries)], found.epoch, damage)


class Writer:
    """Writes one run's file as it happens. A disk that refuses ends the file, never the run."""

    def __init__(
        self, path: Path, epoch: int = 1, seal_ms: int = 250, seal_bytes: int = seals.SEAL_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Creates ``path`` (``<id>.ndjson``); seals at most ``seal_ms`` after a line or ``seal_bytes`` of lines."""
        self.truncated: str | None = None  # why and where the file ends before the run did
        self._path, self._epoch = path, epoch
        self._seal_s, self._seal_bytes, self._clock = seal_ms / 1000, seal_bytes, clock
        self._chain = seals.Chain()
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._since: float | None = None
        self._kept_bytes = 0
        self._fd = -1
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        except OSError as error:
            self._give_up(error)

    def append(self, lines: Iterable[str]) -> None:
        """Takes encoded entries; the first one of a file is sealed at once, the others when a seal is due."""
        for line in lines:
            if self.truncated is not None:
                return
            written = self._chain.take(line)
            self._pending.append(written)
            self._pending_bytes += len(written)
            if self._since is None:
                self._since = self._clock()
            if self._pending_bytes >= self._seal_bytes or self._chain.n == 1:
                self.seal()
        if self.due_s() == 0:
            self.seal()

    def due_s(self) -> float | None:
        """Seconds until the next seal is due, 0 if it is due now, None if nothing waits for one."""
        return None if self._since is None else max(0.0, self._since + self._seal_s - self._clock())

    def seal(self) -> None:
        """Writes what waits, and a seal over it, with one system call."""
        if self._since is None or self.truncated is not None:
            return
        block = b"".join([*self._pending, self._chain.seal(self._epoch)])
        self._pending.clear()
        self._pending_bytes, self._since = 0, None
        try:
            _write(self._fd, block)
            self._kept_bytes += len(block)
        except OSError as error:
            self._give_up(error)

    def finish(self) -> None:
        """Seals, compresses, puts the file in its final place. Slow for a long run: call it in a thread."""
        self.seal()
        self.close()
        if self.truncated is None:
            try:
                put(self._path, self._path.read_bytes())
            except OSError as error:
                self.truncated = _refusal(error)  # the growing file is whole; the next sweep finishes it

    def close(self) -> None:
        """Lets go of the file as it is; only what is sealed counts."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _give_up(self, error: OSError) -> None:
        self.truncated = _refusal(error)
        if self._fd < 0:
            return
        try:
            os.ftruncate(self._fd, self._kept_bytes)
            self._path.rename(sibling(self._path, TRUNCATED))
        except OSError:
            pass  # the seals bound what counts, with or without the mark in the name
        self.close()


def _write(fd: int, block: bytes) -> None:
    while block:
        block = block[os.write(fd, block) :]


def _refusal(error: OSError) -> str:
    return f"the recording ends early: {os.strerror(error.errno or 0)}"


def sibling(path: Path, ending: str) -> Path:
    return path.with_name(path.name.split(".")[0] + ending)


def put(path: Path, data: bytes) -> None:
    """``data`` as the finished file of the run that grew in ``path``: whole, or not there at all."""
    target, new = sibling(path, FINISHED), path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(seals.pack(data))
            file.flush()
            os.fsync(file.fileno())
        new.rename(target)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


class Source(Protocol):
    """What the archive reads: the log, seen from here."""

    @property
    def ended(self) -> bool: ...
    def encoded(self, after: int = 0) -> Sequence[str]: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


async def follow(log: Source, writer: Writer) -> None:
    """Writes a log down while it grows; returns when the run has ended and its file is finished."""
    woken = asyncio.Event()
    leave = log.subscribe(woken.set)
    position = 0
    try:
        while True:
            woken.clear()
            lines = log.encoded(position)
            position += len(lines)
            writer.append(lines)
            if log.ended:
                break
            try:
                await asyncio.wait_for(woken.wait(), writer.due_s())
            except TimeoutError:
                writer.seal()
        await asyncio.to_thread(writer.finish)
    finally:
        leave()
        writer.close()
