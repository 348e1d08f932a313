"""One run's frames, encoded once, handed to all its viewers; it speaks ASGI's ``send`` and knows no address.

A frame leaves at once if it is among the first few or if the last one is older than a frame, else when it is. A viewer
is a cursor: whoever does not read is skipped, and gets all it missed as one message when it reads again.
"""

from __future__ import annotations

import asyncio
import contextlib
import types
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any, Protocol

from ..events import Entry, RunEnded
from ..settings import Settings
from . import frames

Send = Callable[[Any], Awaitable[None]]
_SLICE = 2000  # entries encoded between two looks at the event loop
EARLY = 4  # frames of a hub that leave at once: somebody has just pressed the button, and waits for the first facts
_WRITES = 250  # writes between two looks at the event loop


class Log(Protocol):
    """What a hub reads: the log, seen from here."""

    @property
    def last(self) -> int: ...
    @property
    def ended(self) -> bool: ...
    def tail(self, after: int = 0) -> Sequence[Entry]: ...
    def encoded(self, after: int = 0) -> Sequence[str]: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


class Served(Protocol):
    """A run as far as its stream is concerned."""

    @property
    def epoch(self) -> int: ...
    @property
    def log(self) -> Log: ...


class Viewer:
    """One open stream: where it stands in the log, and whether a write to it is still waiting."""

    def __init__(self, send: Send, cursor: int) -> None:
        self.cursor = cursor  # position of the last entry handed to it
        self.waiting: asyncio.Task[None] | None = None  # a write that the transport has not taken yet
        self._send = send

    def write(self, body: bytes, more: bool = True) -> None:
        """Hands ``body`` on without waiting: what the transport does not take at once becomes a task.

        A ``send`` that suspends does so because the transport's buffer is above its mark (uvicorn: 64 KiB).
        """
        steps = self._send({"type": "http.response.body", "body": body, "more_body": more}).__await__()
        with contextlib.suppress(StopIteration):
            self.waiting = asyncio.ensure_future(_rest(steps, next(steps)))


async def _rest(steps: Generator[Any, None, None], first: Any) -> None:
    with contextlib.suppress(OSError):  # the viewer has left; its own request notices by itself
        await _resume(steps, first)


@types.coroutine
def _resume(steps: Generator[Any, None, None], first: Any) -> Generator[Any, Any, None]:
    yield first
    yield from steps


class Hub:
    """Frames of one run for the viewers that are here; it lives while there is one."""

    def __init__(self, run: Served, settings: Settings, left: Callable[[], None]) -> None:
        """``left()`` is called when the last viewer has gone. Must be made on a running event loop."""
        self._run, self._left = run, left
        self._frame_s, self._heartbeat_s = settings.frame_ms / 1000, settings.heartbeat_s
        self._viewers: dict[Viewer, None] = {}
        self._frames: list[str] = []
        self._ends: list[int] = []  # position of each frame's last entry
        self._woken = asyncio.Event()
        self._leave_log = run.log.subscribe(self._woken.set)
        self._task = asyncio.ensure_future(self._pump())

    def join(self, viewer: Viewer) -> None:
        """From now on ``viewer`` gets everything after its cursor, then the end."""
        self._viewers[viewer] = None
        self._woken.set()

    def part(self, viewer: Viewer) -> None:
        """A viewer has left (twice is fine); what still waits for it waits no more."""
        if viewer.waiting is not None:
            viewer.waiting.cancel()
        self._forget(viewer)

    def _forget(self, viewer: Viewer) -> None:
        if viewer in self._viewers:
            del self._viewers[viewer]
            if not self._viewers:
                self._task.cancel()
                self._leave_log()
                self._left()

    def restart(self, retry_ms: Callable[[], int]) -> None:
        """Tells every viewer that reads to come back, each after a time of its own, and ends its stream."""
        for viewer in [each for each in self._viewers if self._ready(each)]:
            self._last_write(viewer, frames.restart(retry_ms()))

    def _last_write(self, viewer: Viewer, body: bytes) -> None:
        with contextlib.suppress(OSError):
            viewer.write(body, more=False)
        self._forget(viewer)

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), self._heartbeat_s)
            except TimeoutError:
                await self._each(lambda viewer: viewer.write(b":\n\n"))
                continue
            self._woken.clear()
            began = loop.time()
            await self._frame()
            await self._hand_out()
            if len(self._frames) > EARLY:
                await asyncio.sleep(max(0.0, began + self._frame_s - loop.time()))

    async def _frame(self) -> None:
        """Encodes what is new as one frame; a long log that has just been opened, in slices."""
        log = self._run.log
        while (framed := self._framed) < log.last:
            entries, lines = log.tail(framed)[:_SLICE], log.encoded(framed)[:_SLICE]
            self._frames.append(frames.items(entries, lines))
            self._ends.append(framed + len(entries))
            if framed + len(entries) < log.last:
                await asyncio.sleep(0)

    @property
    def _framed(self) -> int:
        return self._ends[-1] if self._ends else 0

    async def _hand_out(self) -> None:
        """The same bytes to everyone who stands at the same place; the end to whoever has everything."""
        messages: dict[int, bytes] = {}
        framed, over = self._framed, self._run.log.ended and self._framed == self._run.log.last
        last_words = frames.end(self._run.epoch, self._summary()) if over else b""

        def hand(viewer: Viewer) -> None:
            if viewer.cursor < framed:
                if viewer.cursor not in messages:
                    messages[viewer.cursor] = self._message(viewer.cursor)
                viewer.write(messages[viewer.cursor])
                viewer.cursor = framed
            if over and viewer.waiting is None:
                self._last_write(viewer, last_words)

        await self._each(hand)

    async def _each(self, act: Callable[[Viewer], None]) -> None:
        for number, viewer in enumerate(list(self._viewers), start=1):
            if viewer not in self._viewers or not self._ready(viewer):
                continue
            try:
                act(viewer)
            except OSError:
                self.part(viewer)
                continue
            if viewer.waiting is not None:
                viewer.waiting.add_done_callback(lambda _: self._woken.set())
            if number % _WRITES == 0:
                await asyncio.sleep(0)

    def _ready(self, viewer: Viewer) -> bool:
        if viewer.waiting is not None and viewer.waiting.done():
            viewer.waiting = None
        return viewer.waiting is None

    def _message(self, after: int) -> bytes:
        """Everything framed after a position, which may lie within a frame."""
        log, framed = self._run.log, self._framed
        index = bisect_right(self._ends, after)
        start = self._ends[index - 1] if index else 0
        if start == after:
            return frames.message(self._frames[index:], self._run.epoch, framed)
        count = self._ends[index] - after
        head = frames.items(log.tail(after)[:count], log.encoded(after)[:count])
        return frames.message([head, *self._frames[index + 1 :]], self._run.epoch, framed)

    def _summary(self) -> dict[str, Any]:
        last = self._run.log.tail(self._run.log.last - 1)[0].fact
        assert isinstance(last, RunEnded)
        return {"reason": last.reason, **last.summary}
