"""One recording: read back with its seals checked, or written while the run goes on."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import events
from ..events import EndReason, Entry, RunEnded
from . import seals
from .write_failure import WriteFailure

GROWING, FINISHED, TRUNCATED = ".ndjson", ".ndjson.gz", ".truncated.ndjson"
_NO_END = "the end of the run is missing"


@dataclass(frozen=True, slots=True)
class Recording:
    """A run read back: the entries its seals vouch for, and what is wrong with the rest."""

    entries: list[Entry]
    lines: list[str]  # the same, encoded
    epoch: int
    damage: str | None  # one clause naming where the good prefix ends and why; None: whole
    request: Mapping[str, Any] | None = None  # lesson, preset, params: what was asked for, where the file says it
    truncated: bool = False  # nothing but its end is missing: the seals hold to the file's last byte
    not_kept: WriteFailure | None = None  # the disk took no more of it

    @property
    def summary(self) -> dict[str, Any]:
        """The summary of ``run.ended``, empty if the good prefix does not reach that far."""
        last = self.entries[-1].fact if self.entries else None
        return last.summary if isinstance(last, RunEnded) else {}

    @property
    def ended(self) -> bool:
        """Whether the good prefix reaches to the run's end."""
        return bool(self.entries) and isinstance(self.entries[-1].fact, RunEnded)

    def with_end(self, reason: EndReason = "interrupted", message: str | None = None) -> Recording:
        """The same with an end, for a run whose good prefix has none.

        What lay beyond the prefix may have been seen by viewers, so the closed run counts in the next epoch.
        """
        if self.ended:
            return self
        t_ns = max((entry.t_ns for entry in self.entries), default=0)
        end = Entry(t_ns, "derived", RunEnded(reason, {"wall_ns": t_ns}, message or self.damage))
        lines = [*self.lines, events.encode(end)]
        return replace(self, entries=[*self.entries, end], lines=lines, epoch=self.epoch + 1)


def read(path: Path) -> Recording:
    """Reads a recording in either form; ``OSError`` if it cannot be read, damage is never an exception."""
    found = seals.read(path.read_bytes())
    entries: list[Entry] = []
    damage = found.damage
    for line in found.lines:
        try:
            entries.append(events.decode(line))
        except ValueError:
            damage = "what follows is no entry of this version"
            break
    cut = damage is None and not (entries and isinstance(entries[-1].fact, RunEnded))
    if cut:
        damage = _NO_END
    if damage is not None:
        damage = f"good up to entry {len(entries)}, then damaged: {damage}"
    return Recording(entries, found.lines[: len(entries)], found.epoch, damage, found.request, cut)


