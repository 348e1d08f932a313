"""HTTP/1.1 with bounds on what a connection may cost before its request is whole: uvicorn's protocol, counting.

uvicorn's httptools protocol keeps whatever has arrived of a head, for as long as it takes, and parses every request
that one read brings. Here bytes go to the parser in small pieces, and whatever is no body is counted as it arrives.
What of uvicorn this leans on is frozen in tests/web/test_protocol.py, with the version.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from . import fd_limits
from .problems import MEDIA_TYPE, Problem

HEAD_BYTES = 16 * 1024  # of a head; and of all that is neither head nor body: chunk sizes, extensions, trailers
FIELDS = 100  # of a head and its trailers
HEAD_S = 10.0  # for a head, from the connection or from its first byte
IDLE_S = 30  # between an answer and the next request
PIECE = 512  # bytes the parser is given at once: at most 28 requests, the shortest being 18 bytes
HELD_BYTES = 16 * 1024  # of requests sent before the answer to an earlier one
UNREAD_BYTES = 64 * 1024  # of a body whose request is answered already and whose connection is still kept
LINGER_S = 2.0  # for a client that still sends more than that
LINGER_BYTES = 16 * 2**20
WAITING = 2048  # connections without a whole request; beyond it the oldest of them goes

_TOO_LARGE = f"A request's head holds at most {HEAD_BYTES} bytes and {FIELDS} fields."
_FULL = "Too many connections are open."
_LATE = f"The head of the request did not arrive within {HEAD_S:.0f} seconds."


class _Refused(Exception):
    """Raised within the parser: the request is over a bound."""


class ConnectionTable:
    """All connections of a server: those without a whole request are let go, oldest first, when there are too many."""

    def __init__(self) -> None:
        self.waiting: dict[Bounded, None] = {}  # in the order in which they began to wait

    def waits(self, connection: Bounded, among: int) -> None:
        """``connection`` waits for a request, one of ``among`` connections there are."""
        self.waiting.pop(connection, None)
        self.waiting[connection] = None
        if len(self.waiting) > WAITING or among > fd_limits.max_connections(fd_limits.soft_limit()):
            next(iter(self.waiting)).drop()

    def served(self, connection: Bounded) -> None:
        """``connection`` has a request now, or is gone."""
        self.waiting.pop(connection, None)


class Bounded(HttpToolsProtocol):
    """One connection. A request over a bound is answered 431, one that is late 408, and the connection is closed."""

    def __init__(self, *args: Any, connection_table: ConnectionTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connection_table = connection_table
        self._uncounted = 0  # bytes of this request so far that are no body
        self._piece = 0  # size of the piece that is being parsed
        self._held = b""
        self._lingers = 0  # bytes that may still come and are thrown away; 0: all is read
        self._unread = 0  # bytes of such a body so far
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # a send is over when the kernel has everything: hub.py counts on it
        self._await_head()
        self._connection_table.waits(self, len(self.connections))

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_head()
        self._connection_table.served(self)
        self._unset_keepalive_if_required()
        self._held = b""
        self.pipeline.clear()
        super().connection_lost(exc)

    def drop(self) -> None:
        """Ends a connection that waits, to make room: with 503 where no request of it has been answered yet."""
        self._connection_table.served(self)
        first: object = self.cycle  # None until there is one, whatever uvicorn declares
        if first is None:
            self._refuse(Problem(503, _FULL, headers={"Retry-After": "2"}))
        if self.transport.get_write_buffer_size():  # it does not even read that
            self.transport.abort()
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes as they arrive; uvicorn's own is not called: it logs a line for each bad request."""
        if self.transport.is_closing():
            return
        if self._lingers:
            self._lingers -= len(data)
            if self._lingers <= 0:
                self.transport.abort()
            return
        self._unset_keepalive_if_required()
        if not self._answering and self._late is None:
            self._await_head()
        self._read(self._held + data if self._held else data)

    def _read(self, data: bytes) -> None:
        """Parses up to the first request that has to wait for an answer; the rest is held."""
        self._held = b""
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing() or self._lingers:
                return
            if self.pipeline:
                self._hold(data[start:])
                return
            self._parse(data[start : start + PIECE])

    def _hold(self, rest: bytes) -> None:
        if len(rest) > HELD_BYTES:
            self.transport.abort()
        self._held = rest

    def _parse(self, piece: bytes) -> None:
        self._piece = len(piece)
        self._uncounted += len(piece)
        try:
            if self._uncounted > HEAD_BYTES:
                raise _Refused
            self.parser.feed_data(piece)
        except (_Refused, httptools.HttpParserCallbackError) as error:
            self._refuse(Problem(431, _TOO_LARGE) if _over(error) else Problem(400))
        except httptools.HttpParserUpgrade:
            self.cycle.keep_alive = False  # answered as the plain request it also is
            self._lingers = LINGER_BYTES  # what follows is no HTTP/1.1
        except httptools.HttpParserError:
            self._refuse(Problem(400))

    def on_message_begin(self) -> None:
        """Called by the parser, as are the five below. The whole piece counts, wherever in it the message begins."""
        self._uncounted = self._piece
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self.headers) >= FIELDS:
            raise _Refused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._got_head()
        self._connection_table.served(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._uncounted -= len(body)
        super().on_body(body)
        if self.cycle.response_complete:
            self._unread += len(body)
            if self._unread > UNREAD_BYTES and not self._lingers:
                self._linger()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle.response_complete and not self._lingers:
            self._idle()

    def on_response_complete(self) -> None:
        """Called by the request's cycle; its client may still be sending the body."""
        unread = self.cycle.more_body and not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if unread:
            self._unread = 0
            self._await_head()
            return
        if not self._answering:
            self._idle()
        if self._held:
            self._read(self._held)

    def _idle(self) -> None:
        """Waits for the next request; uvicorn's own timer ends it, unless some of the request comes."""
        self._got_head()
        self._connection_table.waits(self, len(self.connections))

    @property
    def _answering(self) -> bool:
        return bool(self.pipeline) or (self.cycle is not None and not self.cycle.response_complete)

    def _linger(self) -> None:
        """Lets a client that goes on sending read its answer before it is cut off (RFC 9112 section 9.6)."""
        self._lingers = LINGER_BYTES
        self._unset_keepalive_if_required()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._got_head()
        self._late = self.loop.call_later(LINGER_S, self.transport.close)

    def _await_head(self) -> None:
        self._late = self.loop.call_later(HEAD_S, self._no_head)

    def _got_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _no_head(self) -> None:
        self._late = None
        if self._answering:
            self._await_head()
        elif self._uncounted and (self.cycle is None or not self.cycle.more_body):
            self._refuse(Problem(408, _LATE))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answers in place of the application, if no other answer is on its way, and closes."""
        if not self._answering:
            body = problem.content()
            given = {"content-type": MEDIA_TYPE, **problem.headers, "content-length": len(body), "connection": "close"}
            head = "".join(f"{name}: {value}\r\n" for name, value in given.items()) + "\r\n"
            self.transport.write(STATUS_LINE[problem.status] + head.encode() + body)
        self.transport.close()


def _over(error: Exception) -> bool:
    return isinstance(error, _Refused) or isinstance(error.__context__, _Refused)
