"""Lesson process-table on real runs, and its claims on a hand-made log where every instant is known."""

from __future__ import annotations

from typing import Any

import pytest

from server.events import (
    CallReturned,
    CallStarted,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    TaskBorn,
    TaskState,
    TrialEnded,
    TrialStarted,
)
from tests.lessons import module_of, real_runs, slug_of

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
CLAIMS = {
    "inside": claims.Inside, "same_sum": claims.SameSum, "lonely": claims.Lonely, "unchanged": claims.Unchanged,
    "where": claims.Where, "weights": claims.Weights, "nice_down": claims.NiceDown,
    "offset_shared": claims.OffsetShared,
}  # fmt: skip
US = 1000


def play(preset: str, **more: Any) -> list[Entry]:
    return real_runs.play(SLUG, LESSON, preset, **more)


def test_the_claims_and_measures_are_those_of_the_lesson() -> None:
    assert {each.name: each.fold for each in LESSON.claims} == CLAIMS
    assert claims.Figures in LESSON.measures


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_a_real_run_holds_every_claim_of_its_preset_and_is_proved(preset: str) -> None:
    real_runs.assert_proved_and_held(LESSON, preset, play(preset, times=40))


def test_every_absence_is_counted_inside_and_a_gap_never_is_shorter() -> None:
    found = real_runs.values(play("taken", times=40))
    assert found["inside"] == found["absences"] >= 1
    assert found["gaps"] >= found["lonely"]
    assert found["longer_us"] > 0


def test_two_equally_polite_tasks_share_the_core_alike() -> None:
    log = play("nice", both=True)
    found = real_runs.values(log)
    assert 0.5 < found["nice_ms"] / found["plain_ms"] < 2
    assert "weights" not in {entry.fact.claim for entry in log if isinstance(entry.fact, (ClaimHeld, ClaimBroken))}


def test_the_child_moves_the_offset_of_its_parent() -> None:
    found = real_runs.values(play("offset"))
    assert (found["offset_before"], found["offset_after"]) == (1000, 1500)


def verdicts(gap_to_us: int) -> list[Any]:
    """A watcher that is away from 200 to 500 µs and sees a gap from 190 µs to an instant."""
    call = {"task": 1, "call": 2, "style": "gap"}
    told: list[tuple[int, Fact]] = [
        (0, TrialStarted(1, {}, "taken")),
        (0, TaskBorn(1, 10, 10, 0, "watcher", "process", "fork", trial=1, role="watcher")),
        (10, TaskState(1, "running", "dispatched", cpu=0)),
        (20, CallStarted(1, 1, "watch")),
        (190, CallStarted(**call)),
        (200, TaskState(1, "ready", "preempted", cpu=0)),
        (500, TaskState(1, "running", "dispatched", cpu=0)),
        (gap_to_us, CallReturned(**call)),
        (900, CallReturned(1, 1, "watch")),
        (1000, TaskState(1, "zombie", "exited")),
        (1001, TrialEnded(1)),
    ]
    fold = claims.Inside(real_runs.params_of(LESSON, "taken"))
    return [
        each for t_us, fact in sorted(told, key=lambda one: one[0]) for each in fold.see(Entry(t_us * US, "seen", fact))
    ]


def test_an_absence_must_lie_inside_the_gap() -> None:
    assert [type(each) for each in verdicts(510)] == [ClaimHeld]
    assert [type(each) for each in verdicts(450)] == [ClaimBroken]
