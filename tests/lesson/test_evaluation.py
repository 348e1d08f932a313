"""Folds are asked once an entry and once at the end, for the presets they belong to, and never take a run with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from server.events import ClaimBroken, ClaimHeld, Entry, Step, ValueMeasured
from server.lesson import Claim, Lesson, Preset, Verdict
from server.lesson.evaluation import ClaimEvaluation

STEP = Entry(5, "told", Step(1, "here"))


class Counts:
    """Holds at the first step, and says at the end how many there were."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.steps = 0

    def see(self, entry: Entry) -> Iterable[Verdict]:
        self.steps += 1
        if self.steps == 1:
            yield ClaimHeld("counts", at_ns=entry.t_ns)

    def end(self) -> Iterable[Verdict]:
        return [ValueMeasured("steps", self.steps, "count")]


class Fails(Counts):
    """Cannot read a log."""

    def see(self, entry: Entry) -> Iterable[Verdict]:
        raise ZeroDivisionError


LESSON = Lesson(
    run=lambda stage, params: None,
    after=None,
    views=(),
    params=(),
    presets=(Preset("a"), Preset("b", {"kind": "b"})),
    claims=(Claim("counts", "asserted", Counts),),
)


def names(lesson: Lesson, params: Mapping[str, Any], preset: str | None) -> int:
    return len(ClaimEvaluation(lesson, params, preset).see(STEP))


def test_a_verdict_is_a_derived_entry_of_the_instant_that_settled_it() -> None:
    judge = ClaimEvaluation(LESSON, {}, None)
    assert judge.see(STEP) == [Entry(5, "derived", ClaimHeld("counts", at_ns=5))]
    assert judge.see(STEP) == []
    assert judge.end(9) == [Entry(9, "derived", ValueMeasured("steps", 2, "count"))]


def test_a_fold_that_fails_is_a_broken_claim_and_is_not_asked_again() -> None:
    judge = ClaimEvaluation(replace(LESSON, claims=(Claim("bad", "asserted", Fails),)), {}, None)
    assert judge.see(STEP) == [
        Entry(5, "derived", ClaimBroken("bad", "its reading of the log failed: ZeroDivisionError"))
    ]
    assert judge.see(STEP) == judge.end(9) == []


def test_a_claim_of_some_presets_takes_part_in_those_and_in_runs_like_them() -> None:
    only_b = replace(LESSON, claims=(Claim("counts", "asserted", Counts, presets=("b",)),))
    assert names(only_b, {"kind": "b"}, "b") == 1
    assert names(only_b, {"kind": "b"}, None) == 1
    assert names(only_b, {"kind": "a"}, "a") == 0
    assert names(only_b, {"kind": "a"}, None) == 0
