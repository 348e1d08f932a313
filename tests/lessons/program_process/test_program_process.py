"""Lesson program-process: its claims on hand-made logs, and its programs on real runs of this machine."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from server.events import (
    CellWritten,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    MemoryMeasured,
    SignalSent,
    TaskBorn,
    TaskDescribed,
    TaskDied,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from server.lesson import ClaimResult
from tests.lessons import module_of, real_runs, slug_of

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
experiment = module_of(__package__, "experiment")
PARAMS = {param.name: param.default for param in LESSON.params}
TWO = PARAMS | {"copies": 2}


def born(task: int, name: str, role: str) -> TaskBorn:
    return TaskBorn(task, 100 + task, 100 + task, 0, name, "process", "exec", 1, role)


def ended(task: int, code: int | None = 0, signal: int | None = None) -> list[Fact]:
    return [TaskState(task, "zombie", "exited"), TaskDied(task, code, signal)]


def log(*facts: Fact) -> list[Entry]:
    """A trial of two copies in which these facts come one a µs."""
    every = [
        TrialStarted(1, {}, "program"),
        born(1, "copy 1", "copy"),
        born(2, "copy 2", "copy"),
        *facts,
        TrialEnded(1),
    ]
    return [Entry(1000 * at, "seen", fact) for at, fact in enumerate(every)]


def card(of: str, *texts: str) -> list[Fact]:
    """The same line of each copy's card."""
    return [TaskDescribed(task, of, text) for task, text in enumerate(texts, 1)]


def judge(fold: Any, entries: Iterable[Entry]) -> list[ClaimResult]:
    reading = fold(TWO)
    return [verdict for entry in entries for verdict in reading.see(entry)] + list(reading.end())


def verdict(fold: Any, *facts: Fact) -> Any:
    found = judge(fold, log(*facts))
    return found[-1] if found else None


RM = [born(3, "rm", "tool"), *ended(3)]
KILL = [SignalSent(1, 9, 0), *ended(1, None, 9)]


def test_two_pids_of_one_file_and_no_more_are_one_file() -> None:
    assert isinstance(verdict(claims.OneFile, *card("inode", "8:7", "8:7")), ClaimHeld)
    assert verdict(claims.OneFile, *card("inode", "8:7", "8:9")).reason == "2 pids, 2 files"
    assert verdict(claims.OneFile) is None


@pytest.mark.parametrize(
    ("answer", "texts", "kind"),
    [
        ("other", ("0x1", "0x2"), ClaimHeld),
        ("same", ("0x1", "0x2"), ClaimBroken),
        ("refused", ("0x1", "0x2"), ClaimHeld),
        ("refused", ("0x1", "0x1"), ClaimBroken),
    ],
)
def test_where_kcmp_is_refused_the_addresses_of_the_text_decide(answer: str, texts: Sequence[str], kind: type) -> None:
    facts = [*card("text", *texts), CellWritten(1, "memory of copy 2", None, answer)]
    assert isinstance(verdict(claims.Separate, *facts), kind)


def test_copies_run_on_without_a_name_until_one_is_killed() -> None:
    gone = [*card("exe", "/w (deleted)", "/w (deleted)"), *card("links", "0", "0")]
    assert verdict(claims.RunsOn, *RM, *gone, *KILL) == ClaimHeld("runs_on", task=1, at_ns=4000, to_ns=10_000)
    assert isinstance(verdict(claims.RunsOn, *RM, *gone, *ended(2), *KILL), ClaimBroken)
    assert isinstance(verdict(claims.RunsOn, *RM, *card("exe", "/w", "/w"), *KILL), ClaimBroken)


@pytest.mark.parametrize(("code", "kind"), [(127, ClaimHeld), (0, ClaimBroken)])
def test_the_old_name_is_not_found(code: int, kind: type) -> None:
    assert isinstance(verdict(claims.NameGone, born(4, "fourth", "tool"), *ended(4, code)), kind)


@pytest.mark.parametrize(
    ("said", "code", "kind"),
    [("9 equal", 0, ClaimHeld), ("9 differ", 0, ClaimBroken), ("9 equal", 1, ClaimBroken)],
)
def test_a_rescued_file_is_equal_and_starts(said: str, code: int, kind: type) -> None:
    facts = [CellWritten(2, "rescued", None, said), born(5, "rescued", "tool"), *ended(5, code)]
    assert isinstance(verdict(claims.Rescued, *facts), kind)


def test_who_is_not_killed_stays() -> None:
    assert isinstance(verdict(claims.OthersStay, *KILL, *ended(2)), ClaimHeld)
    assert isinstance(verdict(claims.OthersStay, *ended(2), *KILL), ClaimBroken)


def memory(task: int, rss: int, pss: int) -> MemoryMeasured:
    return MemoryMeasured(task, "file", rss, pss, rss, 0)


def test_a_further_copy_is_cheap_where_the_pages_are_shared() -> None:
    shared = [memory(1, 1000, 1000), memory(1, 1000, 530), memory(2, 1000, 530)]
    [cheap] = judge(claims.Together, log(*shared))
    assert (type(cheap), cheap.count, cheap.of) == (ClaimHeld, 1, 1)
    own = [memory(1, 1000, 1000), memory(1, 1000, 1000), memory(2, 1000, 1000)]
    assert isinstance(judge(claims.Together, log(*own))[0], ClaimBroken)


def test_a_script_is_in_no_process() -> None:
    none = [CellWritten(task, "script", None, "mapped 0 open 0") for task in (1, 2)]
    some = [none[0], CellWritten(2, "script", None, "mapped 0 open 1")]
    assert isinstance(verdict(claims.ScriptNotThere, *none, *RM), ClaimHeld)
    assert verdict(claims.ScriptNotThere, *some, *RM).reason == "1 have the script, 0 ended"


def test_the_measures_count_copies_and_the_memory_of_their_file() -> None:
    facts = [
        memory(1, 1000, 1000),
        memory(1, 1000, 530),
        memory(2, 1000, 530),
        born(4, "fourth", "tool"),
        *ended(4, 127),
    ]
    facts += [CellWritten(2, "rescued", None, "1265648 equal"), *KILL]
    found = {each.name: each.value for each in judge(claims.Figures, log(*facts)) if isinstance(each, ValueMeasured)}
    assert found == {
        "alive": 2, "copies": 2, "fourth_code": 127, "pss_one": 1000, "rss_all": 2000, "pss_all": 1060, "further": 60,
        "rescued_bytes": 1265648,
    }  # fmt: skip


@pytest.mark.real_processes
@pytest.mark.parametrize("preset", [preset.name for preset in LESSON.presets])
def test_a_real_run_holds_every_asserted_claim(preset: str) -> None:
    real_runs.assert_proved_and_held(LESSON, preset, real_runs.play(SLUG, LESSON, preset), counted=False)


def test_programs_are_put_where_they_may_be_started() -> None:
    folder = experiment.folder_for_programs()
    try:
        assert not os.statvfs(folder).f_flag & os.ST_NOEXEC
    finally:
        os.rmdir(folder)


def test_a_user_without_a_home_has_a_folder_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    folder = experiment.folder_for_programs()
    assert os.path.isdir(folder)
    os.rmdir(folder)
