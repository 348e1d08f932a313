"""What a client prefers: the language of its reader, the coding of an answer (RFC 9110, sections 12.4.2 to 12.5.4)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from starlette.requests import Request

from ..text import labels
from ..text.labels import Lang

Coding = Literal["br", "gzip"]
_CODINGS: tuple[Coding, ...] = ("br", "gzip")  # ours, the better one first
_MOST = 32  # members of a list that are read


def accepted(header: str) -> list[str]:
    """What a header of the form ``a, b;q=0.5`` allows, in lower case, the highest quality first.

    A member with quality 0 is refused by the client, one whose quality is no number is passed over.
    """
    found = []
    for member in header.split(",")[:_MOST]:
        name, _, weight = member.partition(";")
        try:
            quality = float(weight.strip().lower().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            found.append((-quality, name.strip().lower()))
    return [name for _, name in sorted(found, key=lambda each: each[0])]


def coding(header: str, ours: Collection[Coding] = _CODINGS) -> Coding | None:
    """The best of our codings that an Accept-Encoding header names, None if it names none."""
    theirs = accepted(header)
    return next((each for each in _CODINGS if each in ours and each in theirs), None)


def codings(header: str) -> str:
    """Those of our codings that a client takes, the better one first, as an Accept-Encoding header; "" if none."""
    theirs = accepted(header)
    return ", ".join(each for each in _CODINGS if each in theirs)


def language(request: Request) -> Lang:
    """The language of a reader: the cookie, then Accept-Language; anything zh* is zh, and en what is left."""
    return preferred(request.cookies.get("lang"), request.headers.get("accept-language"))


def preferred(cookie: str | None, header: str | None) -> Lang:
    """The same from the two values, None where there is none."""
    tags = [tag.split("-")[0] for tag in accepted(header or "")]
    return next((known for tag in (cookie or "", *tags) if (known := labels.known(tag))), "en")
