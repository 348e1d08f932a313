"""Timeslice inside other people's pages: the lesson without chrome, and oEmbed 1.0 for sites that ask for it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from ..settings import Settings
from ..text import labels, lesson_text
from . import lesson_page, links, preview, validation
from .context import Context
from .problems import Problem

CACHE_S = 3600
_PAGE = re.compile(r"/(?:(zh|en)/lessons|embed/(zh|en))/([a-z0-9-]{1,64})/?")
_SIZE = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_VALUE = re.compile(r"[A-Za-z0-9._:,-]{1,64}", re.ASCII)


def router(context: Context) -> APIRouter:
    """/embed/{lang}/{slug} and /oembed."""
    made = APIRouter()

    @made.get("/embed/{lang}/{slug}", include_in_schema=False)
    async def page(request: Request, lang: str, slug: str) -> Response:
        known = labels.known(lang)
        if known is None:
            raise HTTPException(404)
        wanted = labels.known(request.query_params.get("lang", "")) or known
        return await lesson_page.respond(context, request, wanted, slug, embed=True)

    @made.get("/oembed", summary="oEmbed 1.0: how to embed a lesson")
    async def oembed(request: Request) -> Response:
        said = rich(context, dict(request.query_params), context.opened_under(request))
        return JSONResponse(said, headers={"Cache-Control": "no-cache"})

    return made


def rich(context: Context, asked: dict[str, str], settings: Settings) -> dict[str, str | int]:
    """The oEmbed answer of type ``rich`` (oembed.com, sections 2.2 and 2.3); raises :class:`Problem` 404 or 501.

    ``asked`` is the request's query: ``url``, and ``format``, ``maxwidth``, ``maxheight`` (pixels) if the consumer
    wants. Width and height never exceed what it asks for.
    """
    if asked.get("format", "json") != "json":
        raise Problem(501, "oEmbed is answered in JSON only.")
    lang, slug, options = _ours(settings, asked.get("url", ""))
    if slug not in context.lessons or not lesson_text.has_text(slug, lang):
        raise Problem(404, "No lesson of this server has that address.")
    width, height = _fit(asked, "maxwidth", links.EMBED_WIDTH), _fit(asked, "maxheight", links.EMBED_HEIGHT)
    said = lesson_text.text(slug, lang).front
    title = f"{said.title}: {said.question}"
    picture = preview.address(slug, lang)
    small = any(
        int(asked.get(name, most)) < most for name, most in (("maxwidth", preview.WIDTH), ("maxheight", preview.HEIGHT))
    )
    thumbnail: dict[str, str | int] = {
        "thumbnail_url": links.base(settings) + picture,
        "thumbnail_width": preview.WIDTH,
        "thumbnail_height": preview.HEIGHT,
    }
    return {
        **(thumbnail if picture and not small else {}),
        "author_name": "Timeslice",
        "author_url": links.lesson(settings, lang, slug),
        "type": "rich",
        "version": "1.0",
        "title": title,
        "provider_name": "Timeslice",
        "provider_url": links.base(settings),
        "cache_age": CACHE_S,
        "width": width,
        "height": height,
        "html": links.iframe(links.embed(settings, lang, slug, options), title, width, height),
    }


def _ours(settings: Settings, url: str) -> tuple[labels.Lang, str, dict[str, str]]:
    """Language, slug and harmless options of an address of this server; raises :class:`Problem` 404."""
    own = urlsplit(links.base(settings))
    try:
        parts = urlsplit(url)
        found = _PAGE.fullmatch(parts.path.removeprefix(own.path))
        options = parse_qsl(parts.query, max_num_fields=20)
    except ValueError:
        found = None
    if found is None or links.origin(url) != links.origin(links.base(settings)):
        raise Problem(404, "No lesson of this server has that address.")
    kept = {name: value for name, value in options if _NAME.fullmatch(name) and _VALUE.fullmatch(value)}
    return ("zh" if "zh" in found.group(1, 2) else "en"), found[3], kept


def _fit(asked: dict[str, str], name: str, ours: int) -> int:
    given = asked.get(name)
    if given is None:
        return ours
    if not _SIZE.fullmatch(given):
        raise validation.Refused(validation.FieldError(name, "type", "be a whole number of pixels", "another value"))
    return min(ours, int(given))
