"""Still pictures of scenes as SVG files: the picture of a step without a script, on paper and in other people's pages.

``GET /{lang}/lessons/{slug}/still.svg?preset=&step=&theme=`` draws the lanes of a scene by the resolver. Without
``step`` it is the home page's picture. That one and the first step's end at the playhead: the rest would answer.
Colours are those of static/css/tokens.css, as attributes: an image has no style sheet, and our policy lets none in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..lesson import Lesson, Scene, catalog, moments, resolver
from ..lesson.resolver import ResolvedScene
from ..log import recording
from ..log.timeline import Span, Task, Timeline
from ..settings import STATIC
from ..text import labels, lesson_text
from ..text.labels import LANGS, Lang
from . import conditional, not_found, still
from .context import Context

WIDTH, NAMES, MARGIN, LANE, PITCH, HEADING, AXIS = 960, 120, 16, 28, 38, 30, 30
MOST_LANES = 12
_FONT = 'font-family="system-ui, sans-serif"'


def router(context: Context) -> APIRouter:
    """The still picture of every scene, in each language."""
    made = APIRouter(include_in_schema=False)
    for lang in LANGS:
        _add(made, context, lang)
    return made


def _add(made: APIRouter, context: Context, lang: Lang) -> None:
    @made.get(f"/{lang}/lessons/{{slug}}/still.svg")
    def picture(request: Request, slug: str, preset: str = "", step: str = "", theme: str = "light") -> Response:
        lesson = context.lessons.get(slug)
        if lesson is None or not lesson_text.has_text(slug, lang) or theme not in ("light", "dark"):
            return not_found.respond(context, request, lang, "lesson")
        found = asked(slug, lesson, preset, step)
        if found is None:
            return not_found.respond(context, request, lang, "preset")
        text = drawn(found, slug, lang, theme, found.path.stat().st_mtime_ns)
        return conditional.answer(request, text.encode(), "image/svg+xml", {"Cache-Control": "no-cache"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One scene, the recording it is drawn on, and whether the picture ends at the playhead."""

    scene: Scene
    path: Path
    veiled: bool


def asked(slug: str, lesson: Lesson, preset: str, step: str) -> Asked | None:
    """The scene of a step ("": home) on the recording of a preset ("": its own); None if there is no such."""
    scene = next((each for each in lesson.scenes if each.step == step), None) if step else lesson.home
    if scene is None or preset not in ("", *(each.name for each in lesson.presets)):
        return None
    path = catalog.recording_path(slug, preset or scene.preset)
    return None if path is None else Asked(scene, path, not step or scene is lesson.scenes[0])


@lru_cache(maxsize=128)
def drawn(asked: Asked, slug: str, lang: Lang, theme: str, changed_ns: int) -> str:
    """The picture; on a recording that does not show the scene's moment, the whole of it."""
    log = _read(asked.path, changed_ns)
    timeline = log.timeline
    found = resolver.resolve_scene(asked.scene, log)
    if found is None:
        found = ResolvedScene(0, timeline.end_ns, timeline.end_ns, None, None, (), (), None, None)
    hidden = resolver.veiled(asked.scene, log, found)
    found = replace(found, tasks=tuple(each for each in found.tasks if each not in hidden))
    front = lesson_text.text(slug, lang).front
    words = labels.words(lang)["labels"]
    return _Drawing(timeline, found, asked.veiled, front.trials, words, tokens(theme)).svg(front.title)


@lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int) -> moments.SceneLog:
    return moments.scene_log(recording.read(path).entries)


@lru_cache(maxsize=2)
def tokens(theme: str) -> Mapping[str, str]:
    """The colours of a theme by name, as tokens.css has them."""
    css = (STATIC / "css/tokens.css").read_text("utf-8")
    blocks = re.findall(r'^:root(\[data-theme="dark"\])? \{(.*?)^\}', css, re.S | re.M)
    found: dict[str, str] = {}
    for dark, block in blocks:
        if not dark or theme == "dark":
            found |= dict(re.findall(r"--([\w-]+): (#\w+)", block))
    return found


