"""The stream of a run that waits: its place and its estimate, whenever they change, until it begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from ..runs.audience import Audience
from ..runs.standing import Waiting
from ..settings import Settings
from . import frames
from .hub import Send, Served

PACE_S = 0.25  # between two messages of one stream: sixty pages that press one button are sixty changes


class Queued(Served, Protocol):
    """A run as far as those are concerned who wait for it."""

    @property
    def waiting(self) -> Waiting | None: ...
    @property
    def audience(self) -> Audience: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


async def tell(run: Queued, send: Send, gone: asyncio.Future[None], closing: asyncio.Event, settings: Settings) -> bool:
    """True when the run waits no more; False when its viewer has left, or the server is about to."""
    changed = asyncio.Event()
    leave = run.subscribe(changed.set)
    closed = asyncio.ensure_future(closing.wait())
    said: Waiting | None = None
    try:
        while (waiting := run.waiting) is not None:
            changed.clear()
            body = b":\n\n" if waiting == said else _message(waiting)
            said = waiting
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if await _first(changed, (gone, closed), settings.heartbeat_s):
                return False
        return True
    finally:
        leave()
        closed.cancel()


def _message(waiting: Waiting) -> bytes:
    return frames.queue(waiting.place, waiting.estimate_s, waiting.pages, waiting.why)


async def _first(changed: asyncio.Event, ends: tuple[asyncio.Future[None], asyncio.Future[Any]], most_s: float) -> bool:
    """Wait for a change, but not too short a time; True if one of ``ends`` came first."""
    turned = asyncio.ensure_future(changed.wait())
    try:
        await asyncio.wait((turned, *ends), timeout=most_s, return_when=asyncio.FIRST_COMPLETED)
        if turned.done() and not any(end.done() for end in ends):
            await asyncio.wait(ends, timeout=PACE_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        turned.cancel()
    return any(end.done() for end in ends)
