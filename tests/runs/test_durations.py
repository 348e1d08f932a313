"""How long runs take as the queue believes it: from the shipped recordings, then from the runs that have ended."""

from __future__ import annotations

import math
import random

import pytest

from server.lesson import catalog
from server.log import recording
from server.runs import durations
from server.runs.durations import DEFAULT_DURATION_S, LAUNCH_S, Durations
from server.runs.queue import simulate_starts

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
    assert known.expected_s(LESSON, {"millions": 40}) == pytest.approx(9.0, rel=0.05)


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
    assert known.expected_s(LESSON, {}) == pytest.approx(3 * Durations().expected_s(LESSON, {}), rel=0.05)
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


class Played:
    """A line of different runs on one core, played by a clock of its own; every second each is told an estimate."""

    def __init__(self, seed: int, spread: float) -> None:
        self.now_s, self.began_s, self.end_s = 0.0, 0.0, 0.0
        self.known, self.line, self.begun = Durations(), list(range(32)), dict[int, float]()
        self.promises: list[tuple[float, int, float]] = []  # said when, to whom, seconds
        self._chance, self._spread = random.Random(seed), spread

    def params(self, number: int) -> dict[str, int]:
        return {"millions": 8 + number // 2, "tasks": 2 + number % 2}

    def play(self) -> float:
        """The share of the promises that held within half of what was said, or a second."""
        running = self._begin()
        while self.line:
            if self.now_s >= self.end_s:
                self.known.record(LESSON, self.params(running), self.now_s - self.began_s)
                running = self._begin()
            self._promise(self.params(running))
            self.now_s += 1.0
        held = [abs(self.begun[who] - at_s - said_s) <= max(said_s / 2, 1) for at_s, who, said_s in self.promises]
        return sum(held) / len(held)

    def _begin(self) -> int:
        number = self.line.pop(0)
        took_s = true_s(**self.params(number)) * math.exp(self._chance.gauss(0, self._spread))
        self.begun[number], self.began_s, self.end_s = self.now_s, self.now_s, self.now_s + took_s
        return number

    def _promise(self, running: dict[str, int]) -> None:
        overdue = self.known.overdue(LESSON, running, self.began_s)
        line = [(1, overdue * self.known.expected_s(LESSON, self.params(number))) for number in self.line]
        starts_s = simulate_starts(line, [self.known.remaining_s(LESSON, running, self.began_s)])
        self.promises += [(self.now_s, who, start_s) for who, start_s in zip(self.line, starts_s, strict=True)]


@pytest.mark.parametrize("spread", [0.1, 0.3, 0.5])
def test_what_is_promised_to_a_line_of_different_runs_holds_however_much_they_differ(
    spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = []
    for seed in range(5):
        played = Played(seed, spread)
        monkeypatch.setattr("server.runs.durations.time.monotonic", lambda played=played: played.now_s)
        shares.append(played.play())
    assert sum(shares) / len(shares) > 0.85
