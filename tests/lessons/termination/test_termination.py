"""Termination on real runs: every claim in every preset, a reader who collects the zombie, one who never does."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from server.events import ClaimHeld, Entry, Output, TaskBorn, TaskDied, TaskReaped
from server.runs.once import run_once
from tests.lessons import module_of, real_runs, slug_of

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
ways = module_of(__package__, "ways")
CLAIMS = {
    "codes": claims.Codes, "silent": claims.Silent, "zombies": claims.Zombies, "kept": claims.Kept,
    "collected": claims.Collected, "shell_says": claims.ShellSays, "no_handler": claims.NoHandler,
}  # fmt: skip


def play(preset: str, **more: Any) -> list[Entry]:
    return real_runs.play(SLUG, LESSON, preset, **more)


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_a_real_run_holds_every_claim_of_its_preset_and_is_proved(preset: str) -> None:
    real_runs.assert_proved_and_held(LESSON, preset, play(preset))


def test_a_server_started_with_nohup_hands_no_ignored_signal_on() -> None:
    ignored = (signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
    before = [signal.signal(signum, signal.SIG_IGN) for signum in ignored]
    try:
        log = play("ways")
    finally:
        for signum, handler in zip(ignored, before, strict=True):
            signal.signal(signum, handler)
    real_runs.assert_proved_and_held(LESSON, "ways", log)


def test_the_figures_count_who_said_bye() -> None:
    assert claims.Figures in LESSON.measures
    found = real_runs.values(play("ways"))
    assert (found["ways"], found["said"], found["silent"]) == (10, 4, 6)
    assert found["term_ms"] > 0
    assert found["zombie_ms"] > 0


def test_what_nobody_catches_says_bye_and_leaves_code_1_and_a_signal_without_a_handler_is_silent() -> None:
    log = play("caught")
    died = {entry.fact.task: (entry.fact.code, entry.fact.signal) for entry in log if isinstance(entry.fact, TaskDied)}
    roles = {entry.fact.task: entry.fact.role for entry in log if isinstance(entry.fact, TaskBorn)}
    said = {entry.fact.task for entry in log if isinstance(entry.fact, Output) and entry.fact.text == "bye\n"}
    ends = {roles[task]: (end, task in said) for task, end in died.items()}
    assert [ends[role] for role in ("divides", "memory", "unread")] == [((1, None), True)] * 3
    assert ends["quits"] == ((None, signal.SIGQUIT), False)


@pytest.mark.parametrize(("code", "shown"), [(256, 0), (-1, 255), (300, 44), (1000, 232)])
def test_a_shell_keeps_the_low_eight_bits_of_an_exit_code(code: int, shown: int) -> None:
    log = play("shell", code=code)
    assert real_runs.values(log)["dollar_code"] == shown == ways.dollar(code)["sh_code"]
    assert "shell_says" in {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}


def test_the_claims_are_those_of_the_lesson() -> None:
    assert {each.name: each.fold for each in LESSON.claims} == CLAIMS


def test_a_reader_who_presses_wait_collects_the_zombie() -> None:
    params = real_runs.params_of(LESSON, "zombie", script="reader")
    log = list(run_once(SLUG, params, "zombie", actions=[(1.0, "reap", None)]).tail(0))
    died = next(entry.t_ns for entry in log if isinstance(entry.fact, TaskDied))
    taken = next(entry.t_ns for entry in log if entry.fact.kind == "action.taken")
    reaped = next(entry.t_ns for entry in log if isinstance(entry.fact, TaskReaped))
    assert died < reaped
    assert taken <= reaped
    assert "collected" in {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}
