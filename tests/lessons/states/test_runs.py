"""Lesson states on real pipelines of GNU tail and grep, by its script and by readers who act on what they see."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from server.events import (
    ActionTaken,
    CallReturned,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    Output,
    PipeFilled,
    ProofChecked,
    RunEnded,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TrialStarted,
    ValueMeasured,
)
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

from .pipeline import (
    SETTING,
    Act,
    frozen,
    grep_alone,
    number,
    out,
    params,
    play,
    printed,
    resting,
    told,
    written,
)  # fmt: skip
from .pipeline_log import GREP, TAIL

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
workdir = module_of(__package__, "workdir")
session = module_of(__package__, "session")
STOP = module_of(__package__, "claims").STOP
TERMINATE = module_of(__package__, "claims").TERMINATE
Pipeline = module_of(__package__, "readings").Pipeline
PipelineReading = module_of(__package__, "readings").PipelineReading

WORDS = (Path(session.__file__).parent / "en.md").read_text()


class Home:
    """Where tail of a real run was started, looked at while it lives."""

    def __init__(self) -> None:
        self.pid = 0
        self.folders: set[str] = set()

    def hear(self, entry: Entry) -> None:
        if isinstance(entry.fact, TaskBorn) and entry.fact.role == "tail":
            self.pid = entry.fact.pid
        if self.pid and isinstance(entry.fact, Step | Output):
            with suppress(OSError):  # it has ended
                self.folders.add(os.readlink(f"/proc/{self.pid}/cwd").removesuffix(" (deleted)"))


def the_tank_holds(log: Sequence[Entry]) -> bool:
    """Whether a tank was told; what it says is less than a block, and at most what was matched and has not come out.

    At most, because part of a burst may still lie on its way to grep: it is all of that when everybody sleeps again,
    as before the script stops or ends something.
    """
    reading, told, tanks = PipelineReading(SETTING), 0, 0
    for entry in log:
        list(reading.see(entry))
        held = reading.pipelines[1].withheld if reading.pipelines else 0
        if isinstance(entry.fact, PipeFilled) and entry.fact.pipe == "stdio":
            told, tanks = entry.fact.bytes, tanks + 1
            assert told <= min(held, 4095)
        elif isinstance(entry.fact, SignalSent) and entry.fact.signal in (STOP, TERMINATE) and tanks:
            assert told == held
    return tanks > 0


def first(log: Sequence[Entry], wanted: Callable[[Fact], bool]) -> int:
    return next(number for number, entry in enumerate(log) if wanted(entry.fact))


def test_the_two_seconds_are_judged_before_anything_else_happens() -> None:
    log = play([(told("quiet"), "append"), (out, "close")])
    ticked = first(log, lambda fact: isinstance(fact, ClaimHeld) and fact.claim == "idle")
    assert ticked < first(log, lambda fact: isinstance(fact, ActionTaken))
    found = [entry.fact for entry in log if isinstance(entry.fact, ValueMeasured) and entry.fact.trial is None]
    last = {each.name: each.value for each in found}
    assert last["idle_ms"] > 2000
    assert (last["idle_tail"], last["idle_grep"]) == (0, 0)


SLOW_TAIL = """#!/usr/bin/python3 -IS
import os, sys, time
time.sleep(3)
os.execv({tail!r}, ["tail", *sys.argv[1:]])
"""


def test_a_tail_that_takes_seconds_to_open_the_log_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "tail"
    slow.write_text(SLOW_TAIL.format(tail=shutil.which("tail")))
    tmp_path.chmod(0o755)
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    log = run_once(SLUG, params("plain"), "plain").tail(0)
    assert written(log)
    assert printed(log).encode() == grep_alone(written(log))


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_a_real_run_shows_every_claim_and_prints_what_grep_alone_prints_byte_for_byte(preset: str) -> None:
    home = Home()
    log = run_once(SLUG, params(preset), preset, on_entry=home.hear).tail(0)
    assert isinstance(ended := log[-1].fact, RunEnded)
    assert ended.reason == "finished", ended.message
    held = {entry.fact.claim for entry in log if isinstance(entry.fact, ClaimHeld)}
    assert held == {each.name for each in LESSON.claims if not each.presets or preset in each.presets}
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    assert printed(log).encode() == grep_alone(written(log))
    assert not [e.fact for e in log if isinstance(e.fact, ProofChecked) and e.fact.verdict == "differs"]
    assert the_tank_holds(log) == (preset == "buffered")
    figures = {entry.fact.name for entry in log if isinstance(entry.fact, ValueMeasured)}
    assert not [
        name for name in figures if name not in WORDS and not name.startswith(("others_", "busy_"))
    ]  # the page says those
    assert home.folders
    assert not [folder for folder in home.folders if "timeslice" in folder and os.path.exists(folder)]


def test_a_reader_may_change_the_pipeline_while_it_runs_and_each_is_a_trial() -> None:
    def matched(line: Pipeline, fact: Fact) -> bool:
        return line.number == 3 and bool(line.newest) and resting(line, fact)

    more: list[Act] = [(number(2), "pipe"), (number(3), "append"), (matched, "close")]
    log = play([(resting, "text", "终端 404"), (out, "buffered"), *more])
    trials = [entry.fact for entry in log if isinstance(entry.fact, TrialStarted)]
    assert [(each.label, each.params["pipe"]) for each in trials] == [
        ("plain", "65536"), ("buffered", "65536"), ("mixed", "4096"),
    ]  # fmt: skip
    assert printed(log) == "终端 404\nGET /new/0 404\n"
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    ended = log[-1].fact
    assert isinstance(ended, RunEnded)
    assert ended.reason == "finished"


def test_the_launcher_keeps_no_read_end_so_the_writers_learn_that_grep_has_gone() -> None:
    log = play([(resting, "stop"), (frozen, "end")])
    died = {entry.fact.task: entry.fact.signal for entry in log if isinstance(entry.fact, TaskDied)}
    assert died[GREP] == 15
    assert died[TAIL] == 13  # SIGPIPE: GNU tail watches its output
    assert [e.fact.result for e in log if isinstance(e.fact, CallReturned)] == ["EPIPE"]


def test_more_bursts_than_a_run_may_have_are_refused_and_said() -> None:
    def all_out(line: Pipeline, fact: Fact) -> bool:  # after the last line was written: before it all was out too
        return line.newest == "GET /new/0 404\n" and not line.withheld and resting(line, fact)

    more: list[Act] = [(told("written"), "burst") for _ in range(session.MOST_BURSTS)]
    log = play([(resting, "burst"), *more, (told("refused"), "append"), (all_out, "close")])
    labels = [entry.fact.label for entry in log if isinstance(entry.fact, Step)]
    assert labels.count("burst") == session.MOST_BURSTS
    assert labels.count("refused") == 1
    assert printed(log).encode() == grep_alone(written(log))


def test_at_the_most_pipelines_a_run_may_have_another_is_refused_and_said_and_the_last_one_stays() -> None:
    toggles: list[Act] = [(number(n), "pipe") for n in range(1, session.MOST_PIPELINES + 1)]
    log = play([*toggles, (told("no_more"), "buffered"), (told("no_more"), "append"), (out, "end")])
    assert [entry.fact.label for entry in log if isinstance(entry.fact, Step)].count("no_more") == 2
    assert sum(isinstance(entry.fact, TrialStarted) for entry in log) == session.MOST_PIPELINES
    assert printed(log) == "GET /new/0 404\n"
    ended = log[-1].fact
    assert isinstance(ended, RunEnded)
    assert (ended.reason, ended.message) == ("finished", None)


def test_a_frozen_grep_whose_writer_has_ended_drains_the_pipe_when_it_goes_on_and_that_ends_the_run() -> None:
    def filled(line: Pipeline, fact: Fact) -> bool:
        return line.full

    def alone(line: Pipeline, fact: Fact) -> bool:
        return isinstance(fact, TaskDied) and line.process("tail").died_ns is not None

    log = play([(resting, "stop"), (frozen, "burst"), (filled, "close"), (alone, "resume")])
    levels = [entry.fact.bytes for entry in log if isinstance(entry.fact, PipeFilled) and entry.fact.pipe is None]
    assert max(levels) > 60_000
    assert levels[-1] == 0
    assert grep_alone(written(log)).startswith(printed(log).encode())
    assert printed(log)
    assert not [entry.fact for entry in log if isinstance(entry.fact, ClaimBroken)]
    ended = log[-1]
    assert isinstance(ended.fact, RunEnded)
    assert ended.fact.reason == "finished"
    assert ended.t_ns < (LESSON.wall_s - 5) * 1e9  # by itself, not because the time was up


def test_tail_may_be_another_user_under_any_umask_and_an_old_folder_of_a_killed_run_is_removed() -> None:
    modes: list[int] = []
    home = Home()

    def hear(entry: Entry) -> None:
        home.hear(entry)
        if home.pid and isinstance(entry.fact, ActionTaken):
            opened = (Path(f"/proc/{home.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{home.pid}/fd"))
            modes.extend(fd.stat().st_mode & 0o777 for fd in opened if "access.log" in str(fd.readlink()))

    old = Path(workdir.parent(), f"{workdir.PREFIX}test-{os.getpid()}")
    old.mkdir()
    (old / "access.log").touch()
    long_ago = time.time() - workdir.OLD_S - 1
    os.utime(old, (long_ago, long_ago))
    before = os.umask(0o077)
    try:
        play([(resting, "append"), (out, "end")], hear=hear)
    finally:
        os.umask(before)
    assert set(modes) == {0o644}
    assert not old.exists()


def test_a_folder_is_removed_only_if_it_is_old_and_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workdir, "parent", lambda: str(tmp_path))
    long_ago = time.time() - workdir.OLD_S - 1
    for name in ("timeslice-states-old", "timeslice-states-young", "timeslice-states-full", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "timeslice-states-full" / "something else").touch()
    for name in ("timeslice-states-old", "timeslice-states-full", "other"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    workdir.sweep()
    assert {path.name for path in tmp_path.iterdir()} == {"timeslice-states-young", "timeslice-states-full", "other"}
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    os.utime(tmp_path / "timeslice-states-young", (long_ago, long_ago))
    workdir.sweep()
    assert (tmp_path / "timeslice-states-young").exists()
