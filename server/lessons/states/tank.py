"""What grep has matched and not yet printed, derived: bytes that left the pipe, matched anew, minus what came out.

The kernel counts what grep has read (``rchar`` in /proc/PID/io, proc(5)), the launcher holds the file and sees the
terminal. Where /proc/PID/io cannot be read, nothing is stated.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from server.events import PipeFilled
from server.lessons.states.experiment import PATTERN, Pipeline
from server.lessons.states.outside import bytes_read, letter, position

if TYPE_CHECKING:
    from server.stage.plumbing import Level, Tell, Terminal

_CHUNK = 1 << 16


class Tank:
    """A gauge of grep's output buffer. Its capacity is what stdio takes for a pipe: st_blksize (setvbuf(3))."""

    fd: int | None = None
    pace_ms: int | None = None

    def __init__(self, line: Pipeline, level: Level, terminal: Terminal, tell: Tell) -> None:
        self._line = line
        self._level = level
        self._terminal = terminal
        self._tell = tell
        self._capacity = os.fstat(line.screen).st_blksize
        self._before: int | None = None  # bytes grep read before the pipe's: its own libraries
        self._read = 0  # bytes of the file that have left the pipe
        self._searched = 0  # whole lines of it up to here are counted in matched
        self._matched = 0
        self.bytes = -1

    @property
    def through(self) -> bool:
        """Whether all that is in the file has gone through the pipe, and tail and grep sleep again."""
        size = os.fstat(self._line.log).st_size
        return self._level.bytes == 0 and position(self._line.tail.pid, self._line.log) == size and self._asleep()

    def look(self) -> None:
        """Work out the level and state it if it has changed."""
        counted = bytes_read(self._line.grep.pid)
        if counted is not None and self._before is None and self.through:
            self._before = counted - os.fstat(self._line.log).st_size
        if counted is not None and self._before is not None:
            self._read = counted - self._before
        if self._before is None:
            return
        self._search()
        # Beyond its capacity lies what grep has read and not searched yet: it has not been matched.
        now = min(self._capacity, max(0, self._matched - self._terminal.bytes))
        if now != self.bytes:
            self.bytes = now
            self._tell(PipeFilled(now, self._capacity, "stdio"), "derived")

    def _search(self) -> None:
        while self._searched < self._read:
            data = os.pread(self._line.log, min(_CHUNK, self._read - self._searched), self._searched)
            whole = data[: data.rfind(b"\n") + 1]
            if not whole:
                return
            self._searched += len(whole)
            self._matched += sum(len(each) for each in whole.splitlines(keepends=True) if PATTERN.encode() in each)

    def _asleep(self) -> bool:
        return letter(self._line.tail.pid) == "S" and letter(self._line.grep.pid) == "S"
