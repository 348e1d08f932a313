"""Folds are asked once an entry and once at the end, for the presets they belong to, and never take a run with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from server.events import ClaimBroken, ClaimHeld, Entry, State, Step, TaskState, TrialEnded, TrialStarted, ValueMeasured
from server.lesson import Claim, ClaimResult, Lesson, Preset
from server.lesson.claim_folds import TimelineFold
from server.lesson.evaluation import ClaimEvaluation
from server.log.timeline import Task, Trial

STEP = Entry(5, "told", Step(1, "here"))


class Counts:
    """Holds at the first step, and says at the end how many there were."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.steps = 0

    def see(self, entry: Entry) -> Iterable[ClaimResult]:
        self.steps += 1
        if self.steps == 1:
            yield ClaimHeld("counts", at_ns=entry.t_ns)

    def end(self) -> Iterable[ClaimResult]:
        return [ValueMeasured("steps", self.steps, "count")]


class Fails(Counts):
    """Cannot read a log."""

    def see(self, entry: Entry) -> Iterable[ClaimResult]:
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


class Zombies(TimelineFold):
    """Wants ends of tasks and nothing else."""

    asked: list[str]

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.asked = []

    def watched_states(self) -> Collection[State]:
        return ("zombie",)

    def see(self, entry: Entry) -> Iterable[ClaimResult]:
        self.asked.append(entry.fact.kind)
        return super().see(entry)

    def on_state_change(self, task: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        yield ValueMeasured("spans", len(task.spans), "count")


class Trials(TimelineFold):
    """Wants ends of trials."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        yield ValueMeasured("trial", trial.number, "count")


def test_a_fold_is_shown_what_it_has_a_hook_for_and_its_timeline_has_everything() -> None:
    judge = ClaimEvaluation(replace(LESSON, claims=(), measures=(Zombies, Trials)), {}, None)
    entries = [
        Entry(1, "told", TrialStarted(1, {})),
        Entry(2, "seen", TaskState(1, "running", "dispatched", 0)),
        Entry(3, "seen", TaskState(1, "blocked", "waits", 0)),
        Entry(4, "seen", TaskState(1, "zombie", "exited", 0)),
        Entry(5, "told", TrialEnded(1)),
    ]
    said = [[verdict.fact for verdict in judge.see(entry)] for entry in entries]
    assert said[:3] == [[], [], []]
    assert said[3] == [ValueMeasured("spans", 3, "count")]
    assert ValueMeasured("trial", 1, "count") in said[4]


def test_a_hook_that_is_not_there_is_not_asked() -> None:
    assert set(Zombies({}).watched_states()) == {"zombie"}
    assert set(Trials({}).watched_states()) == set()
    assert Trials({}).concerns(TrialEnded)
    assert not Trials({}).concerns(Step)
