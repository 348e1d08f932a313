"""The two pipes of a run, made before it is promised a start: no descriptors, no start."""

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
        self._ours: tuple[int, ...] = (control[1], facts[0])
        self.theirs: tuple[int, ...] = (control[0], facts[1])  # to be sent to the spawner

    def keep(self) -> tuple[int, int]:
        """Our ends, from now on the caller's: where actions are written and facts are read."""
        control, facts = self._ours
        self._ours = ()
        return control, facts

    def close(self) -> None:
        """Close what is still ours; a second call does nothing."""
        for end in (*self._ours, *self.theirs):
            os.close(end)
        self._ours = self.theirs = ()

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
