"""What grep has matched and not yet printed, derived: what it has read, matched anew, minus what came out.

The kernel counts what grep has read (``rchar`` in /proc/PID/io, proc(5)), the launcher holds the file and sees the
terminal. It is worked out only while grep sleeps and its output pipe is empty: else some of it lies in grep's input
buffer, not searched yet, or on its way to the terminal. Where /proc/PID/io cannot be read, nothing is stated.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...events import PipeFilled
from ...stage.pipes import bytes_queued
from .procfs import bytes_read, letter, position
from .running import PATTERN, Pipeline

if TYPE_CHECKING:
    from ...stage.pipes import EmitFact, PipeLevel, TerminalReader

_CHUNK = 1 << 16


class StdioBuffer:
    """A poll source: the level of grep's output buffer. Its capacity is what stdio takes: st_blksize (setvbuf(3))."""

    fd: int | None = None
    max_pause_ms: int | None = None

    def __init__(self, line: Pipeline, level: PipeLevel, terminal: TerminalReader, tell: EmitFact) -> None:
        self._line = line
        self._level = level
        self._terminal = terminal
        self._tell = tell
        self._capacity = os.fstat(line.screen).st_blksize
        self._before: int | None = None  # bytes grep read before the pipe's: its own libraries
        self._read = 0  # bytes of the file that grep has read
        self._known = (-1, -1)  # what the level was last worked out from
        self._searched = 0  # whole lines of it up to here are counted in matched
        self._matched = 0
        self.bytes = -1

    @property
    def through(self) -> bool:
        """Whether all that was to be written has gone through the pipe, and writer, tail and grep sleep again."""
        size = os.fstat(self._line.log).st_size
        return self._level.bytes == 0 and self._asleep() and position(self._line.tail.pid, self._line.log) == size

    def poll(self) -> None:
        """Work out the level and state it if it has changed."""
        counted = self._counted()
        known = (-1 if counted is None else counted, self._terminal.bytes)
        if counted is None or known == self._known:
            return
        if self._before is None:
            if not self.through:
                return
            self._before = counted - os.fstat(self._line.log).st_size
        self._known, self._read = known, counted - self._before
        self._search()
        now = max(0, self._matched - self._terminal.bytes)
        if now != self.bytes:
            self.bytes = now
            self._tell(PipeFilled(now, self._capacity, "stdio"), "derived")

    def _counted(self) -> int | None:
        """How many bytes grep has read, if it has searched them all and what it printed has come out, else None."""
        grep = self._line.grep.pid
        counted = bytes_read(grep) if letter(grep) == "S" else None
        drained = counted is not None and bytes_queued(self._line.screen) == 0
        return counted if drained and letter(grep) == "S" and bytes_read(grep) == counted else None

    def _search(self) -> None:
        while self._searched < self._read:
            data = os.pread(self._line.log, min(_CHUNK, self._read - self._searched), self._searched)
            whole = data[: data.rfind(b"\n") + 1]
            if not whole:
                return
            self._searched += len(whole)
            self._matched += sum(len(each) for each in whole.splitlines(keepends=True) if PATTERN.encode() in each)

    def _asleep(self) -> bool:
        return all(letter(task.pid) == "S" for task in (self._line.writer, self._line.tail, self._line.grep))
