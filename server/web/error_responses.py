"""Error responses: the form with a sentence or a page in the reader's language; API clients get problem details.

The sentence is chosen by the status alone: nothing of the request is repeated.
"""

from __future__ import annotations

import logging
import re

from starlette.requests import Request
from starlette.responses import Response

from ..text import labels, lesson_text
from . import not_found, pages
from .context import Context
from .problems import Problem

PROBLEM_PREFIXES = (
    "/api/",
    "/oembed",
    "/healthz",
    "/readyz",
    "/static/",
)  # others answer in pages
_LOG = logging.getLogger("timeslice")
_RUN = re.compile(r"/(?:zh|en)/lessons/([a-z0-9-]{1,64})/run")
_SENTENCE_KEYS = {403: "cross_site", 408: "late", 413: "too_large", 429: "often", 500: "fault", 503: "unavailable"}


def error_response(context: Context, request: Request, problem: Problem) -> Response:
    """The answer to a request that met ``problem``; one that cannot be put into words is answered in JSON."""
    path = request.scope["path"]
    if path.startswith(PROBLEM_PREFIXES):
        return problem.response()
    try:
        response = _page(context, request, problem.status)
    except Exception:
        _LOG.exception("the page of an error could not be response")
        return problem.response()
    response.headers.update(problem.headers)
    return response


def _page(context: Context, request: Request, status: int) -> Response:
    lang = not_found.language(request)
    if status == 404:
        return not_found.respond(context, request, lang, "page")
    words = labels.words(lang)["errors"]
    sentence = words[_SENTENCE_KEYS.get(status, "encoding" if status < 500 else "fault")]
    form = _RUN.fullmatch(request.scope["path"])
    if form and form[1] in context.lessons and lesson_text.has_text(form[1], lang):
        return pages.form_with_error(context, request, pages.first_screen(context, lang, form[1]), sentence, status)
    return not_found.page(context, request, lang, words["title"], sentence, status)
