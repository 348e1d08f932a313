"""A run as one HTML file that plays without a server: templates/replay.html, with everything it needs put inside.

Its page is an embed's whose screen says ``offline``. Style sheets stand in style elements, modules are entries of an
import map, the recording is a data URL: the file asks no network for anything.
"""

from __future__ import annotations

import posixpath
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from ..lesson import catalog
from ..log import seals
from ..log.recording import Recording
from ..runs.run import Run
from ..settings import STATIC, Settings
from ..text import lesson_text
from ..text.labels import Lang
from . import lesson_page, log_summary, page_block, render
from . import screen as screens
from .render import safe
from .screen import RunOnScreen, Screen

_STARTED = ("main.js", "steps.js")  # the modules that the page itself starts
_NAMED = re.compile(r"""(\b(?:from|import)\s*\(?\s*["'`])(\.{1,2}/[^"'`]+)""")
_PREFIX = "timeslice/"


class NoRun(ValueError):
    """The recording's good part does not say what lesson it is of."""


def html(settings: Settings, id: str, found: Recording, lang: Lang = "en") -> bytes:
    """The file for a run that is over; :class:`NoRun` if nothing can be played."""
    run = Run.from_recording(id, found.with_end())
    if run is None or run.lesson not in catalog.discover():
        raise NoRun("the recording does not begin with the start of a lesson that is here")
    packed = seals.compress(seals.seal_all(found.lines, found.epoch))
    page = lesson_page.page(_screen(run, lang, _data_url("application/gzip", packed)), settings)
    values = render.values(page) | {
        "styles": [_style(name) for name in (*page.sheets, "opened.css")],
        "imports": page_block.script_json({"imports": _modules(page.modules)}),
        "start": safe("".join(f'import "{_PREFIX}{name}";' for name in _STARTED)),
    }
    return render.html("replay.html", lang, settings, values).encode("utf-8")


def _screen(run: Run, lang: Lang, recording: str) -> Screen:
    lesson = catalog.discover()[run.lesson]
    preset = screens.preset_of(lesson, run)
    assert preset is not None  # none is asked for by name
    return Screen(
        lang, run.lesson, lesson, lesson_text.text(run.lesson, lang), preset, screens.params_of(lesson, preset, run),
        log=log_summary.of_log(run.log.tail(0)), recording=recording,
        run=RunOnScreen(run.id, run.status, run.queue_position, note=run.note), embed=True, offline=True,
    )  # fmt: skip


def _style(name: str) -> Markup:
    return safe((STATIC / "css" / name).read_text("utf-8"))


def _modules(addresses: list[str]) -> Mapping[str, str]:
    """The import map: each module under a name of its own, as a data URL."""
    names = {address.removeprefix("/static/js/") for address in addresses} | set(_STARTED)
    return {_PREFIX + name: _module(STATIC / "js" / name, name) for name in sorted(names)}


def _module(path: Path, name: str) -> str:
    """A module whose imports use the map's names: within a data URL nothing is relative to anything."""
    folder = posixpath.dirname(name)
    text = _NAMED.sub(
        lambda match: match[1] + _PREFIX + posixpath.normpath(posixpath.join(folder, match[2])), path.read_text("utf-8")
    )
    return _data_url("text/javascript", text.encode("utf-8"))


def _data_url(type: str, data: bytes) -> str:
    return f"data:{type};base64,{b64encode(data).decode('ascii')}"
