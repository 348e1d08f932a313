"""How long runs take as the queue believes it: from the shipped recordings, then from the runs that have ended."""

from __future__ import annotations

import random

import pytest

from server.lesson import catalog
from server.log import recording
from server.runs import durations
from server.runs.durations import DEFAULT_DURATION_S, LAUNCH_S, Durations

LESSON = "concurrency-parallelism"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is ours alone, whatever it really is."""
    monkeypatch.setattr(durations, "load_per_core", lambda: 1.0)


def true_s(millions: int, tasks: int, slow: float = 1.0) -> float:
    """What such a run takes on some machine: the work on one core, then on two, and the launch."""
    return slow * (0.4 + millions * tasks * 0.03)


def test_before_any_run_it_is_the_shipped_recording_and_the_launch() -> None:
    path = catalog.recording_path(LESSON, "processes")
    assert path is not None
    wall_s = recording.read(path).summary["wall_ns"] / 1e9
    assert Durations().expected_s(LESSON, {}) == pytest.approx(wall_s + LAUNCH_S)
    assert Durations("tests.lab").expected_s("calm", {}) == pytest.approx(DEFAULT_DURATION_S), (
        "nothing is known of this one"
    )


def test_what_a_run_took_is_what_an_equal_one_should_take() -> None:
    known = Durations()
    for _ in range(3):
        known.record(LESSON, {"millions": 40}, 9.0)
    assert known.expected_s(LESSON, {"millions": 40}) == pytest.approx(9.0)


def test_more_work_is_said_to_take_longer_before_and_after_any_was_seen() -> None:
    known = Durations()
    known.record(LESSON, {"millions": 10, "tasks": 2}, true_s(10, 2))
    assert known.expected_s(LESSON, {"millions": 40, "tasks": 2}) > 1.5 * known.expected_s(LESSON, {"millions": 10})
    chance = random.Random(7)
    for _ in range(40):
        millions, tasks = chance.randint(8, 40), chance.randint(2, 3)
        known.record(LESSON, {"millions": millions, "tasks": tasks}, true_s(millions, tasks) * chance.uniform(0.9, 1.1))
    for millions, tasks in ((8, 2), (20, 3), (40, 2), (40, 3)):
        said = known.expected_s(LESSON, {"millions": millions, "tasks": tasks})
        assert 0.7 <= said / true_s(millions, tasks) <= 1.4


def test_a_machine_that_has_become_slower_is_known_soon_also_for_lessons_that_have_not_run() -> None:
    known = Durations()
    other_s = known.expected_s("sync-async", {})
    for _ in range(8):
        known.record(LESSON, {}, 3 * Durations().expected_s(LESSON, {}))
    assert known.expected_s(LESSON, {}) == pytest.approx(3 * Durations().expected_s(LESSON, {}))
    assert known.expected_s("sync-async", {}) == pytest.approx(3 * other_s)


def test_a_choice_that_takes_longer_is_learned_apart_from_the_default() -> None:
    known = Durations()
    for _ in range(20):
        known.record(LESSON, {"kind": "processes"}, 1.0)
        known.record(LESSON, {"kind": "threads"}, 4.0)
    assert known.expected_s(LESSON, {"kind": "threads"}) == pytest.approx(4.0, rel=0.1)
    assert known.expected_s(LESSON, {"kind": "processes"}) == pytest.approx(1.0, rel=0.1)


def test_no_run_is_said_to_take_longer_than_it_may() -> None:
    known = Durations()
    known.record(LESSON, {}, 25.0)
    assert known.expected_s(LESSON, {"millions": 40, "tasks": 6}) <= 30.0 + LAUNCH_S


def test_one_that_is_late_goes_on_for_as_long_as_such_runs_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    steady, unsteady = Durations(), Durations()
    for number in range(20):
        steady.record(LESSON, {}, 2.0)
        unsteady.record(LESSON, {}, 1.2 if number % 2 else 3.3)
    monkeypatch.setattr("server.runs.durations.time.monotonic", lambda: 100.0)
    for known in (steady, unsteady):
        expected = known.expected_s(LESSON, {})
        assert known.remaining_s(LESSON, {}, 100.0) == pytest.approx(expected)
        assert known.overdue(LESSON, {}, 100.0) == 1.0
        assert known.overdue(LESSON, {}, 100.0 - 3 * expected) == pytest.approx(3.0)
    assert steady.remaining_s(LESSON, {}, 98.0) < 0.05 * steady.expected_s(LESSON, {})
    assert unsteady.remaining_s(LESSON, {}, 98.0) > 0.4 * unsteady.expected_s(LESSON, {})


def test_a_crowded_machine_is_no_quiet_one_until_a_run_has_shown_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Durations()
    quiet_s = known.expected_s(LESSON, {})
    monkeypatch.setattr(durations, "load_per_core", lambda: 8.0)
    assert known.expected_s(LESSON, {}) == pytest.approx(8 * quiet_s)
    known.record(LESSON, {}, quiet_s)
    assert known.expected_s(LESSON, {}) == pytest.approx(quiet_s)
