"""A run as text: lanes, verdicts and the proof."""

import io
import re
from typing import Any

import pytest

from server import events
from server.cli import columns, style, terminal
from server.cli.style import Style
from server.events import (
    ClaimBroken,
    ClaimHeld,
    Entry,
    ProofChecked,
    RunEnded,
    RunStarted,
    TaskBorn,
    TaskReaped,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from server.text import command_words

LEGEND = command_words.words("en")["run"]["legend"]


def sample_entries(verdict: str = "proved", reason: str = "finished") -> list[Entry]:
    """Two tasks that take turns for 100 ns, then the second alone."""
    return [
        Entry(0, "told", RunStarted("x", {}, "exact", [0], "6.1", "3.11", "2026-11-24T00:00:00+00:00", 5)),
        Entry(0, "told", TrialStarted(1, {"cores": 1})),
        Entry(0, "seen", TaskBorn(1, 10, 10, 0, "T1", "process", "fork", trial=1, role="worker")),
        Entry(0, "seen", TaskBorn(2, 11, 11, 0, "T2", "process", "fork", trial=1, role="worker")),
        Entry(0, "seen", TaskState(1, "running", "dispatched", cpu=0)),
        Entry(0, "seen", TaskState(2, "blocked", "waits", cpu=0, waits_for="pipe_read")),
        Entry(50, "seen", TaskState(1, "ready", "preempted", cpu=0)),
        Entry(50, "seen", TaskState(2, "running", "dispatched", cpu=0)),
        Entry(75, "seen", TaskState(2, "stopped", "stopped", cpu=0)),
        Entry(80, "seen", TaskState(1, "zombie", "exited", cpu=0)),
        Entry(90, "seen", TaskReaped(1)),
        Entry(100, "told", TrialEnded(1)),
        Entry(100, "derived", ClaimHeld("one", count=19, of=20)),
        Entry(100, "derived", ClaimBroken("two", reason="3 > 2")),
        Entry(100, "derived", ValueMeasured("wall_ms", 12.3456, "ms", trial=1)),
        Entry(100, "derived", ProofChecked(1, "proved", 1, 1, 1, 1, 1, 1, 50, 50)),
        Entry(100, "derived", ProofChecked(2, verdict, 1, 2, 0, 0, 1, 1, 25, 25)),  # type: ignore[arg-type]
        Entry(100, "derived", RunEnded(reason)),  # type: ignore[arg-type]
    ]


def test_lanes_show_shares_of_the_core_and_signs_for_waiting() -> None:
    title, first, second, blank, legend = terminal.lanes(sample_entries(), 60)
    assert (title, blank, legend) == ("trial 1 (cores = 1), 0.1 µs", "", LEGEND)
    assert first[17:37] == "██████████······xx  "
    assert second[17:37] == "----------█████====="


def test_however_short_a_task_ran_its_lane_shows_it() -> None:
    told = sample_entries()
    told.insert(7, Entry(10, "seen", TaskState(2, "running", "dispatched", cpu=0)))
    told.insert(8, Entry(11, "seen", TaskState(2, "blocked", "waits", cpu=0)))
    assert terminal.lanes(told, 60)[2][17:27] == "--▂-------"


def test_verdicts_carry_sentences_counts_reasons_and_values() -> None:
    assert terminal.verdicts(sample_entries(), {"one": "It took ::value{wall_ms@1}, not ::value{nothing}."}) == [
        "  held   It took 12.35 ms, not ?. (19 of 20)",
        "  BROKEN two: 3 > 2",
        "  wall_ms@1 = 12.35 ms",
    ]


def test_the_proof_holds_only_if_the_verdict_on_the_run_is_proved_and_the_rest_says_why() -> None:
    good = terminal.outcome(sample_entries())
    assert (good.ended_well, good.proved) == (True, True)
    assert good.lines == ["  proved 2 of 2: their records equal the kernel's own counters; lost 0"]
    differs = terminal.outcome(sample_entries("differs"))
    assert not differs.proved
    assert differs.lines[0].startswith("  differs: proved 1 of 2: ")
    assert differs.lines[1].startswith("  T2: differs: gave up the core 1 (kernel: 2), preempted 0 (kernel: 0)")
    unchecked = terminal.outcome([entry for entry in sample_entries() if not isinstance(entry.fact, ProofChecked)])
    assert not unchecked.proved
    assert unchecked.lines[1] == "  T1: was not checked"
    lost = terminal.outcome([*sample_entries()[:-1], Entry(100, "derived", events.LogLost(3)), sample_entries()[-1]])
    assert not lost.proved
    assert not terminal.outcome(sample_entries(reason="failed")).ended_well
    assert terminal.outcome([]).ended_well is False


def test_tasks_of_a_library_that_nobody_could_read_are_said_beside_the_proof() -> None:
    entries = sample_entries()
    entries.insert(4, Entry(0, "seen", TaskBorn(3, 12, 12, 1, "T3", "thread", "thread", trial=1)))
    entries.insert(
        -1, Entry(100, "derived", ProofChecked(3, "not_proved", 1, None, 0, None, 1, None, 9, None, "none", "gone"))
    )
    found = terminal.outcome(entries)
    assert found.proved
    assert found.lines[0].startswith("  proved 2 of 2, 1 of a library not readable: ")
    assert found.lines[1].startswith("  T3: not proved: gone: ")


def test_a_failed_run_without_a_task_is_not_proved() -> None:
    found = terminal.outcome([sample_entries()[0], Entry(5, "told", RunEnded("failed"))])
    assert not found.proved
    assert found.lines == ["  not proved: proved 0 of 0: their records equal the kernel's own counters; lost 0"]


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (17950.0, "ms", "17.95 s", "17.95 s"), (12.3456, "ms", "12.35 ms", "12.35 ms"),
        (0.0314, "ms", "31.4 µs", "31.4 µs"),
        (1_500_000.0, "us", "1.5 s", "1.5 s"), (3600.0, "s", "3,600 s", "3,600 s"), (0.0, "ms", "0 µs", "0 µs"),
        (412.0, "count", "412", "412"), (4_194_304.0, "bytes", "4,194,304 bytes", "4,194,304 字节"),
        (1.834, "x", "1.834×", "1.834×"), (98.4, "percent", "98.4%", "98.4%"),
        (12345.6, "kb", "12,346 kB", "12,346 kB"),
        (1.5, "cores", "1.5", "1.5"),
    ],
)  # fmt: skip
def test_values_have_the_unit_a_person_would_use(value: float, unit: Any, en: str, zh: str) -> None:
    fact = ValueMeasured("v", value, unit)
    assert (terminal.figure(fact, "en"), terminal.figure(fact, "zh")) == (en, zh)