class RecordingWriter:
    """Writes one run's file as it happens. A disk that refuses ends the file for a while, never the run.

    Between two seals no descriptor is held, so that a directory that has gone is noticed at the next seal.
    """

    def __init__(
        self, path: Path, epoch: int = 1, seal_ms: int = 250, seal_bytes: int = seals.SEAL_BYTES,
        clock: Callable[[], float] = time.monotonic, request: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Creates ``path`` (``<id>.ndjson``), with a sealed request line if there is a ``request`` (JSON).

        Seals at most ``seal_ms`` milliseconds after a line or ``seal_bytes`` bytes of lines.
        """
        self.write_failure: WriteFailure | None = None  # why the file ends before the run does
        self._path, self._epoch, self._request = path, epoch, request
        self._marked: Path | None = None
        self._seal_s, self.seal_bytes, self._clock = seal_ms / 1000, seal_bytes, clock
        self._begin()
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640))
            if request is not None:
                self._write(self._chain.request_line(request) + self._chain.seal_line(epoch))
        except OSError as error:
            self._give_up(error)

    def _begin(self) -> None:
        self._chain = seals.SealChain()
        self._pending: list[bytes] = []
        self._pending_bytes, self._kept_bytes = 0, 0
        self._since: float | None = None

    def append(self, lines: Iterable[str]) -> None:
        """Takes encoded entries; the first one of a file is sealed at once, the others when a seal is due."""
        for line in lines:
            if self.write_failure is not None:
                return
            written = self._chain.add_line(line)
            self._pending.append(written)
            self._pending_bytes += len(written)
            if self._since is None:
                self._since = self._clock()
            if self._pending_bytes >= self.seal_bytes or self._chain.n == 1:
                self.seal()
        if self.seal_due_in_s() == 0:
            self.seal()

    @property
    def has_unsealed(self) -> bool:
        """Whether lines wait for a seal."""
        return self._since is not None

    def seal_due_in_s(self) -> float | None:
        """Seconds until the next seal is due, 0 if it is due now, None if nothing waits for one."""
        return None if self._since is None else max(0.0, self._since + self._seal_s - self._clock())

    def seal(self) -> None:
        """Writes what waits, and a seal over it, with one system call."""
        if self._since is None or self.write_failure is not None:
            return
        block = b"".join([*self._pending, self._chain.seal_line(self._epoch)])
        self._pending.clear()
        self._pending_bytes, self._since = 0, None
        try:
            self._write(block)
        except OSError as error:
            self._give_up(error)

    def resume(self, lines: Sequence[str]) -> bool:
        """After a refusal: writes the file anew, all ``lines`` of the run under seals; whether the disk took it."""
        self._begin()
        new = self._path.with_name(f".{self._path.name}.new")
        try:
            parts = [] if self._request is None else [self._chain.request_line(self._request)]
            parts += [self._chain.add_line(line) for line in lines]
            data = b"".join([*parts, self._chain.seal_line(self._epoch)])
            new.write_bytes(data)
            new.rename(self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
            self.write_failure = WriteFailure.from_oserror(error)
            return False
        self._kept_bytes, self.write_failure = len(data), None
        return True

    def finish(self, lines: Sequence[str]) -> int:
        """Puts the finished file with all ``lines`` of the run in place; its size in bytes, 0 if the disk refuses.

        Slow for a long run: call it in a thread. A growing file that is whole stays for another try.
        """
        try:
            size = write_finished(self._path, lines, self._epoch, self._request)
            if self._marked is not None:
                self._marked.unlink(missing_ok=True)
        except OSError as error:
            if self.write_failure is not None:
                self.write_failure = WriteFailure.from_oserror(error)
            return 0
        self.write_failure = None
        return size

    def mark_truncated(self, reason: EndReason) -> int:
        """Says in the file's name how a run ended whose end the disk did not take; the file's size in bytes."""
        try:
            self._marked = self._path.rename(sibling_path(self._path, f".{reason}{TRUNCATED}"))
            return self._marked.stat().st_size
        except OSError:
            return 0  # read-only or gone: then nothing can be said

    def _write(self, block: bytes) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            rest = block
            while rest:
                rest = rest[os.write(fd, rest) :]
        except OSError:
            with contextlib.suppress(OSError):  # the seals bound what counts, with or without a torn line after them
                os.ftruncate(fd, self._kept_bytes)
            raise
        finally:
            os.close(fd)
        self._kept_bytes += len(block)

    def _give_up(self, error: OSError) -> None:
        self.write_failure = WriteFailure.from_oserror(error)
        self._pending.clear()
        self._since = None


def sibling_path(path: Path, ending: str) -> Path:
    """The file of the same run with this ending."""
    return path.with_name(path.name.split(".")[0] + ending)


def write_finished(path: Path, lines: Iterable[str], epoch: int, request: Mapping[str, Any] | None = None) -> int:
    """The finished file of the run that grew in ``path``: whole, or not there at all; its size in bytes."""
    target, new = sibling_path(path, FINISHED), path.with_name(f".{path.name}.new")
    data = seals.compress(seals.seal_all(lines, epoch, request))
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.rename(target)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    return len(data)
