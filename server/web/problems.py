"""Errors as RFC 9457 problem details; it holds no wording about what was sent, only about what was expected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_SAID = {
    400: "The request is not well formed.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    500: "The server met a fault of its own; it has been logged.",
}


class Problem(Exception):
    """An answer that is an error: raise it anywhere below a route.

    ``detail`` is one English sentence that never repeats a value of the request; ``errors`` are the faults of a
    body, each ``{"field", "detail", "got", "code", …}``; ``headers`` go out with the answer; ``members`` are further
    members of the document (RFC 9457 section 3.2).
    """

    def __init__(
        self,
        status: int,
        detail: str = "",
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail or _SAID.get(status, HTTPStatus(status).description)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def content(self) -> bytes:
        """The problem document (RFC 9457 section 3), ``type`` left at its default ``about:blank``."""
        said: dict[str, Any] = {"title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.detail}
        if self.errors:
            said["errors"] = self.errors
        return json.dumps({**said, **self.members}, ensure_ascii=False, allow_nan=False).encode()

    def response(self) -> Response:
        """The answer itself, not to be cached."""
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(self.content(), self.status, headers, MEDIA_TYPE)


_TOLD = {
    400: "the body is no JSON",
    401: "no key was given",
    403: "the key is another run's, or the origin is not known here",
    404: "there is no such thing",
    409: "the run is not running",
    410: "the recording is damaged: `left` says what still plays",
    413: "the body is over 16 KiB",
    415: "the body is not application/json",
    422: "a field does not fit: `errors` name it, its bound and the type it has",
    429: "all places and the queue are taken: Retry-After says when to come back, in seconds",
    501: "the format is not spoken here",
    503: "not now",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses that are problem details."""
    content = {MEDIA_TYPE: {"schema": {"type": "object", "required": ["title", "status", "detail"]}}}
    named: dict[int | str, dict[str, Any]] = {
        each: {"description": _TOLD[each], "content": content} for each in statuses
    }
    return named | {"default": {"description": "an error", "content": content}}
