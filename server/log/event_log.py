"""The log of one run: append-only, numbered from 1, bounded, honest about what it lost; it keeps no file.

One event loop (or one plain thread) owns a log; nothing here locks. Every reader, be it stream, archive, claims or a
test, is just somebody who asks for what came after the position it knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..events import Entry, LogLost, ProofChecked, RunEnded, encode
from ..settings import Bounds

Wake = Callable[[], None]

#: Kinds that a full log still takes: how a run ended and what was lost must never be what gets lost.
_LAST_WORDS = (RunEnded, LogLost, ProofChecked)


class EventLog:
    """Entries of one run in delivery order; an entry's position is its place here, from 1."""

    transient = False  # True: lines are forgotten once they have been framed; of a log that is read from a file
    broken = False  # True: nothing will follow, though it has not ended; only a log that is read from a file can say so

    def __init__(self, facts: int | None = None, log_bytes: int | None = None) -> None:
        """Bounded by ``facts`` entries and ``log_bytes`` bytes of lines, line breaks included (None: the default)."""
        bounds = Bounds()
        self._facts = bounds.facts if facts is None else facts
        self._log_bytes = bounds.log_bytes if log_bytes is None else log_bytes
        self._entries: list[Entry] = []
        self._lines: list[str] = []
        self._bytes = 0
        self._wakes: dict[int, Wake] = {}
        self._tickets = 0
        self._lost = 0
        self._ended = False

    @property
    def last(self) -> int:
        """Position of the newest entry, 0 while the log is empty."""
        return len(self._entries)

    @property
    def lost(self) -> int:
        """How many entries the bounds turned away."""
        return self._lost

    @property
    def full(self) -> bool:
        """True once a bound has turned an entry away: the run should be stopped."""
        return self._lost > 0

    @property
    def ended(self) -> bool:
        """True once ``run.ended`` is in: nothing follows it."""
        return self._ended

    @property
    def size_bytes(self) -> int:
        """Bytes of all encoded lines, line breaks included."""
        return self._bytes

    def append(self, entry: Entry, line: str | None = None) -> int:
        """Takes an entry and returns its position, or 0 if it was turned away (and counted in ``lost``).

        ``line`` is the entry as ``events.encode`` gives it, for a caller who holds it already.
        """
        text = encode(entry) if line is None else line
        if not self._fits(entry, len(text) + 1):
            self._lost += 1
            return 0
        self._entries.append(entry)
        self._lines.append(text)
        self._bytes += len(text) + 1
        self._ended = isinstance(entry.fact, RunEnded)
        for wake in list(self._wakes.values()):
            wake()
        return len(self._entries)

    def _fits(self, entry: Entry, size: int) -> bool:
        if self._ended:
            return False
        if isinstance(entry.fact, _LAST_WORDS):
            return True
        return len(self._entries) < self._facts and self._bytes + size <= self._log_bytes

    def tail(self, after: int = 0) -> Sequence[Entry]:
        """The entries with positions ``after + 1 … last``, a snapshot."""
        return self._entries[max(0, after) :]

    def encoded(self, after: int = 0, count: int | None = None) -> Sequence[str]:
        """The same as :meth:`tail` as JSON lines without line breaks, each encoded once; at most ``count``."""
        after = max(0, after)
        return self._lines[after : None if count is None else after + count]

    def subscribe(self, wake: Wake) -> Callable[[], None]:
        """Calls ``wake()`` after every append, without data, until the returned function is called (twice is fine)."""
        self._tickets += 1
        ticket = self._tickets
        self._wakes[ticket] = wake

        def leave() -> None:
            self._wakes.pop(ticket, None)

        return leave
