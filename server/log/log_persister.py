"""Writes one run's log to disk while it grows, and retries until the disk has taken all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from ..events import EndReason, Entry, RunEnded
from .recording import RecordingWriter
from .write_failure import WriteFailure

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0  # between two tries at a disk that refuses


class PersistedLog(Protocol):
    """What this module reads of a log."""

    @property
    def ended(self) -> bool: ...
    @property
    def last(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    def tail(self, after: int = 0) -> Sequence[Entry]: ...
    def encoded(self, after: int = 0) -> Sequence[str]: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


class LogPersister:
    """Follows a log from its beginning. Must be made on a running event loop; ``run`` is its life.

    The end of a run is sealed while ``run.ended`` is being appended, before anybody can hear of it: a server that is
    killed in the next instant says the same of this run when it is back.
    """

    def __init__(self, log: PersistedLog, writer: RecordingWriter, reopen: Callable[[], WriteFailure | None]) -> None:
        """``reopen()`` brings the directory back if it has gone; it returns why that cannot be."""
        self.log = log
        self.size_bytes = 0  # of the file that is in place, finished or marked as cut
        self.final_write_tried = asyncio.Event()  # the run is over, and its file has been tried once
        self._writer, self._reopen = writer, reopen
        self._position = self._taken_bytes = 0  # of the log, as far as the writer has it
        self._resuming = self._complete = self._ended = False
        self._pause_s = _FIRST_PAUSE_S
        self._stopping = asyncio.Event()
        self._woken = asyncio.Event()
        self._unsubscribe = log.subscribe(self._wake)

    @property
    def write_failure(self) -> WriteFailure | None:
        """Why the run is not kept at this instant; None while all that is sealed is on the disk."""
        return self._writer.write_failure

    @property
    def will_retry(self) -> bool:
        """Whether a failed write will be retried."""
        return self.write_failure is not None and not self._ended

    def stop(self) -> None:
        """One more try, and no other: the server is ending, or there are too many such runs."""
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        """Writes the log down; returns when its file is finished, or after ``stop``."""
        try:
            while not (self.log.ended or self._stopping.is_set()):
                await self._write_pending()
            if self.log.ended:
                await self._write_final()
        finally:
            self._ended = True
            self._unsubscribe()
            self.final_write_tried.set()

    def _wake(self) -> None:
        """At every entry: the writer takes the first one after a seal, and the rest when the next one is due."""
        if self.log.ended:
            self._append_new_lines()
            self._writer.seal()
        many = self.log.size_bytes - self._taken_bytes >= self._writer.seal_bytes
        if many or self.log.ended or not self._writer.has_unsealed:
            self._woken.set()

    def _append_new_lines(self) -> None:
        if self._resuming:
            return  # a thread is writing all of it
        lines = self.log.encoded(self._position)
        self._position += len(lines)
        self._taken_bytes = self.log.size_bytes
        self._writer.append(lines)

    async def _write_pending(self) -> None:
        """One turn: what has come is written, then wait for more, or for the seal that is due."""
        self._woken.clear()
        self._append_new_lines()
        pause_s = self._pause_s if self.write_failure else self._writer.seal_due_in_s()
        try:
            async with asyncio.timeout(pause_s):
                await self._woken.wait() if not self.write_failure else await self._end_or_stop()
        except TimeoutError:
            if self.write_failure:
                await self._retry_rewrite()
            else:
                self._append_new_lines()
                self._writer.seal()

    async def _end_or_stop(self) -> None:
        """Waits without turning at every fact: there is nothing to be done with one."""
        while not (self.log.ended or self._stopping.is_set()):
            self._woken.clear()
            await self._woken.wait()

    async def _retry_rewrite(self) -> None:
        """Tries to write anew what a disk refused, in a thread; the run goes on meanwhile."""
        lines = list(self.log.encoded())
        self._resuming = True
        resumed = await asyncio.to_thread(self._rewrite, lines)
        self._resuming = False
        if not resumed:
            self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)
            return
        self._position, self._pause_s = len(lines), _FIRST_PAUSE_S
        self._wake()  # what came meanwhile, the end perhaps

    def _rewrite(self, lines: Sequence[str]) -> bool:
        return self._reopen() is None and self._writer.resume(lines)

    async def _write_final(self) -> None:
        lines = list(self.log.encoded())
        if self.write_failure:
            self.size_bytes = await asyncio.to_thread(self._writer.mark_truncated, self._reason())
        while True:
            last = self._stopping.is_set()
            self.size_bytes = await asyncio.to_thread(self._try_final_write, lines) or self.size_bytes
            self.final_write_tried.set()
            if last or self._complete:
                return
            try:
                async with asyncio.timeout(self._pause_s):
                    await self._stopping.wait()
            except TimeoutError:
                self._pause_s = min(_LONGEST_PAUSE_S, self._pause_s * 2)

    def _try_final_write(self, lines: Sequence[str]) -> int:
        if self.write_failure and self._reopen() is not None:
            return 0
        size = self._writer.finish(lines)
        self._complete = size > 0
        return size

    def _reason(self) -> EndReason:
        ended = self.log.tail(self.log.last - 1)[0].fact
        assert isinstance(ended, RunEnded)
        return ended.reason