@dataclass(slots=True)
class _Drawing:
    timeline: Timeline
    picture: ResolvedScene
    veiled: bool
    trials: Mapping[str, str]  # label → words
    words: Mapping[str, str]
    colours: Mapping[str, str]

    def svg(self, title: str) -> str:
        """The whole file."""
        parts, y = [], MARGIN
        for group in self._groups():
            if group.label:
                parts.append(self._text(MARGIN, y + 16, group.label, "ink", 'font-weight="600"'))
                y += HEADING
            for lane in group.lanes:
                parts.append(self._text(MARGIN, y + LANE / 2 + 5, lane.name[:14], "ink", 'font-weight="600"'))
                parts += self._lane(lane, y, group.zero_ns)
                y += PITCH
        parts += self._axis(y)
        height = y + AXIS
        box = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ground = f'<rect width="{WIDTH}" height="{height}" fill="{self.colours["panel"]}"/>'
        inside = "".join([f"<title>{escape(title)}</title>", self._hatch(), ground, *parts, self._playhead(y)])
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" {_FONT} font-size="15">{inside}</svg>'

    def _groups(self) -> list[still.Group]:
        """The groups of the picture's trials (else of its own trial) with the lanes that it draws."""
        wanted = self.picture.trials or ((self.picture.trial,) if self.picture.trial is not None else ())
        tasks, left, made = self.picture.tasks, MOST_LANES, []
        for group in still.groups(self.timeline, self.trials):
            own = group.lanes[0].born.trial if group.lanes and group.lanes[0].born else None
            lanes = [lane for lane in group.lanes if not tasks or lane.number in tasks]
            lanes.sort(key=lambda lane: tasks.index(lane.number) if tasks else lane.number)
            if lanes[:left] and (not wanted or own in wanted):
                made.append(still.Group(group.label, group.zero_ns, lanes[:left]))
                left -= len(lanes)
            if left <= 0:
                break
        return made

    @property
    def _window(self) -> tuple[int, int]:
        return still.window(self.timeline, (self.picture.from_ns, max(self.picture.to_ns, self.picture.from_ns + 1)))

    def _x(self, share: float) -> float:
        return round(NAMES + share * (WIDTH - NAMES - MARGIN), 2)

    def _lane(self, lane: Task, y: int, zero_ns: int) -> Iterator[str]:
        offset, length = self._window
        yield (
            f'<rect x="{NAMES}" y="{y}" width="{WIDTH - NAMES - MARGIN}" height="{LANE}" fill="none" '
            f'stroke="{self.colours["line"]}"/>'
        )
        spans = lane.spans_until(self.timeline.end_ns)
        if self.veiled:
            at_ns = zero_ns + offset + self.picture.at_ns - self.picture.from_ns  # on the clock that all groups share
            spans = [span._replace(to_ns=min(span.to_ns, at_ns)) for span in spans if span.from_ns < at_ns]
        for bar in still.coarse(spans, zero_ns + offset, length):
            yield from self._bar(bar, y, (bar.from_ns - zero_ns - offset) / length, bar.length_ns / length)

    def _bar(self, bar: Span, y: int, start: float, share: float) -> Iterator[str]:
        x, width = self._x(start), round(share * (WIDTH - NAMES - MARGIN), 2)
        box, colours = f'x="{x}" y="{y}" width="{width}" height="{LANE}"', self.colours
        if bar.state == "ready":
            yield f'<rect {box} fill="url(#hatch)" stroke="{colours["state-ready-edge"]}"/>'
        elif bar.state == "zombie":
            yield f'<rect {box} fill="none" stroke="{colours["state-zombie"]}" stroke-dasharray="4 3"/>'
        else:
            yield f'<rect {box} fill="{colours[f"state-{bar.state}"]}"/>'
        if bar.state == "blocked":
            thick = min(3, width)
            edge = f'y="{y}" width="{thick}" height="{LANE}" fill="{colours["state-blocked-edge"]}"'
            yield f'<rect x="{x}" {edge}/><rect x="{round(x + width - thick, 2)}" {edge}/>'
            if bar.waits_for and width >= 80:
                reason = self.words.get(f"waits.{bar.waits_for}", bar.waits_for)
                yield self._text(x + 9, y + LANE / 2 + 5, reason, "ink-2", 'font-size="13"')
        elif bar.state == "running" and bar.cpu is not None and width >= 16:
            centre = 'font-size="13" font-weight="700" text-anchor="middle"'
            yield self._text(x + width / 2, y + LANE / 2 + 5, str(bar.cpu), "state-running-ink", centre)

    def _axis(self, y: int) -> Iterator[str]:
        for share, text in still.ticks(*self._window):
            anchor = "end" if share > 0.95 else "start"
            yield self._text(self._x(share), y + 14, text, "ink-2", f'font-size="13" text-anchor="{anchor}"')

    def _playhead(self, bottom: int) -> str:
        x = self._x((self.picture.at_ns - self.picture.from_ns) / self._window[1])
        return f'<path d="M{x} {MARGIN - 8}V{bottom}" stroke="{self.colours["playhead"]}" stroke-width="2"/>'

    def _text(self, x: float, y: float, text: str, colour: str, more: str) -> str:
        return f'<text x="{round(x, 2)}" y="{round(y, 2)}" fill="{self.colours[colour]}" {more}>{escape(text)}</text>'

    def _hatch(self) -> str:
        ground, line = self.colours["state-ready"], self.colours["state-ready-edge"]
        size = 'width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
        return (
            f'<defs><pattern id="hatch" {size}><rect width="7" height="7" fill="{ground}"/>'
            f'<rect width="1.7" height="7" fill="{line}"/></pattern></defs>'
        )
