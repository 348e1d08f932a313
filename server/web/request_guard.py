"""What every request passes first, as plain ASGI: who may write, how large a body is, the headers of every answer.

It knows no route. A request that is turned away here never reaches FastAPI; one that passes has its whole body read.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..settings import Settings
from . import links
from .origins import Origins
from .problems import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ADDRESS_BYTES = 8 * 1024  # path and query (RFC 9110 section 4.1 asks for at least 8,000)
FIELDS = 50  # of a query
BODY_S = 10.0  # a body of at most 16 KiB that is not here by then is not coming

#: No inline script, no eval, no style attribute; scripts set styles through the CSSOM, which CSP leaves alone.
#: The Embed dialog frames our own embeds, as a preview.
#: Markup reaches the document through htmx alone: static/js/trusted.js makes the one Trusted Types policy.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types htmx"
)
ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


class RequestGuard:
    """Wraps the application; ``settings`` bound the body and name the origins that may start runs.

    ``explain(scope, problem)`` is the answer to a request that is turned away.
    """

    def __init__(self, app: ASGIApp, settings: Settings, explain: Callable[[Scope, Problem], Response]) -> None:
        self.app = app
        self._explain = explain
        self._body_bytes = settings.body_bytes
        everyone = settings.frame_ancestors == "*"  # no directive: WebKit lets no ancestor opened from a disk match one
        self._framing = "" if everyone else f"; frame-ancestors 'self' {settings.frame_ancestors}"
        self._origins = Origins(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. HEAD runs as GET: the server drops the body itself."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = _Request(scope, self._origins)
        answer = self._with_security_headers(request, self._policy(scope), send)
        try:
            request.check()
            receive = await self._body(request, receive)
        except Problem as problem:
            await self._explain(scope, problem)(scope, receive, answer)
            return
        if request.method == "OPTIONS":
            await answer({"type": "http.response.start", "status": 204, "headers": request.options()})
            await answer({"type": "http.response.body", "body": b""})
            return
        inner = {**scope, "method": "GET"} if request.method == "HEAD" else scope
        await self.app(inner, receive, answer)

    async def _body(self, request: _Request, receive: Receive) -> Receive:
        """Reads the body up to its bound and gives a ``receive`` that hands it on in one piece."""
        if not request.has_body:
            return receive
        if request.length is not None and request.length > self._body_bytes:
            raise self._too_large()
        try:
            async with asyncio.timeout(BODY_S):
                body = await _collect(receive, self._body_bytes)
        except asyncio.CancelledError:  # the server stops, and waits no longer for the rest
            raise Problem(503, "The server is shutting down.", headers={"Retry-After": "5"}) from None
        except TimeoutError:
            said = f"The body did not arrive within {BODY_S:.0f} seconds."
            raise Problem(408, said, headers={"Connection": "close"}) from None  # RFC 9110 section 15.5.9
        if body is None:
            raise self._too_large()
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        return replay

    def _too_large(self) -> Problem:
        return Problem(413, f"A body holds at most {self._body_bytes} bytes.")

    def _policy(self, scope: Scope) -> str:
        """The Content-Security-Policy of an answer. In a sandbox without an origin WebKit lets nothing match ``'self'``
        (other browsers: the frame's address), so that of an embed names our origins, too."""
        if not _is_embed(scope["path"]):
            return f"{POLICY}; frame-ancestors 'none'"
        return POLICY.replace("'self'", " ".join(["'self'", *self._origins.own(scope)])) + self._framing

    def _with_security_headers(self, request: _Request, policy: str, send: Send) -> Send:
        """A ``send`` that adds the headers every answer carries, each exactly once."""
        extra = {**ALWAYS, b"content-security-policy": policy.encode(), **request.cors()}
        if not _is_embed(request.path):
            extra[b"x-frame-options"] = b"DENY"

        async def with_security_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given: list[tuple[bytes, bytes]] = list(message.get("headers", []))
                names = {name.lower() for name, _ in given}
                message = {**message, "headers": given + [pair for pair in extra.items() if pair[0] not in names]}
            await send(message)

        return with_security_headers


def _is_embed(path: str) -> bool:
    return path.startswith("/embed/")


async def _collect(receive: Receive, most: int) -> bytes | None:
    """A whole body, None if it is longer than ``most`` bytes; what a client that left has sent is all there is."""
    body, more = b"", True
    while more and len(body) <= most:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body if len(body) <= most else None


class _Request:
    """What the guard needs to know of a request."""

    def __init__(self, scope: Scope, origins: Origins) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._version: str = scope["http_version"]
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._address: tuple[bytes, bytes] = (scope.get("raw_path") or b"", scope["query_string"])
        self._origins = origins
        self._known = origins.known(scope["scheme"], scope.get("server"))

    def _all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self._headers if key == name]

    @property
    def length(self) -> int | None:
        """Content-Length in bytes, None where it is not given."""
        given = self._all(b"content-length")
        return int(given[0]) if given and given[0].isdigit() else None

    @property
    def has_body(self) -> bool:
        return bool(self.length) or bool(self._all(b"transfer-encoding"))

    def check(self) -> None:
        """Raises the :class:`Problem` that turns the request away."""
        hosts = self._all(b"host")
        if len(hosts) != 1 and (hosts or self._version != "1.0"):
            raise Problem(400, "A request has exactly one Host header.")
        if hosts and not _HOST.fullmatch(hosts[0]):
            raise Problem(400, "The Host header is not a host.")
        if sum(map(len, self._address)) > ADDRESS_BYTES:
            raise Problem(414, f"An address holds at most {ADDRESS_BYTES} bytes.")
        if self._address[1].count(b"&") >= FIELDS:
            raise Problem(400, f"The query of an address holds at most {FIELDS} fields.")
        if self.method not in SAFE:
            self._check_writer(hosts[0].decode("ascii") if hosts else "")

    def _check_writer(self, host: str) -> None:
        origins, sites = self._all(b"origin"), self._all(b"sec-fetch-site")
        refusal = self._origins.rejection_reason(host.lower(), origins, sites, self._known)
        if refusal:
            raise Problem(403, refusal)

    def _origin(self) -> str | None:
        given = self._all(b"origin")
        said = given[0].decode("latin-1") if len(given) == 1 else ""
        return said if said and links.origin(said) == said else None

    def cors(self) -> dict[bytes, bytes]:
        """Everybody may read what GET answers; only known origins may read the answer to a write."""
        origin = self._origin()
        if self.method in ("GET", "HEAD"):
            return {b"access-control-allow-origin": b"*"}
        if origin in self._known:
            return {b"access-control-allow-origin": str(origin).encode(), b"vary": b"Origin"}
        return {b"access-control-allow-origin": b"*"} if self.method == "OPTIONS" else {}

    def options(self) -> list[tuple[bytes, bytes]]:
        """Headers of the answer to OPTIONS, a preflight (Fetch standard section 3.2) or a plain question."""
        writes = self._origin() in self._known
        methods = "GET, HEAD, POST, DELETE" if writes else "GET, HEAD"
        allow = "GET, HEAD, POST, DELETE, OPTIONS" if self.path.startswith("/api/") else "GET, HEAD, OPTIONS"
        if not self._all(b"access-control-request-method"):
            return _encoded({"Allow": allow})
        return _encoded(
            {
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
                "Access-Control-Max-Age": "600",
            }
        )


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
