"""The one JSON block of a lesson's page: what its scripts are told (types.d.ts, ``Page``)."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from ..lesson import Lesson, Preset, catalog, scene_json
from ..text import labels
from ..text.labels import Lang
from ..text.prose import Front
from . import assets, log_summary, scripts, stage_values
from .render import safe
from .screen import Screen
from .stage_values import RunFragment


def block(screen: Screen, run: RunFragment) -> Markup:
    """The block's text, for a script element of type application/json."""
    return script_json(_values(screen, run))


def script_json(value: Any) -> Markup:
    """JSON that may stand inside a script element: no ``<`` in it (HTML, section 4.12.1.3)."""
    return safe(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _values(screen: Screen, run: RunFragment) -> dict[str, Any]:
    lesson, at = screen.lesson, screen.initial_view
    live = screen.run is not None and not screen.offline
    return {
        "lang": screen.lang, "root": screen.root, "slug": screen.slug, "preset": screen.preset,
        "params": dict(screen.params),
        "views": list(lesson.views), "labels": _labels(screen), "words": _later(screen),
        "sheet": None if _whole(screen) else f"{screen.root}{assets.address(_opened_sheet(screen))}",
        "answers": list(lesson.answers), "right": lesson.right,
        "claims": [{"name": claim.name, "kind": claim.kind} for claim in lesson.claims],
        "recording": (screen.recording if screen.offline else run.recording) or None,
        "opening": at and {"t_ns": at.t_ns, "from_ns": at.view_ns[0], "to_ns": at.view_ns[1], "speed": at.speed},
        "run": {"id": run.id, "status": run.status, "events": run.events, "log": run.log} if live else None,
        "own": {"id": screen.run.id, "preset": screen.preset} if screen.run and screen.offline else None,
        "embed": screen.embed, "drawn": dict(lesson.drawn),
        "defaults": {each.name: each.default for each in lesson.params},
        "presets": {each.name: _preset(screen, each) for each in lesson.presets},
        "see": screen.text.front.story.see.step if screen.text.front.story else None, "veiled": screen.veiled,
        "step": screen.step or None,
        "scenes": [scene_json.scene_to_json(lesson, each) for each in lesson.scenes],
    }  # fmt: skip


def _opened_sheet(screen: Screen) -> str:
    """Below static/: the sheet of what is opened or shown later."""
    made = scripts.bundle(screen.slug, screen.lesson.views)
    return made.opened_sheet if made else "css/opened.css"


def _preset(screen: Screen, preset: Preset) -> dict[str, Any]:
    """What scripts swap when they put another preset on screen; what is not there is left out."""
    lesson, path = screen.lesson, catalog.recording_path(screen.slug, preset.name)
    said: dict[str, Any] = {"params": dict(preset.params)}
    if path is not None:
        said["recorded"] = True
        said["provenance"] = stage_values.provenance(screen, log_summary.outline_of_file(path))
    said["claims"] = [each.name for each in lesson.claims if each.presets and preset.name not in each.presets]
    said["lacks"] = screen.lacking.get(preset.name)
    return {name: value for name, value in said.items() if value}


def _labels(screen: Screen) -> dict[str, str]:
    """What this page's scripts say at once; one that is to ask for little, or for nothing, says all of it."""
    every = labels.for_browser(screen.lang, screen.text.front)
    later = {} if _whole(screen) else remaining_labels(screen.lang, screen.lesson, screen.text.front)
    return {key: words for key, words in every.items() if key not in later}


def remaining_labels(lang: Lang, lesson: Lesson, front: Front) -> dict[str, str]:
    """What only scripts say that are fetched later."""
    said = scripts.words(scripts.at_once(lesson))
    return {key: words for key, words in labels.for_browser(lang, front).items() if not key.startswith(said)}


def _later(screen: Screen) -> str | None:
    """The address of what it may say once something is opened."""
    return None if _whole(screen) else f"{screen.address}/words.json"


def _whole(screen: Screen) -> bool:
    """Whether the page brings what is said and styled once something is opened: many embeds may stand on one page."""
    return screen.offline or screen.embed