def test_in_chinese_a_report_says_no_english() -> None:
    zh = Style("zh")
    lines = terminal.lanes(sample_entries(), 80, zh) + terminal.outcome(sample_entries("differs"), zh).lines
    lines += terminal.verdicts(sample_entries(), {"one": "用了::value{wall_ms@1}。", "two": "**两个**。"}, zh)
    assert "第1轮 (cores = 1), 0.1 µs" in lines
    assert "  成立   用了12.35 ms。（20次中有19次）" in lines
    assert "  不成立 两个。: 3 > 2" in lines
    words = set(re.findall(r"[A-Za-z]{2,}", "\n".join(lines)))
    assert words <= {"cores", "ms", "ns", "wall", "xx", "xxxx"}  # x: a zombie's time


def test_colours_come_only_on_a_terminal_that_has_them_and_never_against_no_color() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    here = {"TERM": "xterm-256color"}
    assert style.of(Terminal(), "en", here).colour
    assert not style.of(Terminal(), "en", {**here, "NO_COLOR": "1"}).colour
    assert style.of(Terminal(), "en", {**here, "NO_COLOR": ""}).colour
    assert not style.of(Terminal(), "en", {"TERM": "dumb"}).colour
    assert not style.of(io.StringIO(), "en", here).colour
    assert not style.of(None, "en", here).colour


def test_colours_change_nothing_but_colours() -> None:
    plain = (
        terminal.lanes(sample_entries(), 60)
        + terminal.outcome(sample_entries("differs")).lines
        + terminal.verdicts(sample_entries(), {})
    )
    bright = Style("en", True)
    lines = terminal.lanes(sample_entries(), 60, bright) + terminal.outcome(sample_entries("differs"), bright).lines
    lines += terminal.verdicts(sample_entries(), {}, bright)
    assert lines != plain
    assert [re.sub(r"\x1b\[[0-9]*m", "", line) for line in lines] == plain


def test_chinese_takes_two_columns_and_breaks_anywhere_but_before_its_punctuation() -> None:
    assert columns.width("a核é") == 4
    assert columns.pad("核", 4) == "核  "
    lines = columns.wrap("在这台机器上运行一课，用文字画出泳道，timeslice lessons列出各课。", 20)
    assert all(columns.width(line) <= 20 for line in lines)
    assert "".join(lines).replace(" ", "") == "在这台机器上运行一课，用文字画出泳道，timeslicelessons列出各课。"
    assert not [line for line in lines if line[0] in "，。、；"]
    assert columns.wrap("an averylongword here", 5) == ["an", "averylongword", "here"]
