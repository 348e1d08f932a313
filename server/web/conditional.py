"""Answers that a client may have already: entity tags and 304 (RFC 9110, sections 8.8.3, 13.1.2 and 15.4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response


def has(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match names this entity tag; compared weakly, as the header asks."""
    opaque = tag.removeprefix("W/")
    return any(each.strip().removeprefix("W/") in (opaque, "*") for each in if_none_match.split(","))


def tag_of(body: bytes, *, weak: bool = False) -> str:
    """The entity tag of a body; a weak one is the same in every coding."""
    tag = f'"{blake2b(body, digest_size=10).hexdigest()}"'
    return f"W/{tag}" if weak else tag


def answer(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str], *, weak: bool = False
) -> Response:
    """The body with its entity tag, or 304 to whoever has it."""
    tag = tag_of(body, weak=weak)
    found = {**headers, "ETag": tag}
    if has(request.headers.get("if-none-match", ""), tag):
        return Response(None, 304, found)
    return Response(body, 200, found, media_type)
