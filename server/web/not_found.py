"""The page of an error: in the reader's language, saying what exists; it repeats nothing of the request."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from ..text import labels, lesson_text
from ..text.labels import Lang
from ..text.lesson_text import has_text
from . import negotiation, render
from .context import Context

What = Literal["page", "lesson", "run", "preset", "damaged"]


def respond(context: Context, request: Request, lang: Lang, what: What, status: int = 404) -> Response:
    """The page for an address that leads nowhere: 404, or 410 for a run of which nothing can be shown any more."""
    words = labels.words(lang)["error"]
    return page(context, request, lang, words["title"], words[what], status)


def page(context: Context, request: Request, lang: Lang, title: str, sentence: str, status: int) -> Response:
    """The page of any error."""
    words = labels.words(lang)
    exists = [
        {"path": f"/{lang}/lessons/{slug}", "title": front.title, "question": front.question}
        for slug in context.lessons
        if has_text(slug, lang)
        for front in (lesson_text.text(slug, lang).front,)
    ]
    exists += [
        {"path": f"/{lang}/", "title": words["nav"]["lessons"], "question": ""},
        {"path": f"/{lang}/about", "title": words["nav"]["about"], "question": ""},
    ]
    values = {
        "page_name": "error", "title": f"{title} · Timeslice", "heading": title, "status": status,
        "description": words["site"]["tagline"], "path": f"/{lang}/", "message": sentence,
        "exists": exists, "theme": "",
    }  # fmt: skip
    made = render.page(context, request, lang, "error.html", values, status=status)
    if _named(request) is None:
        made.headers["Vary"] = "Cookie, Accept-Language"
    return made


def language(request: Request) -> Lang:
    """The reader's language: the address, else the cookie, else Accept-Language."""
    return _named(request) or negotiation.language(request)


def _named(request: Request) -> Lang | None:
    parts = request.url.path.split("/")
    return labels.known(parts[1]) if len(parts) > 1 else None
