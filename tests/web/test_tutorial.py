"""The page about/tutorial: no sentence of the tutorial is left out, and every link shows what is said of it."""

from __future__ import annotations

import re

import httpx
import pytest

from server.lesson import catalog
from server.text import prose, tutorial_map
from server.text.labels import LANGS, Lang
from server.text.lesson_text import text
from server.text.tutorial_map import Sentence
from server.web import log_summary
from server.web.tutorial import Figures, address, count, preset_of

#: How many sentences each section of the tutorial has; a list of short points counts each of them.
SECTIONS = {"one": 2, "two": 1, "three": 21, "four": 31, "five": 20, "six": 8, "seven": 7, "eight": 8, "nine": 9}
SLOT = re.compile(r"::\w+\{[^{}]*\}")
MEASURED = re.compile(r"\d[\d.]*\s*(ms|µs|MiB|kB|%|毫秒|微秒)")
ASKED = re.compile("10 ms|10毫秒")  # how often the lesson's program asks: its code says so, no run
SENTENCES = tutorial_map.read("zh").sentences
every_sentence = pytest.mark.parametrize("sentence", SENTENCES, ids=lambda each: each.id)
every_language = pytest.mark.parametrize("lang", LANGS)


@every_language
def test_every_sentence_of_the_tutorial_has_its_entry_in_order(lang: Lang) -> None:
    sections = tutorial_map.read(lang).sections
    assert {section.key: len(section.sentences) for section in sections} == SECTIONS
    for number, section in enumerate(sections, start=1):
        expected = [f"{number}-{n}" for n in range(1, len(section.sentences) + 1)]
        assert [each.id for each in section.sentences] == expected


def test_both_languages_say_something_of_each_with_the_same_slots_and_no_number_of_a_run_of_their_own() -> None:
    zh, en = (tutorial_map.read(lang) for lang in LANGS)
    assert set(zh.words) == set(en.words)
    assert set(zh.words["verdicts"]) == set(en.words["verdicts"]) == set(tutorial_map.REVIEW_STATUSES)
    for here, there in zip(zh.sentences, en.sentences, strict=True):
        assert all((here.quote, here.say, there.quote, there.say)), here.id
        assert sorted(SLOT.findall(here.say)) == sorted(SLOT.findall(there.say)), here.id
        for said in (here.say, there.say):
            assert not MEASURED.search(ASKED.sub("", SLOT.sub("", said))), here.id


@every_sentence
def test_the_moment_of_a_sentence_exists_and_its_recording_has_the_figures(sentence: Sentence) -> None:
    assert sentence.lesson or sentence.verdict == "absent"
    if not sentence.lesson:
        assert not SLOT.search(sentence.say)
        return
    lesson = catalog.discover()[sentence.lesson]
    assert sentence.step in [step.id for step in text(sentence.lesson, "zh").steps]
    preset = preset_of(sentence)
    assert preset in {each.name for each in lesson.presets}
    path = catalog.recording_path(sentence.lesson, preset)
    assert path is not None
    for lang in LANGS:
        filled = prose.line(sentence.say, Figures(lang, log_summary.of_file(path)))
        assert "–" not in re.findall(r'<b class="value">(.*?)</b>', filled)
        assert filled.count('class="value"') == len(SLOT.findall(sentence.say))


@every_language
def test_the_page_shows_all_of_it_and_its_links_answer(client: httpx.Client, lang: Lang) -> None:
    answer = client.get(f"/{lang}/about/tutorial")
    assert answer.status_code == 200
    for each in SENTENCES:
        assert f'id="s{each.id}"' in answer.text
    assert count(lang) in answer.text
    links = {address(each, lang) for each in SENTENCES if each.lesson}
    for link in sorted(links):
        assert f'href="{link}"' in answer.text
        page = client.get(link)
        assert page.status_code == 200, link
        assert "data-veil" not in page.text.split("<head>")[0], "a link to a moment shows it"


@every_language
def test_home_and_about_lead_to_it(client: httpx.Client, lang: Lang) -> None:
    for path in (f"/{lang}/", f"/{lang}/about"):
        assert f'href="/{lang}/about/tutorial"' in client.get(path).text
