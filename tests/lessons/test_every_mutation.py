"""No asserted claim can hold by accident: records that it rests on, deleted or moved, break it or silence it."""

from __future__ import annotations

import importlib

import pytest

from server.events import ClaimHeld
from server.lesson import catalog, moments
from server.lesson.resolver import resolve_scene

from .mutations import Mutation, judged, last_verdict, shipped
from .scene_vectors import TESTS

LESSONS = catalog.discover()
MUTATIONS: dict[str, dict[str, Mutation]] = {
    slug: importlib.import_module(f"tests.lessons.{catalog.lesson_folder(slug).name}.mutations").MUTATIONS
    for slug in LESSONS
    if (TESTS / catalog.lesson_folder(slug).name / "mutations.py").is_file()
}
EACH = [(slug, claim) for slug, table in MUTATIONS.items() for claim in table]


@pytest.mark.parametrize("slug", LESSONS)
def test_there_is_a_mutation_for_every_asserted_claim(slug: str) -> None:
    asserted = {claim.name for claim in LESSONS[slug].claims if claim.kind == "asserted"}
    shown = {claim for claim in asserted if recorded_presets(slug, claim)}
    assert set(MUTATIONS.get(slug, ())) >= shown, f"tests/lessons/{catalog.lesson_folder(slug).name}/mutations.py"


def recorded_presets(slug: str, claim: str) -> list[str]:
    """The presets in which a claim takes part and of which there is a recording."""
    presets = next(each.presets for each in LESSONS[slug].claims if each.name == claim)
    names = presets or [each.name for each in LESSONS[slug].presets]
    return [name for name in names if catalog.recording_path(slug, name)]


@pytest.mark.parametrize(("slug", "claim"), EACH)
def test_a_mutated_recording_no_longer_holds_the_claim(slug: str, claim: str) -> None:
    preset, change = MUTATIONS[slug][claim]
    log = shipped(slug, preset)
    assert isinstance(last_verdict(slug, log, claim), ClaimHeld)
    changed = list(change(log))
    assert changed != log
    assert not isinstance(last_verdict(slug, changed, claim), ClaimHeld)


@pytest.mark.parametrize(("slug", "claim"), EACH)
def test_a_scene_about_a_broken_claim_shows_where_it_broke(slug: str, claim: str) -> None:
    preset, change = MUTATIONS[slug][claim]
    log = moments.scene_log(judged(slug, change(shipped(slug, preset))))
    verdict = log.verdicts.get(claim)
    about = [each for each in LESSONS[slug].scenes if each.preset == preset and each.at.kind == "claim"]
    for scene in (each for each in about if each.at.name == claim):
        picture = resolve_scene(scene, log)
        assert (picture is None) == (verdict is None), scene.step
        if picture is not None and picture.trials:
            assert picture.trial in picture.trials, f"{scene.step}: its moment is in a trial that is not drawn"
            low, high = moments.trial_bounds(log, picture.trial)
            assert low <= picture.at_ns <= high, f"{scene.step}: the playhead is outside that trial"
