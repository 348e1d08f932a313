"""Says once in every pause that nothing has been written for two seconds; what the log says of them it does not judge.

While all sleep nothing happens that could be recorded: without this, what two seconds showed would come to light only
with the next line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...events import Step

if TYPE_CHECKING:
    from ...stage.pipes import EmitFact

QUIET_NS = 2_000_000_000


class QuietTimer:
    """A poll source. ``resting`` says whether all has gone through the pipe and tail and grep sleep."""

    fd: int | None = None
    max_pause_ms: int | None = None

    def __init__(self, writer: int, resting: Callable[[], bool], tell: EmitFact) -> None:
        self._writer = writer  # its kernel id
        self._resting = resting
        self._tell = tell
        self._since_ns: int | None = None  # since when it has been calm
        self._over = False  # it has been said

    def restart(self) -> None:
        """Something is done to the pipeline: a new pause begins after it."""
        self._since_ns, self._over = None, False

    def poll(self) -> None:
        """Say it when it is time."""
        if self._over:
            return
        now = time.monotonic_ns()
        if self._since_ns is None:
            self._since_ns = now if self._resting() else None
        elif now - self._since_ns >= QUIET_NS:
            self._over = True
            self._tell(Step(self._writer, "quiet"), "derived")
