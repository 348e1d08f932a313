"""Answers made smaller on their way out: HTML pages and JSON packed in the coding that the client takes."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import negotiation
from .negotiation import Coding

_PACKED = ("text/html", "application/json")
LEAST_BYTES = 600  # what is shorter fits one packet as it is
QUALITY_NOW = 7  # of 11: about a ms for a page that nobody else will ask for
QUALITY_CACHED = 11  # … and about 50 for one that is the same for everybody, once (page_cache.py)


def pack(data: bytes, how: Coding, quality: int = 11) -> bytes:
    """``data`` in that coding; ``quality`` is brotli's, 0 to 11."""
    if how == "br":
        packed: bytes = brotli.compress(data, mode=brotli.MODE_TEXT, quality=quality)
        return packed
    return gzip.compress(data, 9 if quality > 9 else quality, mtime=0)


class Pages:
    """ASGI: packs HTML and JSON that come in one piece; everything else passes as it is.

    No page holds a secret beside what a stranger may have put into its address (a run's key is told only in the answer
    to the form that started it, which no other site can send), so the length of a packed page tells nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        how = negotiation.coding(Headers(scope=scope).get("accept-encoding", ""))
        held: list[Message] = []

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start" and is_page(Headers(raw=message["headers"])):
                held.append(message)
                return
            if held:
                start = held.pop()
                message = _packed(start, message, how)
                await send(start)
            await send(message)

        return await self.app(scope, receive, pass_on)


def is_page(headers: Headers) -> bool:
    """Whether these are the header fields of an HTML page or of JSON, not packed yet."""
    return headers.get("content-type", "").startswith(_PACKED) and "content-encoding" not in headers


def _packed(start: Message, body: Message, how: Coding | None) -> Message:
    """The body to send; the held start is changed to match it."""
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    start["headers"] = headers.raw
    data = body.get("body", b"")
    if how is None or body.get("more_body") or len(data) < LEAST_BYTES:
        return body
    data = pack(data, how, QUALITY_NOW)
    headers["content-encoding"], headers["content-length"] = how, str(len(data))
    return {**body, "body": data}
