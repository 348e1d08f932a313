"""A pseudo-terminal whose master end the launcher holds: what is typed goes in, what is shown comes out; pty(7).

No byte of a reader's ever goes in: lessons type fixed lines.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from contextlib import suppress
from typing import Protocol

_TIOCGPTN, _TIOCSPTLCK = 0x8004_5430, 0x4004_5431  # ioctl_tty(2): number of the slave; its lock


class PtyReader(Protocol):
    """What ``Stage.read_pty`` makes."""

    def close(self) -> None:
        """Read no more, and close the descriptor."""


class Pty:
    """Made by ``Stage.pty``; give it to ``spawn`` or ``spawn_program`` as ``terminal``, read it by ``Stage.read_pty``.

    The launcher keeps no slave end open: when the last process that has one ends or closes it, reading the master
    gives EIO, which is the end of ``Stage.read_pty``. Closing the master hangs the terminal up (SIGHUP to its session's
    leader and foreground group), because no task inherits the master.
    """

    def __init__(self, rows: int, columns: int) -> None:
        """Open one of this size; ``OSError`` where /dev/pts is missing or full."""
        self.master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self.closed = False
        self.reader: PtyReader | None = None  # who reads the master, and closes it
        try:
            fcntl.ioctl(self.master, _TIOCSPTLCK, struct.pack("i", 0))
            (number,) = struct.unpack("I", fcntl.ioctl(self.master, _TIOCGPTN, bytes(4)))
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        except BaseException:
            self.hang_up()
            raise
        self.path = f"/dev/pts/{number}"  # of the slave end, which is not opened here

    def type(self, keys: str) -> None:
        """Type: Enter is ``\\r``, Ctrl-C ``\\x03``, Ctrl-Z ``\\x1a``, Ctrl-\\ ``\\x1c``, Ctrl-D ``\\x04``."""
        os.write(self.master, keys.encode())

    def foreground(self) -> int:
        """The group that is in the foreground now, 0 if there is none (TIOCGPGRP on the master)."""
        with suppress(OSError):
            return os.tcgetpgrp(self.master)
        return 0

    def hang_up(self) -> None:
        """Close the master; a second call does nothing."""
        if not self.closed:
            self.closed = True
            if self.reader is not None:
                self.reader.close()
            else:
                os.close(self.master)


def attach_controlling_terminal(path: str) -> None:
    """In a child that leads a session without a terminal: this one becomes it, and descriptors 0, 1, 2."""
    slave = os.open(path, os.O_RDWR)
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for target in (0, 1, 2):
        os.dup2(slave, target)
    if slave > 2:
        os.close(slave)
