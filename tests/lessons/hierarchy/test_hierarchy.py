"""Lesson hierarchy: what may reach the shell, and what the claims say of hand-made logs; real runs: test_runs.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from server.events import (
    ActionTaken,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Output,
    RunStarted,
    SignalGot,
    Step,
    TaskBorn,
    TaskDied,
    TaskMoved,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)  # fmt: skip
from server.lesson import Action, ClaimResult
from server.web import validation
from tests.lessons import module_of, slug_of
from tests.malformed_inputs import LINES

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
session = module_of(__package__, "session")
MS = 1_000_000
HOSTILE = [
    "; rm -rf /",
    "$(id)",
    "`id`",
    "\x03",
    "\r",
    "sleep 1\r",
    "ctrl_c\r",
    "ctrl_c\0",
    "CTRL_C",
    "ｃtrl_c",
    "",
    " jobs",
    "../fg",
]


def at(ms: float, fact: Any, source: Any = "seen") -> Entry:
    return Entry(round(ms * MS), source, fact)


def log(got: Iterable[int] = (2, 3, 4), asleep: bool = True, end_ms: float = 200) -> list[Entry]:
    """A family: shell 1, family 2 with A 3, B 4 in its group, C 5 in its own; Ctrl-C at 100 ms, hang-up at 150."""
    names = {1: "shell", 2: "family", 3: "A", 4: "B", 5: "C"}
    entries = [
        Entry(0, "told", RunStarted(SLUG, {}, "exact", [0], "6.18", "3.11", "", 0)),
        at(1, TrialStarted(1, {}, "family"), "told"),
    ]
    for task, name in names.items():
        parent = 0 if task == 1 else 1 if task == 2 else 2
        entries.append(at(task + 1, TaskBorn(task, 100 + task, 100 + task, parent, name, "process", "fork", 1)))
        entries.append(at(task + 1.2, TaskState(task, "blocked", "waits")))
        group = {3: 102, 4: 102}.get(task, 100 + task)
        entries.append(at(task + 1.5, TaskMoved(task, parent, group, 101, 102)))
    entries.append(at(100, ActionTaken("ctrl_c"), "told"))
    for place, task in enumerate(got):
        entries.append(at(101 + place, SignalGot(task, 2), "told"))
        entries.append(at(101.2 + place, TaskDied(task, signal=2)))
    if not asleep:
        entries.append(at(101.5, TaskState(5, "ready", "woken")))
    entries.append(at(120, TaskMoved(5, parent=0)))
    entries += [at(150, ActionTaken("hang_up"), "told"), at(151, SignalGot(1, 1), "told")]
    entries.append(at(152, TaskMoved(1, foreground=-1)))
    return [*sorted(entries, key=lambda entry: entry.t_ns), at(end_ms, TrialEnded(1), "told")]


def judge(fold: Any, entries: Iterable[Entry], kind: str = "family") -> list[ClaimResult]:
    reading = fold({"kind": kind, "script": "alone"})
    return [verdict for entry in entries for verdict in reading.see(entry)] + list(reading.end())


def one(fold: Any, entries: Iterable[Entry], kind: str = "family") -> ClaimResult:
    [verdict] = judge(fold, entries, kind)
    return verdict


class Typist:
    """A terminal that keeps what is typed, with its shell always at the prompt."""

    def __init__(self) -> None:
        self.typed: list[str] = []
        self.pid = 7

    def type(self, keys: str) -> None:
        self.typed.append(keys)

    def hang_up(self) -> None:
        self.typed.append("")

    def foreground(self) -> int:
        return self.pid

    def live_pids(self) -> list[int]:
        return [self.pid]


def typed_for(action: str) -> list[str]:
    """What the session types for a word that has somehow passed every check."""
    typist, desk = Typist(), object.__new__(session.Desk)
    desk.pty = desk.stage = desk.task = typist
    if session.fits(desk, action):
        desk.do(action)
    return typist.typed


@pytest.mark.parametrize("text", [*LINES, *HOSTILE])
def test_no_word_but_an_actions_name_types_anything(text: str) -> None:
    assert typed_for(text) == []


@pytest.mark.parametrize("action", LESSON.actions, ids=lambda action: action.name)
def test_no_action_takes_a_text_and_each_types_its_own_constant(action: Action) -> None:
    for text in (*HOSTILE, "x"):
        with pytest.raises(validation.Refused):
            validation.action(action, validation.Act(action=action.name, text=text))
    assert typed_for(action.name) == [session.KEYS.get(action.name, "")]


def test_every_line_that_is_typed_is_a_constant_and_every_action_has_one() -> None:
    assert {action.name for action in LESSON.actions} == set(session.KEYS) | {"hang_up"}
    assert not any(action.text for action in LESSON.actions)
    assert all(len(keys) == 1 or keys.endswith("\r") for keys in session.KEYS.values())
    assert set(session.SCRIPT) <= set(session.ACTIONS)


def test_the_members_of_the_foreground_group_got_it_and_where_it_is_seen() -> None:
    assert one(claims.Foreground, log()) == ClaimHeld("foreground", task=2, at_ns=101 * MS, to_ns=103 * MS)


def test_a_member_that_did_not_get_it_and_an_outsider_that_did_are_named() -> None:
    fewer, more = one(claims.Foreground, log((2, 3))), one(claims.Foreground, log((2, 3, 4, 5)))
    assert isinstance(fewer, ClaimBroken)
    assert fewer.reason == "in the group: family, A, B; reached: family, A"
    assert isinstance(more, ClaimBroken)
    assert more.reason == "in the group: family, A, B; reached: family, A, B, C"


def test_of_two_keys_that_come_almost_together_nothing_is_said() -> None:
    twice = [*log()[:-1], at(110, ActionTaken("ctrl_c"), "told"), log()[-1]]
    assert judge(claims.Foreground, sorted(twice, key=lambda entry: entry.t_ns)) == []


def test_the_child_outside_must_have_slept_through_it() -> None:
    assert one(claims.ChildOutside, log()) == ClaimHeld("child_outside", task=5, at_ns=100 * MS, to_ns=103 * MS)
    assert isinstance(one(claims.ChildOutside, log(asleep=False)), ClaimBroken)
    assert isinstance(one(claims.ChildOutside, log((2, 3, 4, 5))), ClaimBroken)


def test_children_inherit_the_group_and_one_has_left() -> None:
    assert one(claims.Inherited, log()) == ClaimHeld("inherited", task=3, at_ns=round(6.5 * MS), to_ns=100 * MS)


def test_an_orphan_has_the_launcher_as_its_parent() -> None:
    assert one(claims.Adopted, log()) == ClaimHeld("adopted", task=5, at_ns=120 * MS)
    other = [each if each.t_ns != 120 * MS else at(120, TaskMoved(5, parent=1)) for each in log()]
    assert isinstance(one(claims.Adopted, other), ClaimBroken)


def test_the_hang_up_reaches_the_leader_of_the_session_alone() -> None:
    front = log()
    back = [at(140, TaskMoved(1, foreground=101)), at(140, TaskMoved(5, foreground=101))]
    verdict = one(claims.HangUp, sorted([*front[:-1], *back], key=lambda each: each.t_ns) + front[-1:])
    assert verdict == ClaimHeld("hang_up", task=1, at_ns=151 * MS, to_ns=151 * MS)


def shell_log(last: int = 103) -> list[Entry]:
    """bash 1 with a pipeline 2, 3 behind (group 102) and 4, 5 in front (group 104; task 5's as given)."""
    entries = [at(1, TrialStarted(1, {}, "bash"), "told")]
    for task in range(1, 6):
        name = "bash" if task == 1 else "sleep"
        entries.append(at(task + 1, TaskBorn(task, 100 + task, 100 + task, int(task > 1), name, "process", "fork", 1)))
        group = {1: 101, 2: 102, 3: 102, 4: 104, 5: last}[task]
        entries.append(at(task + 1.5, TaskMoved(task, int(task > 1), group, 101, 104)))
    for task in (4, 5):
        entries.append(at(101 + task, TaskState(task, "stopped", "stopped")))
    entries.insert(-2, at(100, ActionTaken("ctrl_z"), "told"))
    return [
        *entries,
        at(200, ActionTaken("quit"), "told"),
        at(201, TaskDied(4)),
        at(202, TaskDied(5)),
        at(300, TrialEnded(1)),
    ]


def test_a_pipeline_is_a_group_and_keys_go_to_the_one_in_front() -> None:
    entries = shell_log(last=104)
    assert one(claims.PerPipeline, entries, "bash") == ClaimHeld(
        "per_pipeline", task=5, at_ns=round(6.5 * MS), to_ns=100 * MS
    )
    assert one(claims.StopsGroup, entries, "bash") == ClaimHeld("stops_group", task=4, at_ns=105 * MS, to_ns=106 * MS)
    assert one(claims.QuitsGroup, entries, "bash") == ClaimHeld("quits_group", task=4, at_ns=201 * MS, to_ns=202 * MS)


def test_a_program_outside_its_pipelines_group_breaks_it() -> None:
    assert isinstance(judge(claims.PerPipeline, shell_log(last=105), "bash")[0], ClaimBroken)


def test_tracebacks_are_counted_of_the_groups_members() -> None:
    text = claims.TRACEBACK + "\r\n"
    entries = [*log()[:-1], at(130, Output(1, "terminal", text * 2)), log()[-1]]
    [verdict] = judge(claims.Tracebacks, sorted(entries, key=lambda each: each.t_ns), "pool")
    assert isinstance(verdict, ClaimHeld)
    assert (verdict.count, verdict.of) == (2, 3)


def test_the_orphan_worked_after_its_parents_end() -> None:
    entries = [at(1, TrialStarted(1, {}, "orphan"), "told")]
    for task, name in enumerate(("grandparent", "parent", "child"), 1):
        entries.append(at(task + 1, TaskBorn(task, 100 + task, 100 + task, task - 1, name, "process", "fork", 1)))
    entries.append(at(50, TaskDied(2, signal=9)))
    entries += [at(51, Step(3, "orphaned"), "told")]
    entries += [at(52 + n, Step(3, "works"), "told") for n in range(4)]
    entries.append(at(90, TrialEnded(1)))
    assert one(claims.Works, entries, "orphan") == ClaimHeld("works", task=3, at_ns=52 * MS, to_ns=55 * MS)
    less = [each for each in entries if each.t_ns != 55 * MS]
    assert isinstance(one(claims.Works, less, "orphan"), ClaimBroken)
    found = judge(claims.Figures, entries, "orphan")
    assert {each.name: each.value for each in found if isinstance(each, ValueMeasured)} == {
        "orphaned_ms": 1.0,
        "alive_ms": 40.0,
    }


def test_the_figures_count_members_and_others() -> None:
    values = {each.name: each.value for each in judge(claims.Figures, log()) if isinstance(each, ValueMeasured)}
    assert values == {
        "members": 3, "got": 3, "others": 2, "others_got": 0, "processes": 5, "groups": 3, "first_ms": 1.0,
        "left_after_hang_up": 1,
    }  # fmt: skip
