"""Moments and scenes on a hand-made log, where every instant is known; the shipped recordings: tests/lessons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from server.events import (
    CallReturned,
    CallStarted,
    Cause,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    SignalSent,
    State,
    Step,
    TaskBorn,
    TaskRenamed,
    TaskState,
    TrialEnded,
    TrialStarted,
    WaitsFor,
)
from server.lesson import Lesson, Moment, Scene, moments, scene_json
from server.lesson.excerpt import Excerpt, excerpt
from server.lesson.moments import MomentMatch, find_moment
from server.lesson.resolver import Playback, resolve_scene

MS = 1_000_000


def told(ms: float, fact: Fact) -> Entry:
    return Entry(round(ms * MS), "told", fact)


def edge(ms: float, task: int, state: State, cause: Cause, waits_for: WaitsFor | None = None) -> Entry:
    return told(ms, TaskState(task, state, cause, waits_for=waits_for))


def born(ms: float, task: int, name: str, role: str, trial: int) -> Entry:
    return told(ms, TaskBorn(task, 100 + task, 100 + task, 0, name, "process", "fork", trial, role))


def runs(task: int, *turns: tuple[float, float]) -> Iterable[Entry]:
    """Running spans, between which the task sleeps on its socket; it exits at the end of the last."""
    for from_ms, to_ms in turns:
        yield edge(from_ms, task, "running", "dispatched")
        if (from_ms, to_ms) != turns[-1]:
            yield edge(to_ms, task, "blocked", "waits", "socket")
    yield edge(turns[-1][1], task, "zombie", "exited")


#: Trial a (0–100 ms): T1 and T2; trial b (100–200 ms): T1 as task 3. The claim "twice" is first held, then broken.
ENTRIES = [
    told(0, TrialStarted(1, {}, "a")), born(1, 1, "python", "worker", 1), born(1, 2, "T2", "worker", 1),
    told(2, TaskRenamed(1, "T1")), told(10, Step(1, "asks")), told(30, Step(2, "asks")),
    told(11, CallStarted(1, 1, "recv")), told(31, CallReturned(1, 1, "recv")),
    *runs(1, (10, 20), (30, 40), (50, 60), (70, 80)), *runs(2, (20, 30), (60, 70)),
    told(25, SignalSent(2, 19, 0)), told(45, SignalSent(2, 18, 0)), told(100, TrialEnded(1)),
    told(100, TrialStarted(2, {}, "b")), born(101, 3, "T1", "caller", 2), *runs(3, (110, 120), (180, 190)),
    told(90, ClaimHeld("once", task=2, at_ns=20 * MS, to_ns=30 * MS)), told(90, ClaimHeld("whole", task=3)),
    told(91, ClaimHeld("twice", at_ns=33 * MS)), told(92, ClaimBroken("twice", at_ns=66 * MS)),
    told(200, TrialEnded(2)),
]  # fmt: skip
LOG = moments.scene_log(ENTRIES)


def at(moment: Moment) -> tuple[float, int | None, int | None] | None:
    """Instant in ms, task, trial."""
    found = find_moment(moment, LOG)
    return (found.at_ns / MS, found.task, found.trial) if found else None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (Moment.claim("once"), (20, 2, 1)),
        (Moment.claim("once", 0.5), (25, 2, 1)),
        (Moment.claim("whole"), (100, 3, 2)),
        (Moment.claim("twice"), (66, None, 1)),
        (Moment.claim("never said"), None),
        (Moment.caption("once"), (20, 2, 1)),
        (Moment.caption("asks"), (10, 1, 1)),
        (Moment.step("asks", 2), (30, 2, 1)),
        (Moment.step("asks", who="T2"), (30, 2, 1)),
        (Moment.step("asks", trial="b"), None),
        (Moment.fact("signal.sent", signal=18), (45, None, 1)),
        (Moment.fact("signal.sent", -1), (45, None, 1)),
        (Moment.block("T1"), (20, 1, 1)),
        (Moment.block("T1", -1, trial="a", share=0.5), (65, 1, 1)),
        (Moment.block("T1", waits_for="pipe_read"), None),
        (Moment.wake("worker", 2), (50, 1, 1)),
        (Moment.wake("T1", trial="b"), (180, 3, 2)),
        (Moment.span("running", "T2", 2, share=0.1), (61, 2, 1)),
        (Moment.ended("worker"), (70, 2, 1)),
        (Moment.ended("worker", 2), (80, 1, 1)),
        (Moment.ended("worker", 3), None),
        (Moment.call("recv", share=0.5), (21, 1, 1)),
        (Moment.trial("b", 0.25), (125, None, 2)),
        (Moment.trial("c"), None),
        (Moment.trial(), (0, None, 1)),
        (Moment.whole("a"), (100, None, 1)),
        (Moment.end(), (200, None, 2)),
        (Moment.ended("T2").later(2.5), (72.5, 2, 1)),
        (Moment.end().later(5), (200, None, 2)),
    ],
    ids=lambda each: "",
)
def test_a_moment_is_where_the_log_says(moment: Moment, expected: object) -> None:
    assert at(moment) == expected


def test_a_claim_is_a_stretch_where_it_states_one_and_a_whole_trial_where_it_states_none() -> None:
    assert find_moment(Moment.claim("once"), LOG) == MomentMatch(20 * MS, 30 * MS, 20 * MS, 2, 1)
    assert find_moment(Moment.claim("whole"), LOG) == MomentMatch(100 * MS, 200 * MS, 100 * MS, 3, 2)


def test_what_a_moment_is_does_not_depend_on_the_order_in_which_entries_were_heard() -> None:
    mixed = moments.scene_log([*ENTRIES[::2], *ENTRIES[1::2]])
    assert find_moment(Moment.wake("worker", 2), mixed) == find_moment(Moment.wake("worker", 2), LOG)


def window(**fields: Any) -> tuple[float, float] | None:
    """The window in ms of a scene at T1's wake-up at 50 ms, unless another moment is given."""
    scene = Scene("step", "preset", fields.pop("at", Moment.wake("T1", 2)), **fields)
    found = resolve_scene(scene, LOG)
    return (found.from_ns / MS, found.to_ns / MS) if found else None


