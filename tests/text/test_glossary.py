"""The glossary says the same things in both languages, shortly."""

from __future__ import annotations

import re

import pytest

from server.text import glossary


def test_both_languages_have_the_same_terms_in_the_same_order() -> None:
    assert list(glossary.entries("zh")) == list(glossary.entries("en"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_term_is_said_in_sentences_that_are_short(lang: str) -> None:
    most = 45 if lang == "zh" else 25
    for key, entry in glossary.entries(lang).items():
        assert all((entry.word, entry.other)), key
        for sentence in re.split(r"[。.:：](?:\s|$|(?<=[。：]))", entry.say):
            size = len(re.findall(r"[\u3400-\u9fff]", sentence)) if lang == "zh" else len(sentence.split())
            assert size <= most, f"{key}: {sentence}"


def test_chinese_terms_are_not_left_in_english() -> None:
    kept = {"io", "gil", "futex", "eagain", "fork", "exec"}
    for key, entry in glossary.entries("zh").items():
        assert key in kept or re.search(r"[\u3400-\u9fff]", entry.word), key
        assert re.search(r"[\u3400-\u9fff]", entry.say), key
