"""What the folder of every lesson must have: tests of its claims, recordings, and imports that can move."""

from __future__ import annotations

import ast
import gzip
import importlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from benchmarks.rederive import rederived
from server.lesson import Lesson, Param, View, catalog
from server.log import recording

LESSONS = catalog.discover()
TESTS = Path(__file__).parent
every_lesson = pytest.mark.parametrize("slug", LESSONS)
RECORDED = [
    (slug, preset.name)
    for slug, lesson in LESSONS.items()
    for preset in lesson.presets
    if catalog.recording_path(slug, preset.name)
]
every_recording = pytest.mark.parametrize(("slug", "preset"), RECORDED, ids=lambda each: each)


@every_lesson
def test_presets_and_defaults_keep_to_the_parameters_and_to_the_budget(slug: str) -> None:
    lesson = LESSONS[slug]
    params = {param.name: param for param in lesson.params}
    defaults = {param.name: param.default for param in lesson.params}
    assert lesson.presets
    for param in lesson.params:
        assert allowed(param, param.default), param.name
    for preset in lesson.presets:
        assert set(preset.params) <= set(params)
        assert all(allowed(params[name], value) for name, value in preset.params.items())
        assert lesson.budget is None or lesson.budget(defaults | dict(preset.params)) is None
    for claim in lesson.claims:
        assert set(claim.presets) <= {preset.name for preset in lesson.presets}


def allowed(param: Param, value: Any) -> bool:
    if param.type == "int":
        return type(value) is int and (param.low or 0) <= value <= (param.high or 0)
    return value in param.choices if param.type == "choice" else type(value) is bool


@every_lesson
def test_what_is_shown_exists_and_views_are_of_the_vocabulary(slug: str) -> None:
    lesson = LESSONS[slug]
    experiment = importlib.import_module(lesson.run.__module__)
    assert lesson.shown
    assert all(callable(getattr(experiment, symbol)) for symbol in lesson.shown)
    assert lesson.views
    assert set(lesson.views) <= set(get_args(View))


@every_lesson
def test_every_preset_has_an_asserted_claim(slug: str) -> None:
    for preset in LESSONS[slug].presets:
        assert asserted(LESSONS[slug], preset.name), f"{preset.name} teaches nothing that its run must show"


@every_lesson
def test_a_lesson_has_tests_that_name_every_claim_and_measure(slug: str) -> None:
    folder = TESTS / catalog.lesson_folder(slug).name
    texts = [path.read_text("utf-8") for path in folder.glob("test_*.py")]
    assert any("def test_" in text for text in texts), f"tests/lessons/{folder.name}/ has no test"
    named = {name for text in texts for name in names(ast.parse(text))}
    folds = [claim.fold for claim in LESSONS[slug].claims] + list(LESSONS[slug].measures)
    untested = {fold.__name__ for fold in folds} - named
    assert not untested, f"no test names {', '.join(sorted(untested))}"


def names(tree: ast.AST) -> set[str]:
    """The names a program uses, also those behind a dot."""
    plain = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return plain | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


@every_lesson
def test_a_folder_can_be_copied_because_it_names_no_package(slug: str) -> None:
    for path in catalog.lesson_folder(slug).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            named += [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
            found = [each for each in named if each == catalog.ROOT_PACKAGE or f"{catalog.PACKAGE}." in each]
            assert not found, f"{path.name}, line {node.lineno}: import relatively, start programs by __package__"  # type: ignore[attr-defined]


@every_lesson
def test_the_lab_stands_alone(slug: str) -> None:
    lab = (catalog.lesson_folder(slug) / "lab.py").read_text("utf-8")
    compile(lab, "lab.py", "exec")
    assert 'if __name__ == "__main__":' in lab
    imports = [node for node in ast.walk(ast.parse(lab)) if isinstance(node, ast.ImportFrom)]
    assert not [node for node in imports if node.level], "a reader downloads it alone"


@every_lesson
def test_a_recording_is_shipped_for_every_preset_that_every_machine_can_run(slug: str) -> None:
    for preset in LESSONS[slug].presets:
        shipped = catalog.recording_path(slug, preset.name)
        assert shipped or preset.needs, f"{preset.name} needs nothing special and has no recording"
    shipped_for = {
        path.name.removesuffix(".ndjson.gz") for path in (catalog.lesson_folder(slug) / "recordings").iterdir()
    }
    assert shipped_for <= {preset.name for preset in LESSONS[slug].presets}


@every_recording
def test_a_recording_is_a_whole_run_of_its_preset_in_which_nothing_was_lost(slug: str, preset: str) -> None:
    lesson = LESSONS[slug]
    facts = [entry["fact"] for entry in entries(slug, preset)]
    first, last = facts[0], facts[-1]
    assert (first["kind"], last["kind"], last["reason"]) == ("run.started", "run.ended", "finished")
    assert set(first["params"]) == {param.name for param in lesson.params}
    own = next(each.params for each in lesson.presets if each.name == preset)
    assert {name: first["params"][name] for name in own} == own
    proofs = [fact["verdict"] for fact in facts if fact["kind"] == "proof.checked"]
    assert proofs
    assert set(proofs) == {"proved"}
    assert not [fact for fact in facts if fact["kind"] == "log.lost"]


@every_recording
def test_a_recording_names_no_folder_of_whoever_made_it(slug: str, preset: str) -> None:
    """What a traceback or /proc shows of paths is the system's own, or where software is installed."""
    path = catalog.recording_path(slug, preset)
    assert path is not None
    text = gzip.decompress(path.read_bytes()).decode()
    assert set(re.findall(r"(?<![\w.])/(?:root|home|work|Users|mnt)/[\w./-]*", text)) == set()


@every_recording
def test_a_recording_holds_the_verdicts_and_values_of_todays_claims_and_measures(slug: str, preset: str) -> None:
    path = catalog.recording_path(slug, preset)
    assert path is not None
    log = list(recording.read(path).entries)
    assert rederived(LESSONS[slug], log) == log, "run python -m benchmarks.recordings --rederive"


@every_recording
def test_asserted_claims_hold_in_every_recording(slug: str, preset: str) -> None:
    facts = [entry["fact"] for entry in entries(slug, preset)]
    held = {fact["claim"] for fact in facts if fact["kind"] == "claim.held"}
    assert asserted(LESSONS[slug], preset) <= held


def asserted(lesson: Lesson, preset: str) -> set[str]:
    """Names of the asserted claims that take part in a preset."""
    claims = [claim for claim in lesson.claims if claim.kind == "asserted"]
    return {claim.name for claim in claims if not claim.presets or preset in claim.presets}


def entries(slug: str, preset: str) -> list[Mapping[str, Any]]:
    """The entries of a shipped recording, its seals left out."""
    path = catalog.recording_path(slug, preset)
    assert path is not None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line for each in lines if "fact" in (line := json.loads(each))]
