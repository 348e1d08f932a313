"""The 404 page: in the reader's language, saying what exists; it repeats nothing of the request."""

from __future__ import annotations

import logging
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from ..lesson import catalog
from ..text import labels, prose
from ..text.labels import Lang
from . import render
from .context import Context

_LOG = logging.getLogger("timeslice")
What = Literal["page", "lesson", "run", "preset"]


def respond(context: Context, request: Request, lang: Lang, what: What) -> Response:
    """The page, with status 404."""
    words = labels.words(lang)
    exists = [
        {"path": f"/{lang}/lessons/{slug}", "title": front.title, "question": front.question}
        for slug in context.lessons
        if has_text(slug, lang)
        for front in (prose.read(catalog.folder(slug) / f"{lang}.md").front,)
    ]
    exists += [
        {"path": f"/{lang}/", "title": words["nav"]["lessons"], "question": ""},
        {"path": f"/{lang}/about", "title": words["nav"]["about"], "question": ""},
    ]
    values = {
        "page_name": "error", "title": f"{words['error']['title']} · Timeslice",
        "description": words["site"]["tagline"], "path": f"/{lang}/", "message": words["error"][what],
        "exists": exists, "theme": "",
    }  # fmt: skip
    return render.page(context, request, lang, "error.html", values, status=404)


def has_text(slug: str, lang: Lang) -> bool:
    """Whether the lesson can be shown: one that only runs, such as a test's, has no text.

    A text that cannot be read is named in the log; the other lessons' pages go on without it.
    """
    try:
        return prose.read(catalog.folder(slug) / f"{lang}.md") is not None
    except (KeyError, FileNotFoundError):
        return False
    except (OSError, ValueError) as error:
        _LOG.error("lesson %s is not shown: %s", slug, error)
        return False


def language(request: Request) -> Lang:
    """The reader's language: the address, else the cookie, else Accept-Language."""
    first = request.url.path.split("/")[1] if "/" in request.url.path else ""
    return labels.known(first) or labels.preferred(request.cookies.get("lang"), request.headers.get("accept-language"))
