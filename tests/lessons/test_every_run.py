"""The scenes of every lesson on a real run of each preset: they resolve, and verdicts show where they say."""

from __future__ import annotations

import pytest

from server.lesson import catalog, moments
from server.lesson.resolver import resolve_scene
from server.runs.once import run_once
from server.stage import machine

pytestmark = pytest.mark.real_processes

LESSONS = catalog.discover()
RUNS = [
    (slug, preset)
    for slug, lesson in LESSONS.items()
    for preset in lesson.presets
    if any(scene.preset == preset.name for scene in lesson.scenes)
]


@pytest.mark.parametrize(("slug", "preset"), RUNS, ids=lambda each: each if isinstance(each, str) else each.name)
def test_a_real_run_shows_every_scene_of_its_preset(slug: str, preset) -> None:
    if preset.needs and not machine.probe_machine().has(preset.needs):
        pytest.skip(f"this machine has no {preset.needs}")
    lesson = LESSONS[slug]
    least = {each.name: each.low for each in lesson.params if each.unit == "million"}  # work, and nothing else
    defaults = {each.name: each.default for each in lesson.params} | least
    params = defaults | dict(preset.params) | dict(lesson.alone)
    log = moments.scene_log(run_once(slug, params, preset.name).tail(0))
    for scene in (each for each in lesson.scenes if each.preset == preset.name):
        picture = resolve_scene(scene, log)
        assert picture is not None, f"{scene.step}: the run does not show its moment"
        drawn = [log.timeline.tasks[each] for each in picture.tasks] or moments.matching_tasks(log, "", picture.trial)
        edges = [span.from_ns for task in drawn for span in task.spans]
        assert any(picture.from_ns < edge < picture.to_ns for edge in edges), f"{scene.step} shows no change"
        verdict = log.verdicts.get(scene.own_claim)
        if verdict is not None and verdict.at_ns is not None:
            assert picture.from_ns <= verdict.at_ns <= picture.at_ns, f"{scene.step}: its verdict is not on screen"
            assert max(verdict.at_ns, verdict.to_ns or 0) <= picture.to_ns
        else:
            assert not scene.own_claim or verdict is not None, f"{scene.step}: there is no verdict on its claim"
