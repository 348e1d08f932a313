"""The files under static/: text is packed; an address carries a stamp of the content and is then cached for a year."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from ..settings import STATIC
from . import compression, negotiation

#: What a browser must be told; the machine's own table of types may say anything.
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".map": "application/json",
    ".woff2": "font/woff2",
}
_TEXT = {".js", ".css", ".svg", ".json", ".txt", ".map"}
_HASHED = re.compile(r"vendor/app/[a-z-]+/[\w-]+-[A-Z0-9]{8}\.js(?:\.map)?")  # its name changes with its content
_STAMPED = re.compile(rb"(?:^|&)v=[0-9a-f]{10}(?:&|$)")


def address(path: str, root: Path = STATIC) -> str:
    """Address of a static file; a file that is not there gets one without a stamp."""
    try:
        status = (root / path).stat()
    except OSError:
        return f"/static/{path}"
    return f"/static/{path}?v={_stamp(root / path, status.st_mtime_ns, status.st_size)}"


@lru_cache(maxsize=512)
def _stamp(path: Path, mtime_ns: int, size: int) -> str:
    """Ten hexadecimal digits of the content; time and size only tell when to read it anew."""
    del mtime_ns, size
    return blake2b(path.read_bytes(), digest_size=5).hexdigest()


class Assets(StaticFiles):
    """Files of known types, never a directory, never what begins with a dot."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or :class:`HTTPException` 404 whatever the reason."""
        plain = get_route_path(scope) == f"/{path}"  # no dots, no doubled and no last slash
        hidden = any(part.startswith(".") for part in path.split(os.sep))
        if hidden or not plain or Path(path).suffix not in TYPES:
            raise HTTPException(404)
        try:
            response = await super().get_response(path, scope)
        except OSError:
            raise HTTPException(404) from None
        if isinstance(response, FileResponse):
            response.headers["content-type"] = TYPES[Path(path).suffix]
            response = await self._packed(response, Headers(scope=scope))
        if Path(path).suffix in _TEXT:
            response.headers["vary"] = "Accept-Encoding"
        stamped = _STAMPED.search(scope["query_string"]) or _HASHED.fullmatch(path)
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if stamped else "no-cache"
        return response

    async def _packed(self, response: FileResponse, asked: Headers) -> Response:
        """The same in the coding the client takes, with an entity tag of its own; parts of a file go as they are."""
        file = Path(response.path)
        how = negotiation.coding(asked.get("accept-encoding", ""))
        if how is None or file.suffix not in _TEXT or "range" in asked:
            return response
        status = file.stat()
        data = await run_in_threadpool(_pack, file, status.st_mtime_ns, status.st_size, how)
        tag = response.headers["etag"].rstrip('"') + f'-{how}"'
        kept = {name: response.headers[name] for name in ("content-type", "last-modified")}
        made = Response(data, headers={**kept, "etag": tag, "content-encoding": how})
        return NotModifiedResponse(made.headers) if self.is_not_modified(made.headers, asked) else made


@lru_cache(maxsize=512)
def _pack(path: Path, mtime_ns: int, size: int, how: negotiation.Coding) -> bytes:
    """Packed once as small as it gets; time and size tell when to do it again."""
    del mtime_ns, size
    return compression.pack(path.read_bytes(), how)