def test_a_window_is_the_trial_or_lies_around_the_moment_within_the_trial() -> None:
    assert window() == (0, 100)
    assert window(around_ms=40) == (30, 70)
    assert window(around_ms=40, lead=0.25) == (40, 80)
    assert window(around_share=0.2) == (40, 60)
    assert window(around_ms=40, at=Moment.trial("b")) == (100, 140)
    assert window(around_ms=40, at=Moment.whole("a")) == (60, 100)
    assert window(around_ms=500) == (0, 100)


def test_a_window_of_turns_holds_so_many_running_spans_of_the_moments_task_and_a_margin() -> None:
    assert window(around_turns=1) == (49.5, 60.5)
    assert window(around_turns=3) == (27.5, 82.5)
    assert window(around_turns=9) == (6.5, 83.5)
    assert window(around_turns=1, at=Moment.trial("a", 0.65), tasks=("T2",)) == (59.5, 70.5)


def test_a_window_holds_all_that_the_scenes_claim_points_to() -> None:
    assert window(at=Moment.claim("once", 1.0), around_ms=4) == (20, 32)
    assert window(at=Moment.step("asks", 2), around_ms=4, claim="twice") == (28, 66)


def test_a_window_without_a_change_is_widened_to_the_nearest_one() -> None:
    assert window(at=Moment.trial("a", 0.95), around_ms=4) == (79.15, 97.85)


def test_lanes_selection_and_what_plays_are_resolved() -> None:
    scene = Scene("s", "p", Moment.claim("once"), around_ms=20, tasks=("T2", "worker"), select="*", play=0.01)
    found = resolve_scene(scene, LOG)
    assert found is not None
    assert (found.trials, found.tasks, found.selected) == ((), (2, 1), 2)
    assert found.play == Playback(10 * MS, 20 * MS, 0.01)
    both = resolve_scene(replace(scene, trials=("b", "a"), select="caller", play=(Moment.block("T1"), 0.5)), LOG)
    assert both is not None
    assert (both.trials, both.tasks, both.selected, both.play) == ((2, 1), (2, 1), None, None)
    assert resolve_scene(replace(scene, at=Moment.claim("never said")), LOG) is None


def test_a_scene_as_json_leaves_defaults_out() -> None:
    lesson = Lesson(excerpt_of, None, (), (), (), (), shown=("shown",))
    scene = Scene(
        "s", "p", Moment.block("T1", 2, waits_for="socket").later(1.5), around_ms=0.5, code="shown:while", path=True
    )
    assert scene_json.scene_to_json(lesson, scene) == {
        "step": "s", "preset": "p",
        "at": {"kind": "span", "name": "blocked", "who": "T1", "waits_for": "socket", "n": 2, "offset_ns": 1_500_000},
        "around": {"ns": 500_000}, "path": True, "code": {"symbol": "shown", "first": 1, "last": 4, "lit": [2, 3]},
    }  # fmt: skip
    fact = Moment.step("asks", who="T1", trial="a")
    assert scene_json.moment_to_json(fact) == {
        "kind": "fact", "name": "step", "who": "T1", "trial": "a", "where": {"label": "asks"},
    }  # fmt: skip


def excerpt_of(stage: object, params: object) -> None:
    """Stands in for an experiment's run: its module is this one."""


def shown(count: int) -> int:
    while count:
        count -= 1
    return count


def long(count: int) -> int:
    count += 1
    count += 2
    count += 3
    count += 4
    count += 5
    count += 6
    count += 7
    count += 8
    count += 9
    count += 10
    count += 11
    count += 12
    return count


def test_an_excerpt_is_at_most_twelve_lines_and_lights_a_line_with_its_block() -> None:
    lesson = Lesson(excerpt_of, None, (), (), (), (), shown=("shown", "long"))
    assert excerpt(lesson, "shown") == Excerpt("shown", 1, 4, None)
    assert excerpt(lesson, "shown:while") == Excerpt("shown", 1, 4, (2, 3))
    assert excerpt(lesson, "long:+= 12") == Excerpt("long", 3, 14, (13, 13))
    for wrong, message in (("long", "14 lines"), ("shown:for", "no line"), ("hidden", "shown symbols")):
        with pytest.raises(ValueError, match=message):
            excerpt(lesson, wrong)
