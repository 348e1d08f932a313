"""GET /api/runs/{id}/events as a small ASGI application; nothing else speaks SSE, and this speaks nothing else.

It stands outside FastAPI and its middleware, so that nothing wraps a stream's ``send`` (docs/design.md).
"""

from __future__ import annotations

import asyncio
import math
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qs

from ..log.archive import DamagedRecording, TemporarilyUnreadable
from ..settings import Settings
from . import fd_limits, frames, queue_stream
from .frame_cache import FrameCache
from .hub import Hub, Send, Served, Viewer
from .problems import MEDIA_TYPE, Problem
from .queue_stream import QueuedRun

_PATH = re.compile(r"/api/runs/([^/]+)/events")
_OPEN = [(b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff")]
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    *_OPEN,
]


class Finder(Protocol):
    """Where runs are found: ``server.runs.Runs``, or anything with a ``find``."""

    async def find(self, id: str) -> QueuedRun | None: ...
    async def find_stream(self, id: str) -> QueuedRun | None: ...


class EventsApp:
    """The event streams of all runs."""

    def __init__(self, runs: Finder, settings: Settings | None = None) -> None:
        self._runs = runs
        self._settings = settings or Settings()
        self._hubs: dict[str, tuple[QueuedRun, Hub]] = {}
        self._frame_cache = FrameCache()
        self._closing = asyncio.Event()
        self._open = 0  # streams

    @staticmethod
    def matches(path: str) -> bool:
        """True for the address of an event stream."""
        return _PATH.fullmatch(path) is not None

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """One request: a stream until its run has ended or its viewer has left, 204 after the end, or a problem."""
        found = _PATH.fullmatch(scope["path"])
        if scope["method"] != "GET":
            await _refuse(send, Problem(405, headers={"Allow": "GET"}))
            return
        try:
            run = await self._find(found[1], scope) if found else None
        except DamagedRecording as damaged:
            await _refuse(send, Problem(410, str(damaged)))
            return
        except TemporarilyUnreadable as unreadable:
            await _refuse(send, Problem(503, str(unreadable), headers={"Retry-After": "2"}))
            return
        if found is None or run is None:
            await _refuse(send, Problem(404, "There is no run of this id."))
            return
        cursor = _cursor(scope, run)
        if cursor is None:
            await send({"type": "http.response.start", "status": 204, "headers": [*_OPEN, _HEADERS[1]]})
            await send({"type": "http.response.body", "body": b""})
            return
        if self._open >= fd_limits.max_streams(fd_limits.soft_limit()):
            wait_s = str(math.ceil(self._settings.stall_s))  # whoever left without a word is gone by then
            await _refuse(send, Problem(503, "Too many viewers are connected.", headers={"Retry-After": wait_s}))
            return
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        opening = b"retry: %d\n\n" % self._settings.retry_ms
        if self._closing.is_set():
            await send({"type": "http.response.body", "body": opening + frames.restart(self._retry_ms())})
            return
        await send({"type": "http.response.body", "body": opening, "more_body": True})
        page = _page(scope)
        run.audience.stream_opened(page, time.monotonic())
        self._open += 1
        try:
            await self._serve(found[1], run, Viewer(send, cursor), receive, send)
        finally:
            self._open -= 1
            run.audience.stream_closed(page, time.monotonic())

    async def _find(self, id: str, scope: Any) -> QueuedRun | None:
        """Whoever knows a position of the run already needs all of it to be placed; others take it as it is read."""
        if _last_ids(scope):
            return await self._runs.find(id)
        known = self._hubs.get(id)
        run = self._frame_cache.run(id) if known is None else known[0]
        return await self._runs.find_stream(id) if run is None else run

    async def _serve(
        self, id: str, run: QueuedRun, viewer: Viewer, receive: Callable[[], Awaitable[Any]], send: Send
    ) -> None:
        """Its place while the run waits, then its facts."""
        if run.queue_position is None:
            await self._view(id, run, viewer, _gone(receive))
            return
        gone = asyncio.ensure_future(_gone(receive))
        try:
            if await queue_stream.stream_position(run, send, gone, self._closing, self._settings):
                await self._view(id, run, viewer, gone)
            elif not gone.done():
                await send({"type": "http.response.body", "body": frames.restart(self._retry_ms())})
        finally:
            gone.cancel()

    async def _view(self, id: str, run: QueuedRun, viewer: Viewer, gone: Awaitable[None]) -> None:
        hub = self._hub(id, run)
        hub.join(viewer)
        try:
            await gone
        finally:
            hub.part(viewer)

    def _hub(self, id: str, run: QueuedRun) -> Hub:
        known = self._hubs.get(id)
        if known is not None and known[0] is run:
            return known[1]

        def forget() -> None:
            if self._hubs.get(id, (None, None))[1] is hub:
                del self._hubs[id]
                self._frame_cache.keep(id, run, hub.log_frames)

        hub = Hub(run, self._settings, forget, self._frame_cache.frames_of(id, run))
        self._hubs[id] = run, hub
        return hub

    def restart_all(self) -> None:
        """Before a shutdown: every viewer is told to come back, and so is whoever still comes (twice is fine)."""
        self._closing.set()
        for _, hub in list(self._hubs.values()):
            hub.restart(self._retry_ms)

    def _retry_ms(self) -> int:
        """Around the usual retry, spread so that a lecture hall does not come back in one instant."""
        return int(self._settings.retry_ms * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing


async def _gone(receive: Callable[[], Awaitable[Any]]) -> None:
    """Until the viewer has left, or the answer is complete: a server says both in the same way."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _page(scope: Any) -> str | None:
    """What the page that opens the stream calls itself."""
    given = parse_qs(scope["query_string"].decode("latin-1"), errors="replace").get("page")
    return given[0] if given else None


def _cursor(scope: Any, run: Served) -> int | None:
    """The position a viewer has already, 0 for none; None if it has seen the end."""
    for text in _last_ids(scope):
        known = frames.parse_id(text)
        if known is None or known[0] != run.epoch:
            continue
        position = known[1]
        if position is None and run.log.ended:
            return None
        if position is not None and position <= run.log.last:
            return position
    return 0


def _last_ids(scope: Any) -> list[str]:
    """The header first: a browser that comes back keeps the query of its first request."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"]
    query = parse_qs(scope["query_string"].decode("latin-1"), errors="replace", max_num_fields=None)
    return given + query.get("last_event_id", [])


async def _refuse(send: Send, problem: Problem) -> None:
    body = problem.content()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *_OPEN,
        *((name.lower().encode(), value.encode()) for name, value in problem.headers.items()),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
