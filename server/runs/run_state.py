"""The observable state of a run: status, queue position, audience, and listeners to their changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .audience import Audience

#: What a queued run waits for beside the others before it; a page shows the label ``status.waits.<this>``.
WaitReason = Literal["", "testing", "files", "quota", "processes"]
Status = Literal["queued", "running", "finished", "failed", "stopped", "interrupted"]


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """Where a queued run stands, as its pages are told."""

    number: int  # in its queue, from 1
    estimate_s: float  # until its first fact
    pages: int  # that wait for it
    reason: WaitReason = ""


class RunState:
    """The part of a run that others observe; only the run itself changes its status."""

    def __init__(self, page: str | None) -> None:
        """``page``: the page that requested it."""
        self.audience = Audience(time.monotonic(), page)
        self.dispatches: int | None = None  # of a run whose log here is an outline, without the changes of state
        self._status: Status = "queued"
        self._queue_position: QueuePosition | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def status(self) -> Status:
        """Queued, running, or how it ended."""
        return self._status

    @property
    def queue_position(self) -> QueuePosition | None:
        """Its position in the queue, with the estimate; None before that is known and once it runs."""
        return self._queue_position

    @property
    def position(self) -> int | None:
        """The number of its queue position alone, from 1."""
        return None if self._queue_position is None else self._queue_position.number

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Calls ``wake()`` whenever its position changes and when it leaves the queue; the answer unsubscribes."""
        self._listeners.append(wake)
        return lambda: self._listeners.remove(wake)

    def set_queue_position(self, position: QueuePosition) -> None:
        """It is queued, at this position; listeners are notified if it differs."""
        if position != self._queue_position:
            self._set_status("queued", position)

    def _set_status(self, status: Status, position: QueuePosition | None = None) -> None:
        self._status, self._queue_position = status, position
        for wake in list(self._listeners):
            wake()
