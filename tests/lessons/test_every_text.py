"""What the text of every lesson must be: two languages that match, short sentences, nothing without words."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from server.lesson import catalog
from server.text import glossary, prose, quiz_front_matter

LESSONS = catalog.discover()
TEXTS = [(slug, lang) for slug in LESSONS for lang in ("zh", "en")]
SLOT = re.compile(r"::(code|claim|guess|preset|run|lab|terms|value|count|term)(?:\{([^{}]*)\})?")
HAN = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.'’/+×-]*")
QUOTED = re.compile(r"“[^”]*”")
every_lesson = pytest.mark.parametrize("slug", LESSONS)
every_text = pytest.mark.parametrize(("slug", "lang"), TEXTS, ids=lambda each: each)
GROUPS = "answers guess presets without params actions hints trials steps calls"


def text(slug: str, lang: str) -> prose.Prose:
    return prose.read(catalog.lesson_folder(slug) / f"{lang}.md")


def slots(found: prose.Prose) -> list[list[tuple[str, str]]]:
    """The slots of each step, sorted: languages may order the inline ones as their grammar wants."""
    return [sorted(SLOT.findall(step.body)) for step in found.steps]


def length(sentence: str, lang: str) -> int:
    """字 in Chinese (a Latin word or number counts as one), words in English; a slot counts as one."""
    plain = re.sub(r"::(?:value|count|term)\{([^{}]*)\}", " x ", sentence)
    plain = re.sub(r"\*\*|\[|\]\([^)]*\)", "", plain)
    plain = re.sub(r"`[^`]*`", " x ", plain)
    words = len(WORD.findall(plain))
    return words + len(HAN.findall(plain)) if lang == "zh" else words


def sentences(paragraph: str, lang: str) -> list[str]:
    """The sentences of a paragraph; an abbreviation or a decimal point ends none."""
    return [each for each in re.split(r"(?<=[。？！])" if lang == "zh" else r"(?<=[.?!])[”’)]?\s+", paragraph) if each]


def paragraphs(markdown: str) -> list[str]:
    """Prose paragraphs and list items, without slots on their own line and container fences."""
    blocks = re.split(r"\n\s*\n|\n(?=\d+\. |- )", markdown)
    kept = (block for block in blocks if not re.fullmatch(r"\s*(::|:::).*", block.strip()))
    fenced = (re.sub(r"^:::.*$", "", block, flags=re.M).strip() for block in kept)
    return [re.sub(r"^(\d+\.|-) ", "", block).replace("\n", " ") for block in fenced if block]


def folded(step: prose.Step, name: str) -> str:
    found = re.search(rf"^::: {name}\n(.*?)^:::$", step.body, re.S | re.M)
    return found[1] if found else ""


def words_of(front: prose.Front) -> Iterator[tuple[str, str]]:
    """Every sentence of the front matter with its place."""
    yield from (("title", front.title), ("question", front.question), ("summary", front.summary))
    for group in GROUPS.split():
        yield from ((f"{group}.{key}", said) for key, said in getattr(front, group).items())
    for name, claim in front.claims.items():
        yield from ((f"claims.{name}.{part}", getattr(claim, part)) for part in ("say", "why", "broken"))
    yield from ((f"terms.{term.en}", term.say) for term in front.terms)
    if front.story is not None:
        yield from quiz_front_matter.sentences(front.story)


@every_lesson
def test_both_languages_have_the_same_steps_keys_and_slots(slug: str) -> None:
    zh, en = text(slug, "zh"), text(slug, "en")
    assert [step.id for step in zh.steps] == [step.id for step in en.steps]
    assert slots(zh) == slots(en)
    for group in GROUPS.split():
        assert set(getattr(zh.front, group)) == set(getattr(en.front, group)), group
    assert [figure.value for figure in zh.front.figures] == [figure.value for figure in en.front.figures]
    assert [(term.zh, term.en) for term in zh.front.terms] == [(term.zh, term.en) for term in en.front.terms]
    assert set(zh.front.captions) == set(en.front.captions)
    for zh_step, en_step in zip(zh.steps, en.steps, strict=True):
        for part in ("more", "teach"):
            assert bool(folded(zh_step, part)) == bool(folded(en_step, part)), f"{part} of {zh_step.id}"


@every_lesson
def test_a_lesson_has_six_to_ten_steps_and_two_to_four_answers_one_of_them_right(slug: str) -> None:
    lesson = LESSONS[slug]
    assert 6 <= len(text(slug, "zh").steps) <= 10
    assert 2 <= len(lesson.answers) <= 4
    assert lesson.right in lesson.answers


@every_text
def test_everything_a_lesson_declares_has_words(slug: str, lang: str) -> None:
    lesson, front = LESSONS[slug], text(slug, lang).front
    assert tuple(front.answers) == lesson.answers
    assert set(front.guess) == set(lesson.answers)
    assert set(front.presets) == {preset.name for preset in lesson.presets}
    assert set(front.without) == {preset.name for preset in lesson.presets if preset.needs}
    assert set(front.params) == {param.name for param in lesson.params}
    choices = {param.name: set(param.choices) for param in lesson.params if param.type == "choice"}
    assert {name: set(words) for name, words in front.choices.items()} == choices
    assert set(front.actions) == {action.name for action in lesson.actions}
    assert set(front.hints) == {action.name for action in lesson.actions if action.text}
    assert set(front.claims) == {claim.name for claim in lesson.claims}
    assert all(claim.say for claim in front.claims.values())
    assert 0 < length(front.instant, lang) <= 5
    assert 3 <= len(front.figures) <= 5
    assert all(term.zh and term.en and term.say for term in front.terms)
    assert set(front.captions) <= set(front.claims) | set(front.steps)


@every_text
def test_what_the_projector_shows_is_short(slug: str, lang: str) -> None:
    most = 40 if lang == "zh" else 25
    for step in text(slug, lang).steps:
        say = paragraphs(step.body)[0]
        assert length(say, lang) <= most, f"{step.id}: {length(say, lang)} > {most}: {say}"


@every_text
def test_what_is_folded_stays_short(slug: str, lang: str) -> None:
    most = 150 if lang == "zh" else 100
    for step in text(slug, lang).steps:
        assert folded(step, "teach"), f"{step.id} has no note for the teacher"
        for part in ("more", "teach"):
            size = length(folded(step, part), lang)
            assert size <= most, f"{part} of {step.id}: {size} > {most}"


@every_text
def test_no_sentence_is_long(slug: str, lang: str) -> None:
    most = 40 if lang == "zh" else 25
    found = text(slug, lang)
    said = [(step.id, paragraph) for step in found.steps for paragraph in paragraphs(step.body)]
    for where, paragraph in [*said, *words_of(found.front)]:
        for sentence in sentences(paragraph, lang):
            assert length(sentence, lang) <= most, f"{where}: {length(sentence, lang)} > {most}: {sentence}"


@every_lesson
def test_chinese_uses_full_width_punctuation_and_no_spaces_by_hand(slug: str) -> None:
    found = text(slug, "zh")
    said = [(step.id, paragraph) for step in found.steps for paragraph in paragraphs(step.body)]
    for where, paragraph in [*said, *words_of(found.front)]:
        plain = re.sub(r"`[^`]*`|::\w+\{[^{}]*\}", "x", paragraph)
        assert not re.search(r"[\u3400-\u9fff][,;:?!()]|[,;:?!()][\u3400-\u9fff]", plain), f"{where}: {plain}"
        assert not re.search(r"[\u3400-\u9fff] +\w|\w +[\u3400-\u9fff]", plain, re.A), f"{where}: {plain}"
        assert not re.search(r"(?<!\*)\*(?!\*)|_[\u3400-\u9fff]", plain), f"{where}: no italics in Chinese"


@every_lesson
def test_english_has_no_exclamation_marks_and_nothing_is_simply_so(slug: str) -> None:
    found = text(slug, "en")
    for said in [step.body for step in found.steps] + [said for _, said in words_of(found.front)]:
        plain = re.sub(r"`[^`]*`", "", said)
        assert "!" not in plain
        assert not re.search(r"\b(simply|just|obviously|of course|easy|easily)\b", QUOTED.sub("", plain), re.I), plain


def worked_out(where: str, said: str) -> str:
    """A sentence without the factors that only a recall question may put to a figure of its recording."""
    return re.sub(r"(::value\{[^{}*]+)\*[0-9.]+\}", r"\1}", said) if where.startswith("story.recall.") else said


@every_text
def test_every_slot_refers_to_something_that_exists(slug: str, lang: str) -> None:
    lesson, found = LESSONS[slug], text(slug, lang)
    values = measured(slug)
    known: dict[str, set[str]] = {
        "code": set(lesson.shown),
        "claim": {claim.name for claim in lesson.claims},
        "count": {claim.name for claim in lesson.claims if claim.kind == "counted"},
        "preset": {preset.name for preset in lesson.presets},
        "term": {term.en for term in found.front.terms} | set(glossary.entries(lang)),
        "value": values,
    }
    inline = [SLOT.findall(worked_out(where, said)) for where, said in words_of(found.front)]
    for name, argument in (each for group in [*slots(found), *inline] for each in group):
        assert argument in known.get(name, {""}), f"::{name}{{{argument}}}"
    assert {figure.value for figure in found.front.figures} <= values


@every_text
def test_the_steps_ask_run_judge_and_send_the_reader_home(slug: str, lang: str) -> None:
    used = [name for group in slots(text(slug, lang)) for name, _ in group]
    for slot in ("guess", "run", "lab", "terms"):
        assert used.count(slot) == 1, slot
    claims = {argument for group in slots(text(slug, lang)) for name, argument in group if name == "claim"}
    assert claims == {claim.name for claim in LESSONS[slug].claims}


def recording(slug: str, preset: str) -> Path:
    return catalog.lesson_folder(slug) / "recordings" / f"{preset}.ndjson.gz"


def entries(path: Path) -> list[Mapping[str, Any]]:
    """The entries of a recording, its seals left out."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [line for each in lines if "fact" in (line := json.loads(each))]


def measured(slug: str) -> set[str]:
    """Names of the values, with and without trial, that the shipped recordings measure."""
    found: set[str] = set()
    for path in (catalog.lesson_folder(slug) / "recordings").glob("*.ndjson.gz"):
        for fact in (entry["fact"] for entry in entries(path)):
            if fact["kind"] == "value.measured":
                found.add(f"{fact['name']}@{fact['trial']}" if "trial" in fact else fact["name"])
    return found


@every_text
def test_the_words_of_a_counted_claim_say_its_number(slug: str, lang: str) -> None:
    for claim in (each for each in LESSONS[slug].claims if each.kind == "counted"):
        said = text(slug, lang).front.claims[claim.name].say
        assert re.search(r"::(count|value)\{", said), f"{claim.name}: in how many cases?"
