"""Pipes the launcher looks into without taking part: how full one is, and what comes out at the end of another.

Nothing here waits. A poll source is looked at on every turn of the launcher's loop; what it finds it states as facts.
"""

from __future__ import annotations

import array
import codecs
import errno
import fcntl
import os
import termios
import time
from collections.abc import Callable
from contextlib import suppress

from ..events import Fact, Output, PipeFilled, Source

F_SETPIPE_SZ = 1031  # fcntl(2), since Linux 2.6.35
F_GETPIPE_SZ = 1032
_CALM_NS = 100_000_000  # a source that has seen a change asks to be looked at sooner for so long
_SOON_MS = 2
_GAP_NS = 5_000_000  # a terminal wakes the launcher at most so often: a burst of lines must not cost a wake-up each
_READ_BYTES = 1 << 16  # what a pipe holds unless it was resized: one read is one fact
EmitFact = Callable[[Fact, Source], None]


def open_pipe(size: int | None = None) -> tuple[int, int]:
    """A pipe's read and write end, resized before anything flows (F_SETPIPE_SZ); ``OSError`` if that is refused."""
    read, write = os.pipe()
    if size is not None:
        fcntl.fcntl(write, F_SETPIPE_SZ, size)
    return read, write


def bytes_queued(fd: int) -> int:
    """Bytes that lie in the pipe of which ``fd`` is an end (FIONREAD, ioctl_tty(2)); a write end will do on Linux."""
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


class PipeLevel:
    """How full a pipe is, stated when it has changed. ``fd`` is its write end, and stays the caller's to close.

    A write end, because whoever holds a read end keeps the writer from ever learning that its reader has gone.
    """

    fd: int | None = None  # nothing to wait for

    def __init__(self, fd: int, emit: EmitFact) -> None:
        self._fd = fd
        self._emit = emit
        self._changed_ns = 0
        self.capacity_bytes = fcntl.fcntl(fd, F_GETPIPE_SZ)
        self.bytes = -1

    @property
    def max_pause_ms(self) -> int | None:
        """How soon it wants to be looked at again; None: it does not mind."""
        return _SOON_MS if time.monotonic_ns() - self._changed_ns < _CALM_NS else None

    def poll(self) -> None:
        """Read the level."""
        now = bytes_queued(self._fd)
        if now != self.bytes:
            self.bytes, self._changed_ns = now, time.monotonic_ns()
            self._emit(PipeFilled(now, self.capacity_bytes), "seen")


class TerminalReader:
    """What ``task`` prints, read as a terminal reads it and stated in the order of its bytes. It owns ``fd``.

    What one read gave is one fact, so that a log tells how much came out at once. Of a UTF-8 character that a read
    cuts, the first bytes (at most 3) are stated with the next one.
    """

    max_pause_ms: int | None = None

    def __init__(self, fd: int, task: int, emit: EmitFact) -> None:
        os.set_blocking(fd, False)
        self._fd = fd
        self._task = task
        self._emit = emit
        self._read_ns = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.bytes = 0  # that have come out so far
        self.at_eof = False  # end of file: nobody can print here any more

    @property
    def fd(self) -> int | None:
        """What the loop may wait for, unless it was read a moment ago."""
        return None if self.at_eof or time.monotonic_ns() - self._read_ns < _GAP_NS else self._fd

    def poll(self) -> None:
        """Read what there is."""
        while not self.at_eof:
            try:
                data = os.read(self._fd, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.EIO:  # a terminal's master, once nobody has its other end: pty(7)
                    raise
                data = b""
            self._read_ns = time.monotonic_ns()
            self.at_eof = not data
            self.bytes += len(data)
            text = self._decode(data, self.at_eof)
            if text:
                self._emit(Output(self._task, "terminal", text), "told")

    def close(self) -> None:
        """Hang up."""
        self.at_eof = True
        with suppress(OSError):
            os.close(self._fd)
