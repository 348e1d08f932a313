"""A run as one HTML file that plays without a server: templates/replay.html, with everything it needs put inside.

Its page is the lesson's, in both languages, whose screen says ``offline``. Style sheets stand in style elements,
modules are entries of an import map, the run and the lesson's recordings are data URLs: nothing is fetched.
"""

from __future__ import annotations

import posixpath
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..lesson import catalog
from ..log import recording, seals
from ..log.recording import Recording
from ..runs.run import Run
from ..settings import STATIC, Settings
from ..text import labels, lesson_text
from ..text.labels import Lang
from . import initial_view, lesson_page, log_summary, page_block, render
from . import screen as screens
from .lesson_page import LessonPage
from .render import safe
from .screen import RunOnScreen, Screen

_START = "page/offline.js"  # the module that the page itself starts
_STARTED = ("main.js", "steps.js", _START)  # … and those that it starts in turn
_NAMED = re.compile(r"""(\b(?:from|import)\s*\(?\s*["'`])(\.{1,2}/[^"'`]+)""")
_PREFIX = "timeslice/"


class NoRun(ValueError):
    """The recording's good part does not say what lesson it is of."""


def html(
    settings: Settings, id: str, found: Recording, lang: Lang = "en", homes: Mapping[Lang, str] | None = None
) -> bytes:
    """The file for a run that is over; :class:`NoRun` if nothing can be played. ``homes``: addresses of the front page
    in each language, where the file is part of a site (site.py)."""
    run = Run.from_recording(id, found.with_end())
    if run is None or run.lesson not in catalog.discover():
        raise NoRun("the recording does not begin with the start of a lesson that is here")
    played = None if _is_shipped(run, found) else run
    recordings = {name: _data_url("application/gzip", data) for name, data in _recordings(run.lesson)}
    if played:
        recordings[""] = _data_url("application/gzip", seals.compress(seals.seal_all(found.lines, found.epoch)))
    page = lesson_page.page(_screen(run, played, lang), settings)
    other = next(each for each in labels.LANGS if each != lang)
    in_other = lesson_page.page(_screen(run, played, other), settings)
    whole = {
        "styles": [_style(name) for name in (*page.sheets, "opened.css")],
        "imports": page_block.script_json({"imports": _modules(page.modules)}),
        "start": safe(f'import "{_PREFIX}{_START}";'),
        "recordings": page_block.script_json(recordings),
        "other": page_block.script_json(_body(in_other, settings, other, homes or {})),
    }
    return _html(page, settings, lang, homes or {}, whole).encode("utf-8")


def _html(page: LessonPage, settings: Settings, lang: Lang, homes: Mapping[Lang, str], more: Mapping[str, Any]) -> str:
    values = render.values(page) | {"online": bool(settings.public_url), "front": homes.get(lang, ""), **more}
    return render.html("replay.html", lang, settings, values, bare=not settings.public_url)


def _body(page: LessonPage, settings: Settings, lang: Lang, homes: Mapping[Lang, str]) -> str:
    """The page in the other language, without what it shares with the first: page/offline.js puts it in its place."""
    shared = {"styles": [], "imports": safe("{}"), "start": "", "recordings": safe("null"), "other": safe("null")}
    return _html(page, settings, lang, homes, shared)


def _is_shipped(run: Run, found: Recording) -> bool:
    """Whether it is the lesson's own recording, whose words are not those of a reader's run."""
    path = catalog.recording_path(run.lesson, run.preset or "")
    return path is not None and recording.read(path).lines == found.lines


def _recordings(slug: str) -> Iterator[tuple[str, bytes]]:
    """Preset → its shipped recording, packed, of every preset that has one."""
    for preset in catalog.discover()[slug].presets:
        path = catalog.recording_path(slug, preset.name)
        if path is not None:
            yield preset.name, path.read_bytes()


def _screen(run: Run, played: Run | None, lang: Lang) -> Screen:
    """The lesson as it opens, with its question; ``played`` is a run that is no recording of the lesson."""
    lesson, text = catalog.discover()[run.lesson], lesson_text.text(run.lesson, lang)
    preset = screens.preset_of(lesson, run)
    assert preset is not None  # none is asked for by name
    return Screen(
        lang, run.lesson, lesson, text, preset, screens.params_of(lesson, preset, run),
        log=log_summary.of_log(run.log.tail(0)), recording="#recordings",
        run=RunOnScreen(run.id, run.status, run.queue_position, note=run.note) if played else None,
        initial_view=None if played else initial_view.of(run.lesson, lesson, preset, screens.deciding_step(text)),
        veiled=text.front.story is not None, offline=True,
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
