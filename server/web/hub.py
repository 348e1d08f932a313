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
from . import direct, frames
from .leaky_bucket import LeakyBucket
from .log_frames import LogFrames, Message

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
    @property
    def broken(self) -> bool: ...
    @property
    def transient(self) -> bool: ...
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

    __slots__ = ("_send", "cursor", "short", "waiting")

    def __init__(self, send: Send, cursor: int) -> None:
        """``send`` has sent the answer's head."""
        self.cursor = cursor  # position of the last entry handed to it
        self.waiting: asyncio.Task[None] | None = None  # a write that the transport has not taken yet
        self.short = direct.writer(send)  # the way around ``send``, if there is one
        self._send = send

    def hand(self, message: Message) -> None:
        """Hands a slice on without waiting."""
        self.cursor = message.last
        if self.short is None:
            self.write(message.body)
            return
        self.short.write(message.chunk)
        self.settle()

    def settle(self) -> None:
        """Notices that the transport has something that the kernel has not taken, whoever wrote it."""
        if self.waiting is None and self.short is not None and self.short.pending():
            self.waiting = asyncio.ensure_future(self.short.drain())

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


Act = Callable[[Viewer, dict[int, Message]], None]


def _beat(viewer: Viewer, _: dict[int, Message]) -> None:
    viewer.write(b":\n\n")


async def _rest(steps: Generator[Any, None, None], first: Any) -> None:
    with contextlib.suppress(OSError):  # the viewer has left; its own request notices by itself
        await _resume(steps, first)


@types.coroutine
def _resume(steps: Generator[Any, None, None], first: Any) -> Generator[Any, Any, None]:
    yield first
    yield from steps


