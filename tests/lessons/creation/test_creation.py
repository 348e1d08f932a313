"""Lesson creation: its claims on hand-made logs and its programs on real runs, as they stand on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from server.events import (
    CellWritten,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    MemoryMeasured,
    MemoryPages,
    Output,
    ProofChecked,
    Step,
    TaskBorn,
    TaskDescribed,
    TaskDied,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from server.lesson import ClaimResult
from server.recorder import memory
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
claims = module_of(__package__, "claims")
measures = module_of(__package__, "measures")
looking = module_of(__package__, "looking")
PARAMS = {param.name: param.default for param in LESSON.params}


def trial(label: str, *facts: Fact, number: int = 1, zero: int = 0, **params: Any) -> list[Entry]:
    """A trial of parent (1) and child (2) in which these facts come one a µs."""
    born: list[Fact] = [
        TaskBorn(1, 101, 101, 0, "parent", "process", "fork", number, "parent"),
        TaskBorn(2, 102, 102, 1, "child", "process", "fork", number, "child"),
    ]
    all_facts = [TrialStarted(number, params, label), *born, *facts, TrialEnded(number)]
    source = "seen"
    return [Entry(zero + 1000 * at, source, fact) for at, fact in enumerate(all_facts)]  # type: ignore[arg-type]


def look(shared: int, private: int) -> list[Fact]:
    """Both at one instant; kB."""
    rss, pss = shared + private, private + shared // 2
    return [MemoryMeasured(task, "numbers", rss, pss, shared, private) for task in (1, 2)]


def judge(fold: Any, log: Iterable[Entry]) -> list[ClaimResult]:
    reading = fold(PARAMS)
    return [verdict for entry in log for verdict in reading.see(entry)] + list(reading.end())


def verdict(fold: Any, log: Iterable[Entry]) -> Any:
    found = judge(fold, log)
    return found[-1] if found else None


LIST = trial("list", *look(46_900, 100), *look(900, 46_100), numbers=1_500_000)


def test_a_list_that_is_read_is_copied_and_the_fork_itself_copies_nothing() -> None:
    assert isinstance(verdict(claims.ListCopied, LIST), ClaimHeld)
    assert verdict(claims.ForkCopiesNothing, LIST) == ClaimHeld("fork_copies_nothing", task=2, at_ns=4000)


def test_half_of_the_list_is_not_nearly_all_of_it() -> None:
    half = trial("list", *look(46_900, 100), *look(23_000, 24_000), numbers=1_500_000)
    assert verdict(claims.ListCopied, half).reason == "23900 of 46875 kB"


def test_a_fork_that_copied_everything_breaks_the_claim_about_it() -> None:
    assert isinstance(verdict(claims.ForkCopiesNothing, trial("list", *look(0, 46_000), *look(0, 46_000))), ClaimBroken)


@pytest.mark.parametrize(("private", "kind"), [(1100, ClaimHeld), (1200, ClaimBroken)])
def test_an_array_may_cost_one_mebibyte(private: int, kind: type) -> None:
    log = trial("array", *look(11_620, 100), *look(11_720 - private, private), numbers=1_500_000)
    assert isinstance(verdict(claims.ArrayShared, log), kind)


@pytest.mark.parametrize(("off", "kind"), [(0, ClaimHeld), (4, ClaimHeld), (8, ClaimBroken)])
def test_the_sum_of_pss_is_exact_to_a_page(off: int, kind: type) -> None:
    log = trial("half", *look(65_536, 0), *look(32_768 - off, 32_768), mib=64)
    log[-2] = Entry(log[-2].t_ns, "seen", MemoryMeasured(2, "numbers", 65_536, 49_152 + off, 32_768, 32_768))
    log[-3] = Entry(log[-3].t_ns, "seen", MemoryMeasured(1, "numbers", 65_536, 49_152, 32_768, 32_768))
    assert isinstance(verdict(claims.PssExact, log), kind)


def told(**values: tuple[str, str]) -> list[Fact]:
    """Values that child and parent state."""
    return [CellWritten(task, name, 4096, each[2 - task]) for task in (2, 1) for name, each in values.items()]


def test_one_address_with_two_values_and_one_file_with_one_place() -> None:
    log = trial("half", *told(x=("2", "1"), offset=("5", "5"), environment=("e", "e")))
    assert isinstance(verdict(claims.TwoValues, log), ClaimHeld)
    assert isinstance(verdict(claims.SameFiles, log), ClaimHeld)


def test_equal_values_or_places_that_differ_break_that() -> None:
    log = trial("half", *told(x=("1", "1"), offset=("5", "0"), environment=("e", "e")))
    assert verdict(claims.TwoValues, log).reason == "both read 1"
    assert verdict(claims.TwoValues, log).at_ns is not None
    assert verdict(claims.SameFiles, log).reason == "places 5 and 0, environments equal"


def printed(pipe: str, terminal: str) -> list[Entry]:
    first = trial("pipe", Output(1, "terminal", pipe))
    second = [Entry(99_000, "told", TrialStarted(2, {}, "terminal"))]
    return [
        *first,
        *second,
        Entry(99_500, "seen", Output(1, "terminal", terminal)),
        Entry(99_900, "told", TrialEnded(2)),
    ]


def test_a_comes_out_twice_of_the_pipe_and_once_of_the_terminal() -> None:
    assert isinstance(verdict(claims.Twice, printed("A\nchild\nA\nparent\n", "A\r\nchild\r\nparent\r\n")), ClaimHeld)
    broken = verdict(claims.Twice, printed("A\nchild\nparent\n", "A\r\n"))
    assert broken.reason == "1 times through the pipe, 1 times on the terminal"


def test_only_a_fork_sees_what_the_parent_set() -> None:
    parts = [("fork", "42"), ("spawn", "1"), ("forkserver", "1")]
    log = [
        entry
        for at, (label, x) in enumerate(parts)
        for entry in trial(label, CellWritten(2, "X", None, x), number=at + 1, zero=at * 50_000)
    ]
    assert isinstance(verdict(claims.SeesX, log), ClaimHeld)
    assert verdict(claims.SeesX, log[:-6]) is None


def test_a_child_of_the_asker_is_none_of_the_fork_server() -> None:
    own = trial("forkserver", CellWritten(2, "X", None, "1"))
    assert isinstance(verdict(claims.OtherParent, own), ClaimBroken)
    served = [
        Entry(e.t_ns, e.source, TaskBorn(2, 102, 102, 9, "child", "process", "fork", 1, "child"))
        if isinstance(e.fact, TaskBorn) and e.fact.task == 2
        else e
        for e in own
    ]
    assert isinstance(verdict(claims.OtherParent, served), ClaimHeld)


def test_who_was_born_of_nobody_or_of_a_dead_one_has_no_creator() -> None:
    assert isinstance(verdict(claims.EveryCreator, LIST), ClaimHeld)
    orphan = [entry for entry in LIST if not (isinstance(entry.fact, TaskBorn) and entry.fact.task == 1)]
    assert isinstance(verdict(claims.EveryCreator, orphan), ClaimBroken)


def test_helpers_are_counted() -> None:
    helper = TaskBorn(3, 103, 103, 1, "tracker", "process", "exec", 1, "helper")
    assert verdict(claims.TwoProcesses, trial("spawn", helper)).of == 2
    assert isinstance(verdict(claims.TwoProcesses, trial("spawn")), ClaimBroken)


def test_a_daemon_has_lost_the_parent_it_was_born_of() -> None:
    def log(parent: str) -> list[Entry]:
        facts: list[Fact] = [
            TaskBorn(3, 103, 103, 2, "daemon", "process", "fork", 1, "daemon"),
            TaskDied(2, code=0),
            TaskDescribed(3, "parent", parent),
            TaskDescribed(3, "terminal", "0"),
        ]
        return trial("daemon", *facts)

    assert isinstance(verdict(claims.DaemonAlone, log("7")), ClaimHeld)
    assert isinstance(verdict(claims.DaemonAlone, log("102")), ClaimBroken)


def test_the_measures_are_the_arithmetic_of_the_looks() -> None:
    pages = MemoryPages(2, 1, "numbers", "s10c30")
    log = trial(
        "list", *look(46_900, 100), *look(900, 46_100), pages, Step(1, "asks"), Step(1, "heard"), numbers=1_500_000
    )
    found = {each.name: each.value for each in judge(measures.Figures, log) if isinstance(each, ValueMeasured)}
    assert found["copied_mib"] == pytest.approx(46_000 / 1024)
    assert found["data_mib"] == pytest.approx(45.776, abs=0.001)
    assert (found["pages_copied"], found["pages"]) == (30, 40)
    assert found["start_ms"] == pytest.approx(0.001)


@pytest.mark.real_processes
@pytest.mark.parametrize("preset", [preset.name for preset in LESSON.presets])
def test_a_real_run_holds_every_asserted_claim(preset: str) -> None:
    own = next(each for each in LESSON.presets if each.name == preset)
    log = list(run_once(SLUG, PARAMS | dict(own.params), preset).tail(0))
    facts = [entry.fact for entry in log]
    owed = {each.name for each in LESSON.claims if each.kind == "asserted" and preset in (each.presets or (preset,))}
    broken = [fact for fact in facts if isinstance(fact, ClaimBroken) and fact.claim in owed]
    assert not broken
    assert owed <= {fact.claim for fact in facts if isinstance(fact, ClaimHeld)}
    assert not [fact for fact in facts if isinstance(fact, ProofChecked) and fact.verdict == "differs"]


def test_a_page_map_counts_to_all_pages_that_were_looked_at() -> None:
    assert memory.count_pages("s3c2n1") == {"s": 3, "c": 2, "n": 1}
    assert looking.PARTS == 10
