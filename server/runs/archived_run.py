"""A finished run as its stream sees it: its log grows while its file is read, slice by slice, as far as seals hold.

Whoever opens a long run gets its first facts when the first block has been checked, not when all of it has. Nothing is
kept but the lines that no frame holds yet. Pages and the API take the whole run instead (``run_store.RunStore.find``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence

from .. import events
from ..events import Entry, RunEnded
from ..log import seals
from .audience import Audience
from .run_state import QueuePosition

_STEP_BYTES = 256 * 1024  # of lines that one turn in a thread reads, after a first one that is as short as can be
_MAX_KNOWN = 4096  # facts that have been found valid, without their instants


class ArchivedLog:
    """The log of a finished run while it is read; it is read while somebody subscribes. Lives on one event loop."""

    def __init__(self, blocks: Iterator[seals.Block], first: seals.Block, failed: Callable[[], None]) -> None:
        """``first`` is the block before ``blocks``; ``failed()`` is called when they are not what was written."""
        self.transient = True  # as in EventLog
        self.broken = False  # nothing will follow, though it has not ended
        self.ended = False
        self._blocks, self._failed = blocks, failed
        self._known: set[str] = set()
        self._lines: list[str] = []
        self._gone = 0  # positions before the first of these lines
        self._end: Entry | None = None
        self._wakes: dict[object, Callable[[], None]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._take(self._checked(first.lines))

    @property
    def last(self) -> int:
        """Position of the newest entry that has been read."""
        return self._gone + len(self._lines)

    def tail(self, after: int = 0) -> Sequence[Entry]:
        """The last entry, once it is there: nobody asks for others."""
        assert self._end is not None
        assert after == self.last - 1
        return [self._end]

    def encoded(self, after: int = 0, count: int | None = None) -> Sequence[str]:
        """Lines after a position, at most ``count``. Those up to it are forgotten: a frame holds them."""
        if after < self._gone:  # somebody else has read this log
            self.broken = True
            return []
        del self._lines[: after - self._gone]
        self._gone = after
        return self._lines[:count]

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """As :meth:`server.log.event_log.EventLog.subscribe`; the file is read on while there is a subscriber."""
        ticket = object()
        self._wakes[ticket] = wake
        self.broken = self.broken or (self._gone > 0 and not self.ended)  # another hub has read it
        if self._reading is None and not self.ended:
            self._reading = asyncio.ensure_future(self._read())

        def leave() -> None:
            self._wakes.pop(ticket, None)

        return leave

    async def _read(self) -> None:
        while self._wakes and not (self.ended or self.broken):
            lines = await asyncio.to_thread(self._step)
            if lines is None:
                self.broken = True
                self._failed()
            else:
                self._take(lines)
            for wake in list(self._wakes.values()):
                wake()
        self._reading = None

    def _take(self, lines: list[str]) -> None:
        self._lines += lines
        self.ended = self._end is not None

    def _step(self) -> list[str] | None:
        """In a thread: the next lines; None if the file is not what was written."""
        lines, size = list[str](), 0
        try:
            for block in self._blocks:
                lines += self._checked(block.lines)
                size += sum(map(len, block.lines))
                if size >= _STEP_BYTES:
                    return lines
        except (seals.Unsealed, ValueError):
            return None
        return lines if lines and self._end is not None else None

    def _checked(self, lines: list[str]) -> list[str]:
        """The same lines, each an entry of this version; ``ValueError`` if one is not, or follows the end."""
        for line in lines:
            cut = line.find(",")
            if line[cut:] in self._known and line[8:cut].isdigit() and self._end is None:
                continue
            entry = events.decode(line)
            if self._end is not None:
                raise ValueError("an entry after the end")
            if isinstance(entry.fact, RunEnded):
                self._end = entry
            elif line.startswith('{"t_ns":'):
                self._learn(line[cut:])
        return lines

    def _learn(self, said: str) -> None:
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        self._known.add(said)


class ArchivedRun:
    """What the event streams want of a run."""

    note = None  # its file is whole
    queue_position: QueuePosition | None = None

    def __init__(self, epoch: int, log: ArchivedLog) -> None:
        self.epoch, self.log = epoch, log
        self.audience = Audience(time.monotonic())

    def subscribe(self, _wake: Callable[[], None]) -> Callable[[], None]:
        """Its place in the queue never changes: it has none."""
        return lambda: None


def opened(data: bytes, failed: Callable[[], None]) -> ArchivedRun | None:
    """A run from the bytes of its file, with its first block read; None if the file is not what was written."""
    blocks = seals.blocks(data)
    try:
        first = next(blocks, None)
        while first is not None and not first.lines:  # the seal of what was asked for
            first = next(blocks, None)
        return None if first is None else ArchivedRun(first.epoch, ArchivedLog(blocks, first, failed))
    except (seals.Unsealed, ValueError):
        return None
