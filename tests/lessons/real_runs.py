"""What tests of lessons on real runs share: a run of a preset, its values, and the verdicts that it owes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.events import ClaimBroken, ClaimHeld, Entry, ProofChecked, RunEnded, ValueMeasured
from server.lesson import Lesson
from server.runs.once import run_once


def params_of(lesson: Lesson, preset: str, **more: Any) -> dict[str, Any]:
    """Parameters of a preset that nobody acts on, but for ``more``."""
    own = next(each.params for each in lesson.presets if each.name == preset)
    return {each.name: each.default for each in lesson.params} | dict(own) | dict(lesson.alone) | more


def play(slug: str, lesson: Lesson, preset: str, **more: Any) -> list[Entry]:
    """The log of one run, now and here."""
    return list(run_once(slug, params_of(lesson, preset, **more), preset).tail(0))


def values(log: Iterable[Entry]) -> dict[str, float]:
    """What was measured, by name; the last of each."""
    return {entry.fact.name: entry.fact.value for entry in log if isinstance(entry.fact, ValueMeasured)}


def assert_proved_and_held(lesson: Lesson, preset: str, log: Iterable[Entry], *, counted: bool = True) -> None:
    """It finished, every task is proved, and each claim of the preset held; without ``counted`` each asserted one."""
    facts = [entry.fact for entry in log]
    ended = facts[-1]
    assert isinstance(ended, RunEnded)
    assert ended.reason == "finished", (ended, facts[-12:-1])
    left_out = {claim.name for claim in lesson.claims if not counted and claim.kind != "asserted"}
    owed = {claim.name for claim in lesson.claims if preset in (claim.presets or (preset,))} - left_out
    broken = {fact.claim: fact.reason for fact in facts if isinstance(fact, ClaimBroken)}
    assert {name: why for name, why in broken.items() if name not in left_out} == {}
    assert {fact.claim for fact in facts if isinstance(fact, ClaimHeld)} - left_out == owed
    assert {fact.verdict for fact in facts if isinstance(fact, ProofChecked)} == {"proved"}
