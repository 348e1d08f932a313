"""Files that other sites ask for by a fixed name: embed.js, robots.txt (RFC 9309), sitemap.xml (sitemaps.org)."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..settings import STATIC
from ..text import labels, lesson_text
from . import conditional, links
from .context import Context

# How long a course page may keep embed.js: its address has no stamp, since authors write it by hand
EMBED_SCRIPT_S = 3600
_FOR_A_WHILE = {"Cache-Control": f"public, max-age={EMBED_SCRIPT_S}"}
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}


def router(context: Context) -> APIRouter:
    """/embed.js, /robots.txt and /sitemap.xml."""
    made = APIRouter(include_in_schema=False)

    @made.get("/embed.js")
    def embed_script(request: Request) -> Response:
        body = (STATIC / "js/embed/element.js").read_bytes()
        return conditional.answer(request, body, "text/javascript", _FOR_A_WHILE)

    @made.get("/favicon.ico")
    def icon(request: Request) -> Response:
        return conditional.answer(request, (STATIC / "icon.svg").read_bytes(), "image/svg+xml", _FOR_A_WHILE)

    @made.get("/robots.txt")
    def robots(request: Request) -> Response:
        closed = [f"Disallow: {context.root}{each}" for each in ("/api/", "/runs/")]
        base = links.base(context.opened_under(request))
        lines = ["User-agent: *", *closed, f"Sitemap: {base}/sitemap.xml", ""]
        return conditional.answer(request, "\n".join(lines).encode(), "text/plain", _ASK_EACH_TIME)

    @made.get("/sitemap.xml")
    def sitemap(request: Request) -> Response:
        base = links.base(context.opened_under(request))
        return conditional.answer(request, _sitemap(context, base).encode(), "application/xml", _ASK_EACH_TIME)

    return made


def _sitemap(context: Context, base: str) -> str:
    """Every page that has a text, each with its address in the other language."""
    pages = ["/", "/about"] + [f"/lessons/{slug}" for slug in context.lessons]
    urls = "".join(
        f"<url><loc>{escape(f'{base}/{lang}{page}')}</loc>{_alternates(base, page)}</url>\n"
        for page in pages
        for lang in labels.LANGS
        if _has(page, lang)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n{urls}</urlset>\n'
    )


def _alternates(base: str, page: str) -> str:
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{labels.TAGS[lang]}" href="{escape(f"{base}/{lang}{page}")}"/>'
        for lang in labels.LANGS
        if _has(page, lang)
    )


def _has(page: str, lang: labels.Lang) -> bool:
    kind, _, slug = page.removeprefix("/").partition("/")
    return kind != "lessons" or lesson_text.has_text(slug, lang)
