"""Templates into HTML and answers: what every page needs; what only one page shows comes as its values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..settings import TEMPLATES, Settings
from ..text import labels
from ..text.labels import Lang
from . import assets, conditional, links, scripts
from .context import Context


@cache
def environment() -> Environment:
    """Autoescaping everywhere; a misspelt name is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


def safe(text: str) -> Markup:
    """Marks what prose, slots, still picture and listing built: whoever put a text into it has escaped it."""
    return Markup(text)  # noqa: S704


def values(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, for a template; what they hold stays as it is."""
    return {each.name: getattr(value, each.name) for each in fields(value)}


def page(
    context: Context, request: Request, lang: Lang, template: str, values: Mapping[str, Any], *, status: int = 200
) -> Response:
    """A whole page. ``values`` hold at least title, description and path (its address without a query)."""
    text = html(template, lang, context.opened_under(request), values, query=request.url.query, bare=status != 200)
    return respond(request, lang, text, status)


def respond(request: Request, lang: Lang, text: str, status: int = 200, type: str = "text/html") -> Response:
    """A page as an answer; 304 if the client has it. Its entity tag is weak: it is the same in every coding."""
    headers = {"Cache-Control": "no-cache", "Content-Language": labels.TAGS[lang]}
    if status != 200:
        return Response(text, status, headers, type)
    answer = conditional.answer(request, text.encode("utf-8"), type, headers, weak=True)
    if answer.status_code == 304:
        answer.headers["Vary"] = "Accept-Encoding"  # as the packed page says it
    return answer


def respond_json(request: Request, lang: Lang, value: Any) -> Response:
    """Words for scripts, answered and kept as a page is."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return respond(request, lang, text, type="application/json")


def html(
    template: str, lang: Lang, settings: Settings, values: Mapping[str, Any], *, query: str = "", bare: bool = False
) -> str:
    """The same as text, without a request. ``query`` goes along to the other language; ``bare``: no search engine
    is told of it. ``values["path"]`` is an address of this server's own; templates put ``root`` before such a one."""
    base, root = links.base(settings), links.root(settings)
    rest = str(values["path"]).removeprefix(f"/{lang}")
    shared = {
        "lang": lang, "lang_tag": labels.TAGS[lang], "t": labels.words(lang), "query": query, "bare": bare,
        "languages": [_language(each, lang, rest) for each in labels.LANGS[::-1]],
        "sheets": [*scripts.sheets(()), "home.css"], "absolute": lambda address: f"{base}{address}",
        "root": root, "static": lambda path: f"{root}{assets.address(path)}",
    }  # fmt: skip
    return environment().get_template(template).render({**shared, **values})


def fragment(lang: Lang, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    """A piece of a page for htmx."""
    text = environment().get_template(template).render({"lang": lang, "t": labels.words(lang), **values})
    return HTMLResponse(text, status, {"Cache-Control": "no-store"})


def _language(each: Lang, current: Lang, rest: str) -> dict[str, str]:
    return {
        "lang": each, "tag": labels.TAGS[each], "short": labels.SHORT[each], "path": f"/{each}{rest}",
        "hint": labels.words(current)["other"]["hint"],
    }  # fmt: skip
