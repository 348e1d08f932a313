"""The still picture of every scene is a file of its own: whole, in the theme's colours, and it gives nothing away."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import httpx
import pytest

from server.lesson import catalog
from server.lesson.moments import scene_log
from server.lesson.resolver import resolve_scene
from server.log import recording
from server.web.still_svg import MARGIN, NAMES, WIDTH, tokens

LESSONS = catalog.discover()
SVG = "{http://www.w3.org/2000/svg}"
every_lesson = pytest.mark.parametrize("slug", LESSONS)


def still(client: httpx.Client, slug: str, **query: str) -> ET.Element:
    answer = client.get(f"/en/lessons/{slug}/still.svg", params=query)
    assert answer.status_code == 200, query
    assert answer.headers["content-type"].startswith("image/svg+xml")
    return ET.fromstring(answer.text)


@every_lesson
def test_every_step_has_a_still_picture_with_lanes_and_a_playhead(client: httpx.Client, slug: str) -> None:
    pictures = set()
    for scene in LESSONS[slug].scenes:
        root = still(client, slug, step=scene.step)
        assert root.find(f"{SVG}title") is not None
        assert root.findall(f"{SVG}path"), "the playhead"
        for each in root.iter(f"{SVG}rect"):
            assert float(each.get("x", "0")) + float(each.get("width", "0")) <= WIDTH + 0.1
        pictures.add(ET.tostring(root))
    assert len(pictures) >= len(LESSONS[slug].scenes) // 2  # steps may differ by views alone, which a still has not


@every_lesson
def test_the_picture_of_the_question_and_that_of_home_end_at_the_playhead(client: httpx.Client, slug: str) -> None:
    lesson = LESSONS[slug]
    for scene, query in ((lesson.scenes[0], {"step": lesson.scenes[0].step}), (lesson.home, {})):
        assert scene is not None
        path = catalog.recording_path(slug, scene.preset)
        assert path is not None
        found = resolve_scene(scene, scene_log(recording.read(path).entries))
        assert found is not None
        share = (found.at_ns - found.from_ns) / (found.to_ns - found.from_ns)
        limit = NAMES + share * (WIDTH - NAMES - MARGIN) + 0.1
        bars = [each for each in still(client, slug, **query).iter(f"{SVG}rect") if each.get("fill") != "none"]
        own = [each for each in bars if float(each.get("x", "0")) >= NAMES]
        assert all(float(each.get("x", "0")) + float(each.get("width", "0")) <= limit for each in own)


def test_the_same_picture_is_not_sent_twice_and_themes_differ(client: httpx.Client) -> None:
    address = "/zh/lessons/concurrency-parallelism/still.svg?step=rule"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    dark = client.get(f"{address}&theme=dark")
    assert tokens("dark")["state-running"] in dark.text
    assert tokens("light")["state-running"] in first.text
    assert "一个核" in first.text


def test_what_does_not_exist_is_not_found(client: httpx.Client) -> None:
    for wrong in ("step=nix", "preset=nix", "theme=nix"):
        assert client.get(f"/en/lessons/concurrency-parallelism/still.svg?{wrong}").status_code == 404
    assert client.get("/en/lessons/nix/still.svg").status_code == 404
