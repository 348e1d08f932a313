"""The event stream of a queued run: a message whenever its queue position changes, until it starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from ..runs.audience import Audience
from ..runs.run_state import QueuePosition
from ..settings import Settings
from . import frames
from .hub import Send, Served

MIN_INTERVAL_S = 0.25  # between two messages of one stream: sixty pages that press one button are sixty changes


class QueuedRun(Served, Protocol):
    """What this module reads of a queued run."""

    @property
    def queue_position(self) -> QueuePosition | None: ...
    @property
    def audience(self) -> Audience: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


async def stream_position(
    run: QueuedRun, send: Send, gone: asyncio.Future[None], closing: asyncio.Event, settings: Settings
) -> bool:
    """Sends ``queue`` messages; True when the run has left the queue, False when its viewer or the server leaves."""
    changed = asyncio.Event()
    leave = run.subscribe(changed.set)
    closed = asyncio.ensure_future(closing.wait())
    sent: QueuePosition | None = None
    try:
        while (position := run.queue_position) is not None:
            changed.clear()
            body = b":\n\n" if position == sent else _message(position)
            sent = position
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if await _wait_change(changed, (gone, closed), settings.heartbeat_s):
                return False
        return True
    finally:
        leave()
        closed.cancel()


def _message(position: QueuePosition) -> bytes:
    return frames.queue(position.number, position.estimate_s, position.pages, position.reason)


async def _wait_change(
    changed: asyncio.Event, ends: tuple[asyncio.Future[None], asyncio.Future[Any]], most_s: float
) -> bool:
    """Wait for a change, but not too short a time; True if one of ``ends`` came first."""
    change = asyncio.ensure_future(changed.wait())
    try:
        await asyncio.wait((change, *ends), timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
        if change.done() and not any(end.done() for end in ends):
            await asyncio.wait(ends, timeout=MIN_INTERVAL_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        change.cancel()
    return any(end.done() for end in ends)
