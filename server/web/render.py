"""Templates into answers: what every page needs, and nothing that only one page knows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ..settings import TEMPLATES
from ..text import labels
from ..text.labels import Lang
from . import assets, links, scripts
from .context import Context


@cache
def environment() -> Environment:
    """Autoescaping everywhere; a misspelt name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals["static"] = assets.address
    return made


def safe(html: str) -> Markup:
    """Marks what prose, filler, picture and listing built: every text in it was escaped by whoever put it there."""
    return Markup(html)  # noqa: S704


def page(
    context: Context, request: Request, lang: Lang, template: str, values: Mapping[str, Any], *, status: int = 200
) -> HTMLResponse:
    """A whole page. ``values`` hold at least title, description and path (its address without a query)."""
    base = links.base(context.settings)
    path = str(values["path"])
    rest = path.removeprefix(f"/{lang}")
    shared = {
        "lang": lang, "lang_tag": labels.TAGS[lang], "t": labels.words(lang), "query": request.url.query,
        "languages": [_language(each, lang, rest) for each in labels.LANGS[::-1]], "bare": status != 200,
        "sheets": scripts.sheets(("home",)), "absolute": lambda address: f"{base}{address}",
    }  # fmt: skip
    html = environment().get_template(template).render({**shared, **values})
    headers = {"Cache-Control": "no-cache", "Content-Language": labels.TAGS[lang]}
    return HTMLResponse(html, status, headers)


def fragment(lang: Lang, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    """A piece of a page for htmx."""
    html = environment().get_template(template).render({"lang": lang, "t": labels.words(lang), **values})
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def _language(each: Lang, current: Lang, rest: str) -> dict[str, str]:
    return {
        "lang": each, "tag": labels.TAGS[each], "short": labels.SHORT[each], "path": f"/{each}{rest}",
        "hint": labels.words(current)["other"]["hint"],
    }  # fmt: skip
