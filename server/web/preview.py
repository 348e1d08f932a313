"""Preview pictures of lessons (PNG, 1200×630) for og:image, twitter:card and oEmbed: files beside each lesson's text.

They are made by ``python -m benchmarks.previews`` from the home page's still picture, which ends at the question's
instant.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..lesson import catalog
from ..text.labels import LANGS, Lang
from . import conditional, not_found
from .context import Context

WIDTH, HEIGHT = 1200, 630
KEPT_S = 86_400  # how long others may keep one: its address has no stamp


def path(slug: str, lang: Lang) -> Path:
    """Where the picture of a lesson is, if it has one."""
    return catalog.lesson_folder(slug) / f"preview.{lang}.png"


def address(slug: str, lang: Lang) -> str:
    """The picture's address below the server's, "" if the lesson has none."""
    return f"/{lang}/lessons/{slug}/preview.png" if path(slug, lang).is_file() else ""


def router(context: Context) -> APIRouter:
    """The picture of every lesson, in each language."""
    made = APIRouter(include_in_schema=False)
    for lang in LANGS:
        _add(made, context, lang)
    return made


def _add(made: APIRouter, context: Context, lang: Lang) -> None:
    @made.get(f"/{lang}/lessons/{{slug}}/preview.png")
    def picture(request: Request, slug: str) -> Response:
        if slug not in context.lessons or not address(slug, lang):
            return not_found.respond(context, request, lang, "lesson")
        headers = {"Cache-Control": f"public, max-age={KEPT_S}"}
        return conditional.answer(request, path(slug, lang).read_bytes(), "image/png", headers)
