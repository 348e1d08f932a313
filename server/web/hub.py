"""One run's frames, encoded once, handed to all its viewers; it speaks ASGI's ``send`` and knows no address.

A frame leaves at once if it is among the first few or if the last one is older than a frame, else when it is. A viewer
is a cursor: whoever does not read is skipped, and gets what it missed in slices, the next when the last is taken, so
that it costs one slice of memory however long the log is.
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
SLICE_BYTES = 32 * 1024  # of a message's data, unless a single entry has more
SLICE_FACTS = 4096  # of a frame: what packs into a slice, and two milliseconds
EARLY = 4  # frames of a hub that leave at once: somebody has just pressed the button, and waits for the first facts
_WRITES = 250  # writes between two looks at the event loop


class Log(Protocol):
    """What a hub reads: the log, seen from here."""

    @property
    def last(self) -> int: ...
    @property
    def ended(self) -> bool: ...
    def tail(self, after: int = 0) -> Sequence[Entry]: ...
    def encoded(self, after: int = 0, count: int | None = None) -> Sequence[str]: ...
    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]: ...


class Served(Protocol):
    """A run as far as its stream is concerned."""

    @property
    def epoch(self) -> int: ...
    @property
    def log(self) -> Log: ...
    @property
    def note(self) -> str | None: ...


class Viewer:
    """One open stream: where it stands in the log, and whether a write to it is still waiting."""

    def __init__(self, send: Send, cursor: int) -> None:
        self.cursor = cursor  # position of the last entry handed to it
        self.waiting: asyncio.Task[None] | None = None  # a write that the transport has not taken yet
        self._send = send

    def write(self, body: bytes, more: bool = True) -> None:
        """Hands ``body`` on without waiting: until the transport has passed it to the kernel, ``waiting`` is a task.

        A ``send`` suspends where an earlier body is still with the transport (protocol.py sets the mark to 0), so an
        empty body, which writes nothing, asks whether this one is.
        """
        steps = self._hand_on(body, more).__await__()
        with contextlib.suppress(StopIteration):
            self.waiting = asyncio.ensure_future(_rest(steps, next(steps)))

    async def _hand_on(self, body: bytes, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
        if more:
            await self._send({"type": "http.response.body", "body": b"", "more_body": True})


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
            text, count = frames.pack(log.encoded(framed, SLICE_FACTS), SLICE_BYTES)
            self._frames.append(text)
            self._ends.append(framed + count)
            if framed + count < log.last:
                await asyncio.sleep(0)

    @property
    def _framed(self) -> int:
        return self._ends[-1] if self._ends else 0

    async def _hand_out(self) -> None:
        """The same bytes to everyone who stands at the same place; the end to whoever has everything."""
        messages: dict[int, tuple[bytes, int]] = {}
        await self._each(lambda viewer: self._hand(viewer, messages))

    def _hand(self, viewer: Viewer, messages: dict[int, tuple[bytes, int]]) -> None:
        """A slice, or the end; ``messages`` are slices by the position they follow."""
        if viewer.cursor < self._framed:
            if viewer.cursor not in messages:
                messages[viewer.cursor] = self._message(viewer.cursor)
            body, viewer.cursor = messages[viewer.cursor]
            viewer.write(body)
        if viewer.waiting is not None:
            return
        if viewer.cursor < self._framed:
            asyncio.get_running_loop().call_soon(self._taken, viewer)
        elif self._run.log.ended and self._framed == self._run.log.last:
            self._last_write(viewer, frames.end(self._run.epoch, self._summary()))

    def _taken(self, viewer: Viewer) -> None:
        """A viewer has taken its slice: the next does not wait for the next frame."""
        if viewer.cursor < self._framed:
            self._act(lambda each: self._hand(each, {}), viewer)
        else:
            self._woken.set()

    async def _each(self, act: Callable[[Viewer], None]) -> None:
        for number, viewer in enumerate(list(self._viewers), start=1):
            self._act(act, viewer)
            if number % _WRITES == 0:
                await asyncio.sleep(0)

    def _act(self, act: Callable[[Viewer], None], viewer: Viewer) -> None:
        if viewer not in self._viewers or not self._ready(viewer):
            return
        try:
            act(viewer)
        except OSError:
            self.part(viewer)
            return
        if viewer.waiting is not None:
            viewer.waiting.add_done_callback(lambda _: self._taken(viewer))

    def _ready(self, viewer: Viewer) -> bool:
        if viewer.waiting is not None and viewer.waiting.done():
            viewer.waiting = None
        return viewer.waiting is None

    def _message(self, after: int) -> tuple[bytes, int]:
        """A slice of what is framed after a position, which may lie within a frame; the position it reaches."""
        index = bisect_right(self._ends, after)
        parts: list[str] = []
        size, last = 0, after
        if after > (self._ends[index - 1] if index else 0):
            missing = self._ends[index] - after
            text, count = frames.pack(self._run.log.encoded(after, missing), SLICE_BYTES)
            if count < missing:
                return frames.message([text], self._run.epoch, after + count), after + count
            parts.append(text)
            size, last, index = len(text), self._ends[index], index + 1
        while index < len(self._ends) and (not parts or size + len(self._frames[index]) < SLICE_BYTES):
            parts.append(self._frames[index])
            size, last, index = size + 1 + len(parts[-1]), self._ends[index], index + 1
        return frames.message(parts, self._run.epoch, last), last

    def _summary(self) -> dict[str, Any]:
        last = self._run.log.tail(self._run.log.last - 1)[0].fact
        assert isinstance(last, RunEnded)
        said = {"reason": last.reason, **last.summary}
        return said if self._run.note is None else {**said, "note": self._run.note}