class Hub:
    """Frames of one run for the viewers that are here; it lives while there is one."""

    def __init__(
        self, run: Served, settings: Settings, left: Callable[[], None], made: LogFrames | None = None
    ) -> None:
        """``left()`` is called when the last viewer has gone; ``made`` is what an earlier hub of this run has made of
        all of its log. Must be made on a running event loop."""
        self._run, self._left, self._retry_ms = run, left, settings.retry_ms
        self._frame_s, self._heartbeat_s = settings.frame_ms / 1000, settings.heartbeat_s
        self._viewers: dict[Viewer, None] = {}
        self._frames, self._ends = made or LogFrames([], [])
        self._packed_to = self._ends[-1] if self._ends else 0  # position of the last frame's last entry
        self._woken = asyncio.Event()
        self._leave_log = run.log.subscribe(self._woken.set)
        self._task = asyncio.ensure_future(self._pump())

    @property
    def log_frames(self) -> LogFrames | None:
        """All of its log as frames; None while there is more to come."""
        log = self._run.log
        return LogFrames(self._frames, self._ends) if log.ended and self._packed_to == log.last else None

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
            viewer.short = None  # its answer may be complete: nothing may follow
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
        loop, bucket = asyncio.get_running_loop(), LeakyBucket(self._frame_s)
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), self._heartbeat_s)
            except TimeoutError:
                await self._to_each(_beat, {})
                continue
            self._woken.clear()
            began = loop.time()
            await self._frame()
            await self._hand_out()
            if self._run.log.broken:
                self.restart(lambda: self._retry_ms)
                continue
            if len(self._frames) > EARLY:
                await asyncio.sleep(bucket.pause_s(began, loop.time()))

    async def _frame(self) -> None:
        """Encodes what is new as one frame; a long log that has just been opened, in slices."""
        log = self._run.log
        while not log.broken and (packed_to := self._packed_to) < log.last:
            text, count = frames.pack(log.encoded(packed_to, SLICE_FACTS), SLICE_BYTES)
            self._frames.append(text)
            self._ends.append(packed_to + count)
            self._packed_to = packed_to + count
            if packed_to + count < log.last:
                await asyncio.sleep(0)

    async def _hand_out(self) -> None:
        """The same bytes to everyone who stands at the same place; the end to whoever has everything."""
        messages: dict[int, Message] = {}
        viewers = list(self._viewers)
        for start in range(0, len(viewers), _WRITES):
            if start:
                await asyncio.sleep(0)
            self._hand_batch(viewers[start : start + _WRITES], messages)

    def _hand_batch(self, viewers: Sequence[Viewer], messages: dict[int, Message]) -> None:
        """Viewers in one turn of the loop. The usual case, a live frame for one who has all before it, is spelled out:
        it is done a hundred thousand times a second."""
        packed_to, over = self._packed_to, self._run.log.ended
        for viewer in viewers:
            message, short = messages.get(viewer.cursor), viewer.short
            if message is not None and short is not None and viewer.waiting is None and message.last == packed_to:
                viewer.cursor = packed_to
                try:
                    short.write(message.chunk)
                except RuntimeError:  # it has left, and its request will notice
                    continue
                if not over and not short.pending():
                    continue
            self._act(self._hand, viewer, messages)

    async def _to_each(self, act: Act, given: dict[int, Message]) -> None:
        for number, viewer in enumerate(list(self._viewers), start=1):
            self._act(act, viewer, given)
            if number % _WRITES == 0:
                await asyncio.sleep(0)

    def _hand(self, viewer: Viewer, messages: dict[int, Message]) -> None:
        """A slice, or the end; ``messages`` are slices by the position they follow."""
        packed_to = self._packed_to
        viewer.settle()
        if viewer.waiting is None and viewer.cursor < packed_to:
            message = messages.get(viewer.cursor)
            if message is None:
                message = messages[viewer.cursor] = self._message(viewer.cursor)
            viewer.hand(message)
        if viewer.waiting is not None:
            return
        if viewer.cursor < packed_to:
            asyncio.get_running_loop().call_soon(self._taken, viewer)
        elif self._run.log.ended and packed_to == self._run.log.last:
            self._last_write(viewer, frames.end(self._run.epoch, self._summary()))

    def _taken(self, viewer: Viewer) -> None:
        """A viewer has taken its slice: the next does not wait for the next frame."""
        if viewer.cursor < self._packed_to:
            self._act(self._hand, viewer, {})
        else:
            self._woken.set()

    def _act(self, act: Act, viewer: Viewer, given: dict[int, Message]) -> None:
        if viewer not in self._viewers or not self._ready(viewer):
            return
        try:
            act(viewer, given)
        except (OSError, RuntimeError):  # whatever is wrong with one viewer, the others get their frames
            self.part(viewer)
            return
        if viewer.waiting is not None:
            viewer.waiting.add_done_callback(lambda _: self._taken(viewer))

    def _ready(self, viewer: Viewer) -> bool:
        if viewer.waiting is not None and viewer.waiting.done():
            viewer.waiting = None
        return viewer.waiting is None

    def _message(self, after: int) -> Message:
        """A slice of what is framed after a position, which may lie within a frame."""
        index = bisect_right(self._ends, after)
        parts: list[str] = []
        size, last = 0, after
        if after > (self._ends[index - 1] if index else 0):
            missing = self._ends[index] - after
            text, count = frames.pack(self._run.log.encoded(after, missing), SLICE_BYTES)
            if count < missing:
                return self._made([text], after + count)
            parts.append(text)
            size, last, index = len(text), self._ends[index], index + 1
        while index < len(self._ends) and (not parts or size + len(self._frames[index]) < SLICE_BYTES):
            parts.append(self._frames[index])
            size, last, index = size + 1 + len(parts[-1]), self._ends[index], index + 1
        return self._made(parts, last)

    def _made(self, parts: list[str], last: int) -> Message:
        body = frames.message(parts, self._run.epoch, last)
        return Message(body, direct.chunk(body), last)

    def _summary(self) -> dict[str, Any]:
        last = self._run.log.tail(self._run.log.last - 1)[0].fact
        assert isinstance(last, RunEnded)
        said = {"reason": last.reason, **last.summary}
        return said if self._run.note is None else {**said, "note": self._run.note}
