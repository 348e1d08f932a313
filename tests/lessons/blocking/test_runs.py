"""Blocking and non-blocking on real runs of every preset."""

from __future__ import annotations

import pytest

from server.events import ClaimBroken, LogLost, ProofChecked, RunEnded
from server.lesson import Preset
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON


@pytest.mark.parametrize("preset", LESSON.presets, ids=lambda each: each.name)
def test_a_real_run_of_every_preset_breaks_no_asserted_claim_and_is_proved(preset: Preset) -> None:
    params = {"delay_ms": 200, **preset.params}
    facts = [entry.fact for entry in run_once(SLUG, params, preset.name).tail(0)]
    asserted = {claim.name for claim in LESSON.claims if claim.kind == "asserted"}
    assert [fact for fact in facts if isinstance(fact, ClaimBroken) and fact.claim in asserted] == []
    assert [fact for fact in facts if isinstance(fact, LogLost)] == []
    assert not [fact for fact in facts if isinstance(fact, ProofChecked) and fact.verdict == "differs"]
    [ended] = [fact for fact in facts if isinstance(fact, RunEnded)]
    assert ended.reason == "finished"
