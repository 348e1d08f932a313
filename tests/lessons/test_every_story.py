"""Every lesson asks first, gives every answer its reason, and closes with one sentence and questions to recall it."""

from __future__ import annotations

import re

import pytest

from server.lesson import catalog
from server.text import prose, quiz_front_matter
from server.web import validation

from .scene_vectors import log_of

LESSONS = catalog.discover()
REQUIRED = True
STORIED = [
    slug
    for slug in LESSONS
    if REQUIRED or any(prose.read(catalog.lesson_folder(slug) / f"{lang}.md").front.story for lang in ("zh", "en"))
]
TEXTS = [(slug, lang) for slug in STORIED for lang in ("zh", "en")]
every_text = pytest.mark.parametrize(("slug", "lang"), TEXTS, ids=lambda each: each)
every_lesson = pytest.mark.parametrize("slug", STORIED)


def text(slug: str, lang: str) -> prose.Prose:
    return prose.read(catalog.lesson_folder(slug) / f"{lang}.md")


def told(slug: str, lang: str) -> quiz_front_matter.QuizFrontMatter:
    found = text(slug, lang).front.story
    assert found is not None, f"{lang}.md has no story: section"
    return found


@every_text
def test_the_question_is_the_first_step_and_the_sentence_to_keep_the_last(slug: str, lang: str) -> None:
    steps = [step.id for step in text(slug, lang).steps]
    assert (steps[0], steps[-1]) == ("guess", "keep")


@every_text
def test_every_answer_has_its_reason_and_the_verdict_a_number_and_a_step_that_shows_it(slug: str, lang: str) -> None:
    lesson, found = LESSONS[slug], told(slug, lang)
    steps = {step.id for step in text(slug, lang).steps}
    assert set(found.because) == set(lesson.answers)
    assert all(found.because.values())
    assert set(found.notes) <= set(lesson.answers)
    assert re.fullmatch(r"::value\{[^{}]+\}", found.number)
    assert found.see.step in steps - {"guess"}
    assert set(lesson.marks) in (set(), set(lesson.answers))
    assert all(0 <= share <= 1 for share in lesson.marks.values())


@every_text
def test_the_lesson_closes_with_three_or_four_questions_and_the_last_is_a_prediction(slug: str, lang: str) -> None:
    lesson, recall = LESSONS[slug], told(slug, lang).recall
    steps = {step.id for step in text(slug, lang).steps}
    assert 3 <= len(recall) <= 4
    assert all(each.ask and each.answer and each.because and each.step in steps for each in recall)
    last = recall[-1]
    assert 2 <= len(last.answers) <= 4
    assert last.right in last.answers
    assert last.preset in {preset.name for preset in lesson.presets}
    validation.params(lesson, dict(last.params), last.preset)


@every_text
def test_who_stands_on_stage_before_the_question_is_in_the_first_scene(slug: str, lang: str) -> None:
    tasks = log_of(slug, LESSONS[slug].scenes[0].preset).timeline.tasks.values()
    known = {name for task in tasks if task.born for name in (task.born.name, task.name, task.role)}
    for each in told(slug, lang).cast:
        assert each.say
        assert bool(each.who) != bool(each.core)
        assert set(each.who) <= known


@every_text
def test_a_step_opens_at_most_three_terms_and_depends_only_on_claims_that_exist(slug: str, lang: str) -> None:
    seen: set[str] = set()
    claims = {claim.name for claim in LESSONS[slug].claims}
    for step in text(slug, lang).steps:
        terms = set(re.findall(r"::term\{([^{}]+)\}", step.body)) - seen
        assert len(terms) <= 3, f"{step.id} opens {sorted(terms)}"
        seen |= terms
        assert set(re.findall(r"^::: (?:when|unless) +(\w+)", step.body, re.M)) <= claims


@every_lesson
def test_both_languages_tell_the_same_story(slug: str) -> None:
    zh, en = told(slug, "zh"), told(slug, "en")
    assert [place for place, _ in quiz_front_matter.sentences(zh)] == [
        place for place, _ in quiz_front_matter.sentences(en)
    ]
    assert (zh.number, zh.see.step) == (en.number, en.see.step)
    for one, other in zip(zh.recall, en.recall, strict=True):
        assert (one.step, one.right, one.preset, one.params) == (other.step, other.right, other.preset, other.params)
    assert [(each.who, bool(each.core)) for each in zh.cast] == [(each.who, bool(each.core)) for each in en.cast]


@every_lesson
def test_answers_that_are_instants_stand_under_their_place_on_the_clock(slug: str) -> None:
    marks = LESSONS[slug].marks
    assert set(marks) in (set(), set(LESSONS[slug].answers))
    assert set(marks.values()) <= {0.5, 0.75, 1.0}  # where story.css has a place for a button
