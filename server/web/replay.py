"""A run as one HTML file that plays without a server: the embed page with everything it fetches put inside.

It changes nothing of the page but where things come from: style sheets become style elements, modules become entries
of an import map, the recording becomes a data URL. The file asks no network for anything.
"""

from __future__ import annotations

import json
import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from starlette.requests import Request

from ..lesson import catalog
from ..log import seals
from ..log.recording import Recording
from ..runs.admission import Runs
from ..runs.run import Run
from ..runs.spawner import SpawnerError
from ..settings import STATIC, Settings
from ..text.labels import Lang
from . import lesson_page, scripts
from .context import Context

_SHEET = re.compile(r'<link rel="stylesheet" href="/static/([^"?]+)[^"]*">')
_FETCHED = re.compile(r'<link rel="(?:icon|modulepreload)"[^>]*>\s*')
_MODULE = re.compile(r'<script type="module" src="/static/js/([^"?]+)[^"]*"></script>')
_FORM = re.compile(r'<form id="run-form".*?</form>', re.DOTALL)
_BLOCK = re.compile(r'(<script type="application/json" id="page">)(.*?)(</script>)', re.DOTALL)
_NAMED = re.compile(r"""(\b(?:from|import)\s*\(?\s*["'`])(\.{1,2}/[^"'`]+)""")
_PREFIX = "timeslice/"


class NoRun(ValueError):
    """The recording's good part does not say what lesson it is of."""


def html(settings: Settings, id: str, found: Recording, lang: Lang = "en") -> bytes:
    """The file for a run that is over; :class:`NoRun` if nothing can be played."""
    run = Run.kept(id, found.closed())
    if run is None or run.lesson not in catalog.discover():
        raise NoRun("the recording does not begin with the start of a lesson that is here")
    data = seals.pack(seals.seal_all(found.lines, found.epoch))
    page = _page(settings, run, lang)
    page = _FETCHED.sub("", _FORM.sub("", page))
    page = _SHEET.sub(lambda match: f"<style>{(STATIC / match[1]).read_text('utf-8')}</style>", page)
    page = _BLOCK.sub(lambda match: f"{match[1]}{_block(match[2], data)}{match[3]}", page)
    used = _MODULE.findall(page)
    page = _MODULE.sub("", page)
    imports = "".join(f'import "{_PREFIX}{name}";' for name in used)
    mapped = json.dumps({"imports": _modules(run.lesson, used)}, separators=(",", ":"))
    loaded = f'<script type="importmap">{mapped}</script>\n<script type="module">{imports}</script>\n</head>'
    return page.replace("</head>", loaded, 1).encode("utf-8")


class _None:
    """The runs of a place where none can be started."""

    @property
    def client(self) -> None:
        raise SpawnerError("a file starts nothing")


def _page(settings: Settings, run: Run, lang: Lang) -> str:
    context = Context(settings, catalog.discover(), cast(Runs, _None()))
    path, query = f"/embed/{lang}/{run.lesson}", f"run={run.id}"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    answer = lesson_page.drawn(context, Request(scope), lang, run.lesson, run, embed=True)
    return bytes(answer.body).decode("utf-8")


def _block(text: str, data: bytes) -> str:
    """The page's JSON block with the recording in place of the run's addresses."""
    said: dict[str, Any] = json.loads(text)
    said |= {"run": None, "recording": f"data:application/gzip;base64,{b64encode(data).decode('ascii')}"}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _modules(slug: str, used: list[str]) -> Mapping[str, str]:
    """The import map: each module under a name of its own, as a data URL."""
    views = catalog.discover()[slug].views
    names = {address.removeprefix("/static/js/") for address in scripts.needed(views)} | set(used)
    return {_PREFIX + name: _data_url(STATIC / "js" / name, name) for name in sorted(names)}


def _data_url(path: Path, name: str) -> str:
    """A module whose imports use the map's names: within a data URL nothing is relative to anything."""
    folder = posixpath.dirname(name)
    text = _NAMED.sub(
        lambda match: match[1] + _PREFIX + posixpath.normpath(posixpath.join(folder, match[2])), path.read_text("utf-8")
    )
    return f"data:text/javascript;base64,{b64encode(text.encode('utf-8')).decode('ascii')}"
