"""Pages and files that are the same for everybody, kept as they leave: made and packed once, then looked up (ASGI)."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..lesson import Lesson
from ..settings import PACKAGE, STATIC, TEMPLATES
from ..text import labels
from . import compression, conditional, negotiation, source_state
from .context import Context
from .negotiation import Coding

MOST = 512  # answers kept at one time, about 16 KiB each; the one asked for longest ago goes
_QUERY_BYTES = 256  # of a query that is kept; what scripts write is shorter
#: Names in a query that make another page of an address, the same for everybody. Any other (``run``) is not kept.
VARIANTS = frozenset({"step", "guess", "preset", "theme", "present", "t", "view", "task", "speed", "follow", "v"})
_FILE = re.compile(r"/static/.+\.(?:js|css|svg|json|txt|map)")
_OF_A_BODY = frozenset({b"content-length", b"content-type", b"content-encoding"})


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """An answer with status 200: its header fields, and its body in one coding."""

    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    tag: str  # its entity tag; "" if it has none


class PageCache:
    """Answers what is listed from its store, everything else through ``rest``.

    An answer is made of its key alone: path, query, codings, the prefix that a proxy has cut off (``root_path``), the
    origin that ``opened`` lets into links, and what ``state`` gives. To make it, ``site`` gets a request without any
    other header field, so that no cookie, key or validator of one reader can get into what another one reads.
    """

    def __init__(
        self, site: ASGIApp, rest: ASGIApp, paths: Collection[str], state: Callable[[], Awaitable[Hashable]],
        opened: Callable[[Scope], str] = lambda _scope: "",
    ) -> None:  # fmt: skip
        self._opened = opened
        self._site, self._rest, self._paths, self._state = site, rest, frozenset(paths), state
        self._cached: OrderedDict[Hashable, asyncio.Task[CachedResponse | None]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's request."""
        codings = self._codings(scope)
        found = await self._find(scope, codings) if codings else None
        if found is None:  # not listed, or an error: that is told to this reader as this reader takes it
            await self._rest(scope, receive, send)
            return
        has_it = found.tag and conditional.has(Headers(scope=scope).get("if-none-match", ""), found.tag)
        headers = [pair for pair in found.headers if not (has_it and pair[0] in _OF_A_BODY)]
        await send({"type": "http.response.start", "status": 304 if has_it else 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if has_it else found.body})

    def _codings(self, scope: Scope) -> str:
        """Those of ours that the client takes, if what it asks for is listed; "": none."""
        if scope["type"] != "http" or scope["method"] != "GET":
            return ""
        headers, query = Headers(scope=scope), scope["query_string"]
        if "range" in headers or len(query) > _QUERY_BYTES:
            return ""
        if scope["path"] not in self._paths and not _FILE.fullmatch(scope["path"]):
            return ""
        if not VARIANTS.issuperset(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
            return ""
        return negotiation.codings(headers.get("accept-encoding", ""))

    async def _find(self, scope: Scope, codings: str) -> CachedResponse | None:
        """The answer, made at most once for all who ask for it at one time; None if it is an error."""
        opened = "" if _FILE.fullmatch(scope["path"]) else self._opened(scope)
        root = scope.get("root_path", "")
        key = (scope["path"], scope["query_string"], codings, root, opened, await self._state())
        making = self._cached.get(key)
        if making is None or making.cancelled():
            making = self._cached[key] = asyncio.create_task(self._make(scope, codings, opened))
            while len(self._cached) > MOST:
                self._cached.popitem(last=False)
        self._cached.move_to_end(key)
        try:
            found = await asyncio.shield(making)
        except Exception:  # whatever it was: ``rest`` meets it again, and answers it
            found = None
        if found is None:
            self._cached.pop(key, None)
        return found

    async def _make(self, scope: Scope, codings: str, opened: str) -> CachedResponse | None:
        said: list[Message] = []
        empty: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def nothing() -> Message:
            return empty.pop() if empty else await asyncio.Future()  # nobody who could leave

        async def listen(message: Message) -> None:
            said.append(message)

        headers = [(b"accept-encoding", codings.encode())]
        headers += [(b"host", opened.partition("//")[2].encode())] if opened else []
        await self._site({**scope, "headers": headers}, nothing, listen)
        start, *bodies = said
        if start["status"] != 200:
            return None
        body = b"".join(each.get("body", b"") for each in bodies)
        return await asyncio.to_thread(_packed, start, body, negotiation.coding(codings), not scope["query_string"])


def _packed(start: Message, body: bytes, how: Coding | None, lasting: bool) -> CachedResponse:
    """What is not packed yet is; ``lasting``: nothing asked for a variant, it is worth packing as small as it gets."""
    headers = MutableHeaders(raw=list(start["headers"]))
    if how is not None and compression.is_page(headers):
        headers.add_vary_header("Accept-Encoding")
        if len(body) >= compression.LEAST_BYTES:
            body = compression.pack(body, how, compression.QUALITY_CACHED if lasting else compression.QUALITY_NOW)
            headers["content-encoding"], headers["content-length"] = how, str(len(body))
    return CachedResponse(tuple(headers.raw), body, headers.get("etag", ""))


def of_server(context: Context, site: ASGIApp, rest: ASGIApp) -> PageCache:
    """What this server keeps: home, about, glossary, lessons, embeds, words and recordings that scripts fetch, files.

    Beside the files it is the machine that decides what a page offers to run, as far as it is known yet.
    """
    roots = (STATIC, TEMPLATES, PACKAGE / "lessons", labels.TEXT)
    sources = source_state.SourceState(lambda: source_state.scan(roots))

    async def state() -> Hashable:
        client = context.runs.client
        return await sources.now(), (client.machine, client.finding.tier) if client.machine_known else None

    return PageCache(site, rest, _paths(context.lessons), state, context.opened)


def _paths(lessons: Mapping[str, Lesson]) -> list[str]:
    found = [
        f"/api/lessons/{slug}/recordings/{each.name}" for slug, lesson in lessons.items() for each in lesson.presets
    ]
    for lang in labels.LANGS:
        found += [f"/{lang}/{name}" for name in ("", "about", "about/tutorial", "glossary", "present.json")]
        for slug in lessons:
            page = f"/{lang}/lessons/{slug}"
            found += [page, f"{page}/words.json", f"/embed/{lang}/{slug}"]
    return found
