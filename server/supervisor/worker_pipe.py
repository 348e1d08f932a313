"""The pipe on which running tasks state what they do: one whole JSON line a statement; it interprets nothing.

A line is at most PIPE_BUF (4096) bytes, so that the kernel writes it atomically (pipe(7)) whoever else writes. This
module is also loaded by other interpreters and sub-interpreters: it imports nothing but five small standard modules.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

PIPE_BUF = 4096
CAPACITY_BYTES = 1 << 20
IDLE_BYTES = 1 << 18  # for tasks that hardly work: a user may have 64 MiB of pipes in all (fs.pipe-user-pages-soft)
READ_BYTES = 1 << 17
F_SETPIPE_SZ = 1031


class PipeQuotaExceeded(Exception):
    """The user's quota of pipe memory is used up; the message is one clause."""


def open_worker_pipe(idle: bool = False, patient: bool = False) -> tuple[int, int]:
    """The two ends, the read end non-blocking, as large as an ordinary user may make it; ``idle``: a small one will do.

    ``patient``: :class:`PipeQuotaExceeded` where the user's quota does not allow that size.
    """
    import fcntl

    read, write = os.pipe()
    os.set_blocking(read, False)
    try:
        fcntl.fcntl(write, F_SETPIPE_SZ, IDLE_BYTES if idle else CAPACITY_BYTES)
    except OSError:  # 64 KiB will do, if need be
        if patient:
            os.close(read)
            os.close(write)
            raise PipeQuotaExceeded("this user's quota of pipe memory (fs.pipe-user-pages-soft) is used up") from None
    return read, write


def write_message(fd: int, tid: int, what: str, value: Any, t_ns: int | None = None) -> None:
    """State ``value`` under the key ``what``; ``ValueError`` if the line cannot be written whole."""
    stamp = time.monotonic_ns() if t_ns is None else t_ns
    line = json.dumps({"t": stamp, "tid": tid, what: value}, separators=(",", ":"), allow_nan=False) + "\n"
    data = line.encode("ascii")
    if len(data) > PIPE_BUF:
        raise ValueError(f"a fact of {len(data)} bytes is longer than a pipe writes at once ({PIPE_BUF})")
    os.write(fd, data)


class WorkerPipeReader:
    """The launcher's end: whole lines as they are, parsed, never waiting."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self.has_more = False
        self.malformed_lines = 0  # lines that were no JSON object: somebody else wrote into the pipe

    def read(self) -> list[dict[str, Any]]:
        """Statements that have arrived since the last call, in the order of arrival; ``more`` says if some may be left.

        Not more than about 1,300 at once: who states facts without end must not keep the rings from being drained.
        """
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            data = b""
        self.has_more = len(data) == READ_BYTES
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [said for line in lines if (said := self._parse(line)) is not None]

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        try:
            said = json.loads(line)
            if isinstance(said["t"], int) and isinstance(said["tid"], int):
                return dict(said)
        except (ValueError, KeyError, TypeError):
            pass
        self.malformed_lines += 1
        return None
