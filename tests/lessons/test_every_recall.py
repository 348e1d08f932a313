"""Recall questions: each figure that answers one stands open on the page, and what may be picked gives no hint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from server.lesson import catalog
from server.text import prose, quiz_front_matter
from server.web import log_summary
from server.web.recorded_slots import of_recall, preset_of
from server.web.slots import ABSENT, PageSlots

LESSONS = catalog.discover()
TEXTS = [(slug, lang) for slug in LESSONS for lang in ("zh", "en")]
every_text = pytest.mark.parametrize(("slug", "lang"), TEXTS, ids=lambda each: each)
FIGURE = re.compile(r"::(value|count)\{([^{}*]+)(?:\*[0-9.]+)?\}")


def text(slug: str, lang: str) -> prose.Prose:
    return prose.read(catalog.lesson_folder(slug) / f"{lang}.md")


def told(slug: str, lang: str) -> quiz_front_matter.QuizFrontMatter:
    found = text(slug, lang).front.story
    assert found is not None
    return found


def slots_of(slug: str, lang: str) -> PageSlots:
    return PageSlots(lang, slug, LESSONS[slug], text(slug, lang).front, log_summary.EMPTY)  # type: ignore[arg-type]


def open_figures(slug: str, lang: str) -> set[tuple[str, str]]:
    """The figures that a reader meets without unfolding anything: cast, verdict, steps and the claims in them."""
    found, said = text(slug, lang), told(slug, lang)
    passages = [said.number, said.detail, said.answer, *said.because.values(), *(each.say for each in said.cast)]
    for step in found.steps:
        body = re.sub(r"^::: (?:more|teach)\n.*?^:::$", "", step.body, flags=re.S | re.M)
        passages += [body, *(found.front.claims[name].say for name in re.findall(r"::claim\{(\w+)\}", body))]
    return {each for passage in passages for each in FIGURE.findall(passage)}


def shown(slug: str, lang: str, figures: set[tuple[str, str]]) -> set[str]:
    """How figures look, and the numbers of a count, in any recording of the lesson."""
    looks: set[str] = set()
    for recall in (quiz_front_matter.Recall("", "", "", "", preset=preset.name) for preset in LESSONS[slug].presets):
        slots = of_recall(recall, slots_of(slug, lang))
        for name, argument in figures:
            look = getattr(slots, name)(argument)
            looks |= {look, *(re.findall(r"\d+", look) if name == "count" else [])}
    return looks - {ABSENT}


def asked(slug: str, lang: str) -> Iterator[tuple[int, quiz_front_matter.Recall, str]]:
    """Each question with its number, and its answer as the page has it."""
    for number, each in enumerate(told(slug, lang).recall, 1):
        yield number, each, prose.line(each.answer, of_recall(each, slots_of(slug, lang)))


@every_text
def test_every_figure_of_an_answer_is_known_and_stands_open_on_the_page(slug: str, lang: str) -> None:
    looks = shown(slug, lang, open_figures(slug, lang))
    for number, each, answer in asked(slug, lang):
        assert ABSENT not in answer, f"{number}: {preset_of(each, LESSONS[slug])} has no such figure"
        slots = of_recall(each, slots_of(slug, lang))
        for name, argument in FIGURE.findall(" ".join([each.answer, *each.answers.values()])):
            assert getattr(slots, name)(argument) in looks, f"{number}: {argument}"


@every_text
def test_no_figure_of_a_question_is_replaced_by_that_of_another_run(slug: str, lang: str) -> None:
    for _, each, answer in asked(slug, lang):
        said = [prose.line(words, of_recall(each, slots_of(slug, lang))) for words in each.answers.values()]
        assert "data-value" not in "".join([answer, *said])
        assert len(set(said)) == len(said), "two answers look the same"


@every_text
def test_an_answer_worked_out_from_a_figure_is_the_one_that_is_right(slug: str, lang: str) -> None:
    for number, each, answer in asked(slug, lang):
        right = prose.line(each.answers.get(each.right, ""), of_recall(each, slots_of(slug, lang)))
        if "*" in each.answers.get(each.right, ""):
            assert re.findall(r"[\d\u202f.]+", right)[0] in answer, number


def test_neither_its_place_nor_its_length_gives_the_right_answer_away() -> None:
    picks = [each for slug, lang in TEXTS for each in told(slug, lang).recall if each.answers]
    places = Counter(list(each.answers).index(each.right) for each in picks)
    longest = sum(each.answers[each.right] == max(each.answers.values(), key=len) for each in picks)
    assert set(places) == {0, 1, 2, 3}
    assert max(places.values()) <= len(picks) / 2
    assert longest <= len(picks) / 3
