"""Lesson 7 on real runs: every claim in every preset, a reader who collects the zombie, one who never does."""

from __future__ import annotations

from typing import Any

import pytest

from server.events import ClaimBroken, ClaimHeld, Entry, ProofChecked, RunEnded, TaskDied, TaskReaped, ValueMeasured
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
ways = module_of(__package__, "ways")
CLAIMS = {
    "codes": claims.Codes, "silent": claims.Silent, "zombies": claims.Zombies, "kept": claims.Kept,
    "collected": claims.Collected, "shell_says": claims.ShellSays, "no_handler": claims.NoHandler,
}  # fmt: skip


def params(preset: str, **more: Any) -> dict[str, Any]:
    own = next(each.params for each in LESSON.presets if each.name == preset)
    return {each.name: each.default for each in LESSON.params} | dict(own) | dict(LESSON.alone) | more


def play(preset: str, **more: Any) -> list[Entry]:
    return list(run_once(SLUG, params(preset, **more), preset).tail(0))


def values(log: list[Entry]) -> dict[str, float]:
    return {entry.fact.name: entry.fact.value for entry in log if isinstance(entry.fact, ValueMeasured)}


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_a_real_run_holds_every_claim_of_its_preset_and_is_proved(preset: str) -> None:
    log = play(preset)
    held = {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}
    assert held == {each.name for each in LESSON.claims if preset in each.presets}
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    assert not [e.fact for e in log if isinstance(e.fact, ProofChecked) and e.fact.verdict != "proved"]
    assert isinstance(log[-1].fact, RunEnded)
    assert log[-1].fact.reason == "finished"


def test_the_figures_count_who_said_bye() -> None:
    assert claims.Figures in LESSON.measures
    found = values(play("ways"))
    assert (found["ways"], found["said"], found["silent"]) == (10, 4, 6)
    assert found["term_ms"] > 0
    assert found["zombie_ms"] > 0


@pytest.mark.parametrize(("code", "shown"), [(256, 0), (-1, 255), (300, 44), (1000, 232)])
def test_a_shell_keeps_the_low_eight_bits_of_an_exit_code(code: int, shown: int) -> None:
    log = play("shell", code=code)
    assert values(log)["dollar_code"] == shown == ways.dollar(code)["sh_code"]
    assert "shell_says" in {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}


def test_the_claims_are_those_of_the_lesson() -> None:
    assert {each.name: each.fold for each in LESSON.claims} == CLAIMS


def test_a_reader_who_presses_wait_collects_the_zombie() -> None:
    log = list(run_once(SLUG, params("zombie", script="reader"), "zombie", actions=[(1.0, "reap", None)]).tail(0))
    died = next(entry.t_ns for entry in log if isinstance(entry.fact, TaskDied))
    taken = next(entry.t_ns for entry in log if entry.fact.kind == "action.taken")
    reaped = next(entry.t_ns for entry in log if isinstance(entry.fact, TaskReaped))
    assert died < reaped
    assert taken <= reaped
    assert "collected" in {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}
