"""Real runs of every preset: who is reached, and that the shell was given no other byte."""

from __future__ import annotations

import re

import pytest

from server.events import ActionTaken, ClaimBroken, ClaimHeld, Entry, Output, RunEnded
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
session = module_of(__package__, "session")


def run(preset: str) -> list[Entry]:
    params = {each.name: each.default for each in LESSON.params} | {"kind": preset} | dict(LESSON.alone)
    return list(run_once(SLUG, params, preset).tail(0))


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_every_asserted_claim_holds_and_every_process_is_proved(preset: str) -> None:
    log = run(preset)
    end = log[-1].fact
    assert isinstance(end, RunEnded)
    assert end.reason == "finished", end.message
    assert end.summary["proved"]
    last = {each.fact.claim: each.fact for each in log if isinstance(each.fact, (ClaimHeld, ClaimBroken))}
    owed = [each for each in LESSON.claims if not each.presets or preset in each.presets]
    for claim in (each for each in owed if each.kind == "asserted"):
        assert isinstance(last.get(claim.name), ClaimHeld), last.get(claim.name)


def test_the_shell_was_given_the_fixed_lines_and_nothing_else() -> None:
    log = run("bash")
    shown = "".join(each.fact.text for each in log if isinstance(each.fact, Output) and each.fact.stream == "terminal")
    asked = [each.fact.action for each in log if isinstance(each.fact, ActionTaken)]
    assert asked == list(session.SCRIPT)
    typed = [session.KEYS[action].rstrip() for action in asked if len(session.KEYS.get(action, "")) > 1]
    lines = re.findall(r"\$ ([^\r\n]+)", shown)
    assert set(lines) <= set(typed)
