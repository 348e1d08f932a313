"""The launcher's end of the facts pipe: encoded entries, bounded, never waiting; it does not know what they say."""

from __future__ import annotations

import json
import os
import select
import time

from ..events import Entry, LogLost, ProofChecked, RunEnded, encode

#: Said even by a run that has used up its bound: how it ended and what was lost must never be what gets lost.
_NEVER_DROPPED = (RunEnded, LogLost, ProofChecked)
_WRITE_BYTES = 1 << 18


class FactWriter:
    """Entries go in, whole lines go out as the pipe takes them; what it does not take waits in memory."""

    def __init__(self, fd: int, most: int, most_bytes: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self._most = most
        self._most_bytes = most_bytes
        self._waiting = bytearray()
        self.count = 0
        self.bytes = 0
        self.dropped = 0  # entries beyond the bounds
        self.broken = False  # nobody reads any more
        self.blocked = False  # the pipe took less than there was

    @property
    def limit_exceeded(self) -> str | None:
        """Which bound the run has met, as one sentence, or None."""
        if not self.dropped:
            return None
        if self.count >= self._most:
            return f"the run was ended at its bound of {self._most:,} facts"
        return f"the run was ended at its bound of {self._most_bytes:,} bytes of facts"

    @property
    def pending(self) -> bool:
        """Whether something still waits for the pipe."""
        return bool(self._waiting) and not self.broken

    def add(self, entry: Entry) -> None:
        """Put an entry in line; beyond the bounds it is dropped and counted, last words excepted."""
        last_word = isinstance(entry.fact, _NEVER_DROPPED)
        if self.dropped and not last_word:
            self.dropped += 1
            return
        line = encode(entry).encode("ascii")
        if not last_word and (self.count >= self._most or self.bytes + len(line) >= self._most_bytes):
            self.dropped += 1
            return
        self.count += 1
        self.bytes += len(line) + 1
        self._waiting += line
        self._waiting += b"\n"

    def write_busy(self, reason: str) -> None:
        """The only line of a run that cannot begin now; it is no entry of a log."""
        self._waiting += json.dumps({"busy": reason}).encode() + b"\n"

    def flush(self) -> None:
        """Write what the pipe takes now."""
        self.blocked = False
        while self._waiting and not self.broken:
            try:
                done = os.write(self.fd, self._waiting[:_WRITE_BYTES])
            except BlockingIOError:
                self.blocked = True
                return
            except BrokenPipeError:
                self.broken = True
                return
            del self._waiting[:done]

    def flush_all(self, control: int, within_s: float) -> None:
        """Write everything, waiting for the reader; give up when it has gone, or has taken nothing for ``within_s``.

        End of file on ``control`` means that the asker is gone.
        """
        end = time.monotonic() + within_s
        poll = select.poll()
        poll.register(self.fd, select.POLLOUT)
        poll.register(control, 0)
        self.flush()
        while self.pending and time.monotonic() < end:
            left = len(self._waiting)
            if any(fd == control for fd, _ in poll.poll(100)):
                return
            self.flush()
            if len(self._waiting) < left:
                end = time.monotonic() + within_s
