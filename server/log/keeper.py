"""One run's log kept on disk while it grows, again and again until the disk has taken all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from ..events import EndReason, Entry, RunEnded
from .recording import Writer
from .refusal import Refusal

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0  # between two tries at a disk that refuses


class Source(Protocol):
    """What is kept: the log, seen from here."""

    @property
    def ended(self) -> bool: ...
    @property
    def last(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    def tail(self, after: int = 0) -> Sequence[Entry]: ...
    def encoded(self, after: int = 0) -> Sequence[str]: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


class Keeper:
    """Follows a log from its beginning. Must be made on a running event loop; ``follow`` is its life.

    The end of a run is sealed while ``run.ended`` is being appended, before anybody can hear of it: a server that is
    killed in the next instant says the same of this run when it is back.
    """

    def __init__(self, log: Source, writer: Writer, reopen: Callable[[], Refusal | None]) -> None:
        """``reopen()`` brings the directory back if it has gone; it returns why that cannot be."""
        self.log = log
        self.size_bytes = 0  # of the file that is in place, finished or marked as cut
        self.settled = asyncio.Event()  # the run is over, and its file has been tried once
        self._writer, self._reopen = writer, reopen
        self._position = 0
        self._resuming = self._done = self._over = False
        self._pause_s = _FIRST_PAUSE_S
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()
        self._leave = log.subscribe(self._wake)

    @property
    def refusal(self) -> Refusal | None:
        """Why the run is not kept at this instant; None while all that is sealed is on the disk."""
        return self._writer.refusal

    @property
    def waiting(self) -> bool:
        """Whether there will be another try."""
        return self.refusal is not None and not self._over

    def stop(self) -> None:
        """One more try, and no other: the server is ending, or there are too many such runs."""
        self._stopping.set()
        self._woken.set()

    async def follow(self) -> None:
        """Writes the log down; returns when its file is finished, or after ``stop``."""
        try:
            while not (self.log.ended or self._stopping.is_set()):
                await self._grow()
            if self.log.ended:
                await self._finish()
        finally:
            self._over = True
            self._leave()
            self.settled.set()

    def _wake(self) -> None:
        self._woken.set()
        if self.log.ended:
            self._take()
            self._writer.seal()

    def _take(self) -> None:
        if self._resuming:
            return  # a thread is writing all of it
        lines = self.log.encoded(self._position)
        self._position += len(lines)
        self._writer.append(lines)

    async def _grow(self) -> None:
        """One turn: what has come is written, then wait for more, or for the seal that is due."""
        self._woken.clear()
        self._take()
        pause_s = self._pause_s if self.refusal else self._writer.due_s()
        try:
            async with asyncio.timeout(pause_s):
                await self._woken.wait() if not self.refusal else await self._end_or_stop()
        except TimeoutError:
            if self.refusal:
                await self._resume()
            else:
                self._writer.seal()

    async def _end_or_stop(self) -> None:
        """Waits without turning at every fact: there is nothing to be done with one."""
        while not (self.log.ended or self._stopping.is_set()):
            self._woken.clear()
            await self._woken.wait()

    async def _resume(self) -> None:
        """Tries to write anew what a disk refused, in a thread; the run goes on meanwhile."""
        lines = list(self.log.encoded())
        self._resuming = True
        resumed = await asyncio.to_thread(self._again, lines)
        self._resuming = False
        if not resumed:
            self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)
            return
        self._position, self._pause_s = len(lines), _FIRST_PAUSE_S
        self._wake()  # what came meanwhile, the end perhaps

    def _again(self, lines: Sequence[str]) -> bool:
        return self._reopen() is None and self._writer.resume(lines)

    async def _finish(self) -> None:
        lines = list(self.log.encoded())
        if self.refusal:
            self.size_bytes = await asyncio.to_thread(self._writer.mark, self._reason())
        while True:
            last = self._stopping.is_set()
            self.size_bytes = await asyncio.to_thread(self._put, lines) or self.size_bytes
            self.settled.set()
            if last or self._done:
                return
            try:
                async with asyncio.timeout(self._pause_s):
                    await self._stopping.wait()
            except TimeoutError:
                self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)

    def _put(self, lines: Sequence[str]) -> int:
        if self.refusal and self._reopen() is not None:
            return 0
        size = self._writer.finish(lines)
        self._done = size > 0
        return size

    def _reason(self) -> EndReason:
        ended = self.log.tail(self.log.last - 1)[0].fact
        assert isinstance(ended, RunEnded)
        return ended.reason
