"""Every step of every lesson has a picture that shows what the step says, and another one than the step before."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import get_args

import pytest

from server.lesson import Claim, Scene, View, catalog, scene_json
from server.lesson.excerpt import excerpt
from server.lesson.moments import SceneLog, matching_tasks, trial_bounds
from server.lesson.resolver import ResolvedScene, resolve_scene
from server.text import prose

from .scene_vectors import NAME, TESTS, log_of, vectors

LESSONS = catalog.discover()
SCENES = [(slug, scene) for slug, lesson in LESSONS.items() for scene in lesson.scenes]
every_lesson = pytest.mark.parametrize("slug", LESSONS)
every_scene = pytest.mark.parametrize(
    ("slug", "scene"), SCENES, ids=lambda each: each.step if isinstance(each, Scene) else each
)
LONGEST_S = 20.0  # of what plays by itself


def picture(slug: str, scene: Scene) -> ResolvedScene:
    """The scene on the shipped recording of its preset."""
    found = resolve_scene(scene, log_of(slug, scene.preset))
    assert found is not None, f"the recording of {scene.preset} does not show the moment of {scene.step}"
    return found


@every_lesson
def test_there_is_a_scene_for_each_step_in_the_order_of_the_text_and_one_for_home(slug: str) -> None:
    steps = prose.read(catalog.lesson_folder(slug) / "en.md").steps
    assert [scene.step for scene in LESSONS[slug].scenes] == [step.id for step in steps]
    home = LESSONS[slug].home
    assert home is not None
    assert picture(slug, home).from_ns < picture(slug, home).at_ns
    assert set(home.veiled) <= set(home.tasks)
    assert 1 <= len(picture(slug, home).tasks) <= 6


@every_scene
def test_what_a_scene_names_exists(slug: str, scene: Scene) -> None:
    lesson, log = LESSONS[slug], log_of(slug, scene.preset)
    assert set(scene.views) <= set(lesson.views) <= set(get_args(View))
    assert scene.action in ("", *(action.name for action in lesson.actions))
    assert scene.claim in ("", *(claim.name for claim in lesson.claims))
    assert sum(each is not None for each in (scene.around_ms, scene.around_share, scene.around_turns)) <= 1
    labels = {trial.label for trial in log.timeline.trials.values()}
    assert set(scene.trials) <= labels
    for who in (*scene.tasks, *({scene.select} - {"", "*"})):
        assert matching_tasks(log, who, None), f"{who} is nobody's name or role"
    if scene.code:
        assert "code" in lesson.views
        excerpt(lesson, scene.code)


@every_scene
def test_a_scene_shows_a_change_and_its_playhead_and_does_not_play_for_long(slug: str, scene: Scene) -> None:
    log, found = log_of(slug, scene.preset), picture(slug, scene)
    assert 0 <= found.from_ns <= found.at_ns <= found.to_ns <= log.timeline.end_ns
    drawn = [log.timeline.tasks[each] for each in found.tasks] or matching_tasks(log, "", found.trial)
    edges = [span.from_ns for task in drawn for span in task.spans]
    assert any(found.from_ns < edge < found.to_ns for edge in edges)
    if scene.play is not None:
        assert found.play is not None
        assert (found.play.to_ns - found.play.from_ns) / 1e9 / found.play.speed <= LONGEST_S


@every_lesson
def test_every_picture_differs_from_the_one_before_or_says_why_it_does_not(slug: str) -> None:
    scenes = LESSONS[slug].scenes
    assert sum(bool(scene.same) for scene in scenes) <= 2
    assert not scenes[0].same
    for before, scene in pairwise(scenes):
        if scene.same:
            assert len(scene.same.split()) >= 3, f"{scene.step} gives no reason"
        assert differ(slug, before, scene) != bool(scene.same), f"{before.step} and {scene.step}"


def differ(slug: str, before: Scene, scene: Scene) -> bool:
    """Whether a reader sees another picture: preset, views, lanes, selection, or a window that has moved or grown by
    more than a quarter of itself."""
    old, new = picture(slug, before), picture(slug, scene)
    if (before.preset, set(before.views)) != (scene.preset, set(scene.views)):
        return True
    if (old.trials, old.tasks, old.selected) != (new.trials, new.tasks, new.selected):
        return True
    moved_ns = max(abs(old.from_ns - new.from_ns), abs(old.to_ns - new.to_ns))
    return moved_ns > (new.to_ns - new.from_ns) / 4


@every_scene
def test_a_step_about_a_claim_shows_its_verdict_and_where_it_is_seen(slug: str, scene: Scene) -> None:
    stated = claims_of_step(slug, scene)
    own = scene.own_claim
    if stated and not scene.same:
        assert own in stated, f"{scene.step} states {sorted(stated)}: its scene is at, or about, one of them"
    if not own:
        return
    log, found = log_of(slug, scene.preset), picture(slug, scene)
    assert own in log.verdicts, f"there is no verdict on {own} in the recording of {scene.preset}"
    from_ns, to_ns = where(log, own, found)
    assert from_ns <= found.at_ns, f"the verdict on {own} is not shown yet at the playhead"
    assert found.from_ns <= from_ns
    assert to_ns <= found.to_ns


def claims_of_step(slug: str, scene: Scene) -> set[str]:
    """The claims that a step's text states and that take part in its scene's preset."""
    steps = prose.read(catalog.lesson_folder(slug) / "en.md").steps
    body = next(step.body for step in steps if step.id == scene.step)
    named = set(re.findall(r"^::claim\{(\w+)\}", body, re.M))
    return {each.name for each in LESSONS[slug].claims if each.name in named and takes_part(each, scene.preset)}


def takes_part(claim: Claim, preset: str) -> bool:
    return not claim.presets or preset in claim.presets


def where(log: SceneLog, claim: str, found: ResolvedScene) -> tuple[int, int]:
    """The stretch that a verdict points to; without an instant, the trial that is on screen."""
    verdict = log.verdicts[claim]
    if verdict.at_ns is None:
        return trial_bounds(log, found.trial)
    return verdict.at_ns, max(verdict.at_ns, verdict.to_ns or 0)


@every_lesson
def test_the_ten_minute_path_has_four_to_eight_slides(slug: str) -> None:
    assert 4 <= sum(scene.path for scene in LESSONS[slug].scenes) <= 8


@every_lesson
def test_the_vectors_for_javascript_are_what_python_resolves(slug: str) -> None:
    path = TESTS / catalog.lesson_folder(slug).name / NAME
    assert path.read_text("utf-8") == vectors(slug), "run python -m tests.lessons.scene_vectors"


@every_lesson
def test_the_scenes_of_a_lesson_are_light(slug: str) -> None:
    said = json.dumps(
        [scene_json.scene_to_json(LESSONS[slug], scene) for scene in LESSONS[slug].scenes], separators=(",", ":")
    )
    assert len(said) <= 4096
