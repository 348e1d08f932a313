"""The home page from outside: the path in its parts, one order everywhere, and pictures that give nothing away."""

from __future__ import annotations

import re

import httpx
import pytest

from server.lesson import catalog
from server.lesson.moments import scene_log
from server.lesson.resolver import resolve_scene, veiled
from server.log import recording
from server.text import labels
from server.text.labels import LANGS, Lang
from server.web.home import picture

LESSONS = catalog.discover()
every_language = pytest.mark.parametrize("lang", LANGS)
every_lesson = pytest.mark.parametrize("slug", LESSONS)


@every_language
def test_home_leads_through_all_lessons_in_their_order_part_by_part(client: httpx.Client, lang: Lang) -> None:
    html = client.get(f"/{lang}/").text
    sections = re.findall(r'<section class="part.*?</ol>', html, re.S)
    found = [re.findall(rf'href="/{lang}/lessons/([\w-]+)"', section) for section in sections]
    assert found == [slugs for _, slugs in catalog.parts(LESSONS)]
    assert [slug for slugs in found for slug in slugs] == list(LESSONS)
    titles = labels.words(lang)["home"]["parts"]
    for section, (part, _) in zip(sections, catalog.parts(LESSONS), strict=True):
        assert f">{titles[part]}</h2>" in section


@every_language
def test_the_next_lesson_of_each_is_the_one_that_home_names_next(client: httpx.Client, lang: Lang) -> None:
    walked, slug = [], next(iter(LESSONS), None)
    while slug is not None and slug not in walked:
        walked.append(slug)
        page = client.get(f"/{lang}/lessons/{slug}").text
        found = re.search(rf'class="go next-lesson" href="/{lang}/lessons/([\w-]+)"', page)
        slug = found[1] if found else None
    assert walked == list(LESSONS)


@every_language
def test_every_part_of_the_path_has_a_title(lang: Lang) -> None:
    declared = {lesson.part for lesson in LESSONS.values() if lesson.part}
    assert declared <= set(labels.words(lang)["home"]["parts"])
    assert catalog.parts(LESSONS)[0][0]


@every_lesson
def test_nothing_of_a_picture_lies_behind_its_instant_or_in_a_veiled_lane(slug: str) -> None:
    scene = LESSONS[slug].home
    assert scene is not None
    path = catalog.recording_path(slug, scene.preset)
    assert path is not None
    log = scene_log(recording.read(path).entries)
    found = resolve_scene(scene, log)
    assert found is not None
    limit = 100 * (found.at_ns - found.from_ns) / (found.to_ns - found.from_ns) + 0.02
    drawn = picture(slug, LESSONS[slug], "now")
    assert drawn.count('class="lane-name"') == len([each for each in found.tasks if log.timeline.tasks[each].spans])
    bars = re.findall(r'<rect class="(\w+)" x="([\d.]+)%?" (?:y="1" )?width="([\d.]+)%?"', drawn)
    shown = [(name, float(x), float(width)) for name, x, width in bars if name != "end"]  # an edge is 3 px wide
    assert shown
    assert all(x + width <= limit for _, x, width in shown)
    assert len([name for name, *_ in shown if name == "veil"]) == len(veiled(scene, log, found))


def test_a_lane_that_would_answer_is_a_question_mark_and_no_bar() -> None:
    drawn = picture("states", LESSONS["states"], "quiet")
    lane = drawn.split(">grep</span>")[1]
    assert ">?</text>" in lane
    assert re.findall(r'rect class="(\w+)"', lane) == ["veil"]
