"""The control and facts pipes of a run, opened before it is started: without descriptors it stays queued."""

from __future__ import annotations

import os
from types import TracebackType


class Pipes:
    """Control and facts, both ends of each. ``OSError`` (EMFILE, ENFILE) where there are no descriptors left."""

    def __init__(self) -> None:
        control = os.pipe()
        try:
            facts = os.pipe()
        except OSError:
            for end in control:
                os.close(end)
            raise
        self._our_ends: tuple[int, ...] = (control[1], facts[0])
        self.spawner_ends: tuple[int, ...] = (control[0], facts[1])  # to be sent to the spawner

    def detach(self) -> tuple[int, int]:
        """Hands our ends over to the caller: (where actions are written, where facts are read)."""
        control, facts = self._our_ends
        self._our_ends = ()
        return control, facts

    def close(self) -> None:
        """Closes the ends that were not handed over; a second call does nothing."""
        for end in (*self._our_ends, *self.spawner_ends):
            os.close(end)
        self._our_ends = self.spawner_ends = ()

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
