"""The story section of a lesson's front matter, and passages that depend on a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from server.text import prose, quiz_front_matter

WHOLE: dict[str, Any] = {
    "cast": [{"who": ["T1", "T2"], "say": "Two processes."}, {"core": "CPU 0", "say": "One core."}],
    "choose": "Choose the place where the first lane ends.",
    "notes": {1: "It is served first."},
    "answer": "At the very end.",
    "number": "::value{share@1}",
    "detail": "::value{first_ms@1} of ::value{wall_ms@1}",
    "because": {1: "At half a queue would be done.", "end": "They share the core."},
    "see": {"step": "rule", "say": "See where the first job ends"},
    "keep": "Equal jobs that share a core end almost together.",
    "recall": [
        {"ask": "And four jobs?", "answer": "Close to 4 T.", "because": "All share.", "step": "rule"},
        {"ask": "With three?", "answers": {"a": "T", "b": "3 T"}, "right": "b", "preset": "processes",
         "params": {"tasks": 3}, "answer": "Close to 3 T.", "because": "All share.", "step": "rule"},
    ],
}  # fmt: skip


def test_a_whole_story_is_read_with_text_for_every_key() -> None:
    read = quiz_front_matter.read(WHOLE)
    assert read.because["1"] == "At half a queue would be done."
    assert read.cast[0].who == ("T1", "T2")
    assert read.recall[1].params == {"tasks": 3}
    assert dict(quiz_front_matter.sentences(read))["story.recall.2.answers.b"] == "3 T"


@pytest.mark.parametrize("key", sorted(set(WHOLE) - {"notes"}))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(quiz_front_matter.QuizFormatError, match=key):
        quiz_front_matter.read({name: value for name, value in WHOLE.items() if name != key})


def test_notes_may_be_left_out() -> None:
    assert quiz_front_matter.read({name: value for name, value in WHOLE.items() if name != "notes"}).notes == {}


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(quiz_front_matter.QuizFormatError, match="tempo"):
        quiz_front_matter.read({**WHOLE, "tempo": 1})


def test_a_prediction_needs_its_right_answer_and_a_preset() -> None:
    bad = {**WHOLE["recall"][1], "right": "c"}
    with pytest.raises(quiz_front_matter.QuizFormatError, match="With three"):
        quiz_front_matter.read({**WHOLE, "recall": [bad]})


@dataclass
class Held:
    """Slots that know one claim."""

    claim: str

    def block(self, name: str, argument: str) -> str:
        return f"[{name} {argument}]"

    def inline(self, name: str, argument: str) -> str:
        return f"[{name} {argument}]"

    def holds(self, claim: str) -> bool:
        return claim == self.claim


TEXT = "Always.\n\n::: when shared\nBoth had it.\n:::\n\n::: unless shared\nOne had it alone.\n:::\n"


def test_a_passage_that_depends_on_a_claim_is_seen_only_if_it_holds() -> None:
    held, open_ = prose.render(TEXT, Held("shared")), prose.render(TEXT, Held("other"))
    assert '<div data-when="shared"><p>Both' in held
    assert '<div data-unless="shared" hidden><p>One' in held
    assert '<div data-when="shared" hidden>' in open_
    assert '<div data-unless="shared"><p>One' in open_


def test_a_condition_without_a_claim_is_plain_text() -> None:
    assert "data-when" not in prose.render("::: when\nBoth.\n:::\n", Held("shared"))
