"""Where a run stands: its status, its place while it waits, and who is told when either changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .audience import Audience

#: Beside the others before it, what a run waits for; a page says it by the label ``status.waits.<this>``.
Lack = Literal["", "testing", "files", "quota", "processes"]
Status = Literal["queued", "running", "finished", "failed", "stopped", "interrupted"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a run that waits may say of it."""

    place: int  # in its line, from 1
    estimate_s: float  # until its first fact
    pages: int  # that wait for it
    why: Lack = ""


class Standing:
    """The part of a run that others watch; only the run itself changes its status."""

    def __init__(self, page: str | None) -> None:
        """``page``: the page that asked for it."""
        self.audience = Audience(time.monotonic(), page)
        self._status: Status = "queued"
        self._waiting: Waiting | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def status(self) -> Status:
        """Queued, running, or how it ended."""
        return self._status

    @property
    def waiting(self) -> Waiting | None:
        """Its place in the queue; None once it runs."""
        return self._waiting

    @property
    def position(self) -> int | None:
        """Its place alone, from 1."""
        return None if self._waiting is None else self._waiting.place

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """``wake`` is called whenever its place changes and when it leaves the queue; the answer ends that."""
        self._listeners.append(wake)
        return lambda: self._listeners.remove(wake)

    def wait(self, waiting: Waiting) -> None:
        """It waits, and this is its place."""
        if waiting != self._waiting:
            self._become("queued", waiting)

    def _become(self, status: Status, waiting: Waiting | None = None) -> None:
        self._status, self._waiting = status, waiting
        for wake in list(self._listeners):
            wake()
