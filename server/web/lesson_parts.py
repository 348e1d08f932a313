"""What a lesson's page fetches when a reader opens it: folded passages, and the labels that only opened parts say."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from ..lesson import catalog
from ..text import labels, lesson_text, prose
from ..text.labels import Lang
from ..text.lesson_text import has_text
from . import log_summary, not_found, page_block, render
from . import screen as screens
from .context import Context
from .render import safe
from .screen import Screen
from .slots import PageSlots


def router(context: Context, lang: Lang) -> APIRouter:
    """/{lang}/lessons/{slug}/words.json and /{lang}/lessons/{slug}/more/{step}."""
    made = APIRouter(include_in_schema=False)

    @made.get(f"/{lang}/lessons/{{slug}}/words.json")
    def words(request: Request, slug: str) -> Response:
        if slug not in context.lessons or not has_text(slug, lang):
            return not_found.respond(context, request, lang, "lesson")
        front = lesson_text.text(slug, lang).front
        return render.respond_json(request, lang, page_block.remaining_labels(lang, context.lessons[slug], front))

    @made.get(f"/{lang}/lessons/{{slug}}/more/{{step}}")
    def more(request: Request, slug: str, step: str) -> Response:
        if slug not in context.lessons or not has_text(slug, lang):
            return not_found.respond(context, request, lang, "lesson")
        return _more(context, request, lang, slug, step)

    return made


def closed(body: str, slots: PageSlots, screen: Screen, step: str) -> Markup:
    """A step's HTML whose folded passage is a link to itself, for a script to fetch; offline it stays."""
    before, inside, after = prose.render_disclosure(body, slots)
    if inside and not screen.offline:
        address = f"{screen.address}/more/{step}?preset={screen.preset}"
        inside = f'<p><a href="{escape(address)}" data-part>{escape(screen.words["lesson"]["more"])}</a></p>'
    return safe(before + inside + after)


def _more(context: Context, request: Request, lang: Lang, slug: str, step: str) -> Response:
    """The passage alone for the lesson's page, a page of its own for whoever has no script."""
    lesson, text = context.lessons[slug], lesson_text.text(slug, lang)
    preset = screens.preset_of(lesson, None, request.query_params.get("preset"))
    passage = None if preset is None else _passage(context, lang, slug, preset, step)
    if passage is None:
        return not_found.respond(context, request, lang, "lesson")
    if "hx-request" in request.headers:
        return render.respond(request, lang, passage)
    title = next(each.title for each in text.steps if each.id == step)
    back = (
        f'<p><a href="{context.root}/{lang}/lessons/{slug}?step={step}">{labels.words(lang)["lesson"]["back"]}</a></p>'
    )
    values = {
        "page_name": "more", "title": f"{title} · {text.front.title} · Timeslice", "theme": "",
        "description": prose.plain(text.front.summary), "path": f"/{lang}/lessons/{slug}/more/{step}",
        "body": safe(f"<h1>{Markup.escape(title)}</h1>{passage}{back}"),
    }  # fmt: skip
    return render.page(context, request, lang, "about.html", values)


def _passage(context: Context, lang: Lang, slug: str, preset: str, step: str) -> str | None:
    """The folded passage of a step; None if it has none. Steps before it are rendered: they may have used its terms."""
    lesson, text = context.lessons[slug], lesson_text.text(slug, lang)
    log = log_summary.outline_of_file(catalog.recording_path(slug, preset))
    slots = PageSlots(lang, slug, lesson, text.front, log, root=context.root)
    for each in text.steps:
        slots.step = each.id
        _, passage, _ = prose.render_disclosure(each.body, slots)
        if each.id == step:
            return passage or None
    return None
