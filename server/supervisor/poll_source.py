"""What the launcher's loop looks at besides the run's own pipes, and the pause between two turns."""

from __future__ import annotations

import select
from collections.abc import Sequence
from typing import Protocol


class PollSource(Protocol):
    """Something that is looked at on every turn (server/stage/pipes.py)."""

    @property
    def fd(self) -> int | None:
        """A descriptor whose input ends the loop's pause; None: none now."""

    @property
    def max_pause_ms(self) -> int | None:
        """The longest pause it wants now; None: any."""

    def poll(self) -> None:
        """Look, without waiting."""


class Pause:
    """poll(2) on descriptors that are mostly the same as the last time."""

    def __init__(self) -> None:
        self._wanted: list[tuple[int, int]] = []
        self._poll = select.poll()

    def wait(self, wanted: Sequence[tuple[int, int]], wait_ms: int) -> None:
        """Wait for one of these events (descriptor, mask), at most ``wait_ms`` milliseconds."""
        if list(wanted) != self._wanted:
            self._wanted, self._poll = list(wanted), select.poll()
            for fd, events in wanted:
                self._poll.register(fd, events)
        self._poll.poll(max(0, wait_ms))
