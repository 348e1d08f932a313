"""Chunks of an answer straight to the connection's transport, around uvicorn's ``send``, which costs as much as the
write itself. What this leans on is private to uvicorn: :func:`usable` tries it once on a cycle of its own, and where
anything is not as it was, or somebody has wrapped ``send``, a stream goes through ``send`` as every other answer does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from functools import cache
from typing import Any, cast

from uvicorn.protocols.http import flow_control, httptools_impl

_LOG = logging.getLogger("timeslice")
_START = {"type": "http.response.start", "status": 200, "headers": []}
_BODY = {"type": "http.response.body", "body": b"facts", "more_body": True}


def chunk(body: bytes) -> bytes:
    """A body as one chunk (RFC 9112 section 7.1); it must not be empty."""
    return b"%x\r\n%b\r\n" % (len(body), body)


class ChunkWriter:
    """The transport of one answer whose head has been sent and whose end has not. It holds bound methods alone, and all
    but one of asyncio's public interface: a thousand viewers' objects do not fit into a core's cache.

    ``write(chunk)`` never waits, and the transport keeps what the kernel does not take: ``pending()`` bytes, until
    ``await drain()`` is over (protocol.py sets the transport's mark to 0). For a viewer who has left asyncio throws the
    chunk away and uvloop may raise RuntimeError.
    """

    __slots__ = ("drain", "pending", "write")

    def __init__(self, cycle: httptools_impl.RequestResponseCycle) -> None:
        transport = cycle.transport
        self.write, self.pending, self.drain = transport.write, transport.get_write_buffer_size, cycle.flow.drain


def writer(send: Any) -> ChunkWriter | None:
    """The short way for the answer that ``send`` belongs to; None if there is none."""
    cycle = getattr(send, "__self__", None)
    if type(cycle) is not httptools_impl.RequestResponseCycle or not usable():
        return None
    return ChunkWriter(cycle) if _chunked(cycle) else None


def _chunked(cycle: httptools_impl.RequestResponseCycle) -> bool:
    return cycle.response_started and not cycle.response_complete and cycle.chunked_encoding is True


@cache
def usable() -> bool:
    """Whether uvicorn writes what is written here in its place. Takes a tenth of a millisecond, once."""
    try:
        difference = _difference()
    except Exception as error:
        difference = f"{type(error).__name__}: {error}"
    if difference:
        _LOG.warning("streams take the portable way: this uvicorn is another one (%s)", difference)
    return not difference


class _Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def get_write_buffer_size(self) -> int:
        """As asyncio.Transport's."""
        return 0

    def write(self, data: bytes) -> None:
        """As asyncio.Transport's."""
        self.written.append(data)


def _difference() -> str:
    """What a cycle does otherwise than :class:`ChunkWriter` counts on; "" if nothing."""
    kept = _Transport()
    transport = cast(asyncio.Transport, kept)
    flow = flow_control.FlowControl(transport)
    cycle = httptools_impl.RequestResponseCycle(
        scope={"type": "http", "method": "GET", "headers": []},  # type: ignore[typeddict-item]
        transport=transport, flow=flow, logger=_LOG, access_logger=_LOG, access_log=False, default_headers=[],
        message_event=asyncio.Event(), expect_100_continue=False, keep_alive=True, on_response=lambda: None,
    )  # fmt: skip
    send: Any = cycle.send
    _step(send(_START))
    if not _chunked(cycle):
        return "an answer of unknown length is not chunked"
    short = ChunkWriter(cycle)
    _step(send(_BODY))
    short.write(chunk(b"facts"))
    if kept.written[1:] != [b"5\r\nfacts\r\n"] * 2:
        return "a body is written otherwise"
    flow.pause_writing()
    paused = flow.write_paused
    flow.resume_writing()
    if not paused or flow.write_paused:
        return "a full transport is told otherwise"
    _step(short.drain())
    return ""


def _step(steps: Coroutine[Any, Any, None]) -> None:
    """Runs a coroutine that must not wait."""
    try:
        steps.send(None)
    except StopIteration:
        return
    steps.close()
    raise RuntimeError("it waits where nothing is in its way")
