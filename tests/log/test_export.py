"""Exports: the recording reads back, and the trace says what the log says."""

import json
from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.events import (
    CallReturned,
    CallStarted,
    ClaimHeld,
    Entry,
    Output,
    PipeFilled,
    ProofChecked,
    RunEnded,
    RunStarted,
    Step,
    TaskBorn,
    TaskDied,
    TaskReaped,
    TaskState,
    TrialEnded,
    TrialStarted,
)
from server.log import export, seals
from server.web import frames
from tests.log.transitions import TRANSITIONS


def sample_entries() -> list[Entry]:
    proof = ProofChecked(1, "proved", 1, 1, 0, 0, 1, 1, 400, 400)
    return [
        Entry(0, "told", RunStarted("states", {}, "exact+wake", [0, 1], "6.1", "3.11", "2026-11-24T00:00:00+00:00", 5)),
        Entry(10, "told", TrialStarted(1, {"cores": 1})),
        Entry(100, "seen", TaskBorn(1, 500, 500, 0, "T1", "process", "fork")),
        Entry(110, "seen", TaskBorn(2, 501, 501, 0, "T2", "process", "fork")),
        Entry(120, "seen", TaskState(1, "ready", "born", cpu=0)),
        Entry(200, "seen", TaskState(1, "running", "dispatched", cpu=0)),
        Entry(210, "told", Step(1, "compute")),
        Entry(220, "told", CallStarted(1, 1, "recv")),
        Entry(150, "seen", TaskState(2, "blocked", "waits", cpu=1, waits_for="pipe_read", syscall=0)),
        Entry(300, "seen", TaskState(2, "ready", "woken", cpu=1, by=1)),
        Entry(310, "told", PipeFilled(3, 4096)),
        Entry(320, "seen", TaskState(2, "running", "dispatched", cpu=1)),
        Entry(330, "told", CallReturned(1, 1, "recv", "value")),
        Entry(340, "told", Output(2, "stdout", "日志")),
        Entry(600, "seen", TaskState(1, "zombie", "exited", cpu=0)),
        Entry(610, "seen", TaskDied(1, code=0)),
        Entry(650, "seen", TaskReaped(1)),
        Entry(660, "derived", ClaimHeld("order", count=1, of=1)),
        Entry(670, "derived", proof),
        Entry(680, "told", TrialEnded(1)),
        Entry(1000, "derived", RunEnded("finished", {"wall_ns": 1000})),
    ]


def events_of(entries: list[Entry]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = json.loads(export.chrome_trace(entries))["traceEvents"]
    return said


def test_the_recording_reads_back_in_both_forms() -> None:
    for gzip in (False, True):
        found = seals.read(export.ndjson(sample_entries(), epoch=3, gzip=gzip))
        assert frames.decode("[" + ",".join(found.lines) + "]") == sample_entries()
        assert (found.epoch, found.damage) == (3, None)


def test_every_state_is_a_slice_from_its_instant_to_the_next_and_every_stay_a_slice_of_its_core() -> None:
    slices = [each for each in events_of(sample_entries()) if each["ph"] == "X"]
    states = {(each["tid"], each["name"]): (each["ts"], each["dur"]) for each in slices if each["cat"] == "state"}
    assert states == {
        (1, "ready"): (0.12, 0.08),
        (1, "running"): (0.2, 0.4),
        (1, "zombie"): (0.6, 0.05),
        (2, "blocked: pipe_read"): (0.15, 0.15),
        (2, "ready"): (0.3, 0.02),
        (2, "running"): (0.32, 0.68),
    }
    cores = {
        each["name"]: (each["tid"] - 1_000_001, each["ts"], each["dur"]) for each in slices if each["cat"] == "core"
    }
    assert cores == {"T1 (process 500)": (0, 0.2, 0.4), "T2 (process 501)": (1, 0.32, 0.68)}


def test_a_wake_up_by_a_task_is_an_arrow_from_the_wakers_running_slice_to_the_ready_slice() -> None:
    start, finish = [each for each in events_of(sample_entries()) if each["ph"] in "sf"]
    assert (start["ph"], start["tid"], start["ts"]) == ("s", 1, 0.3)
    assert (finish["ph"], finish["tid"], finish["ts"], finish["bp"]) == ("f", 2, 0.3, "e")
    assert start["id"] == finish["id"]


def test_calls_trials_pipes_steps_and_verdicts_are_there_and_tracks_have_names() -> None:
    told = events_of(sample_entries())
    assert Counter(each["ph"] for each in told) == {"M": 13, "X": 8, "b": 2, "e": 2, "C": 1, "s": 1, "f": 1, "i": 8}
    begin, end = [[each["name"], each["id2"]] for each in told if each["ph"] in "be" and each["cat"] == "trial"]
    assert begin == end
    names = {each["args"]["name"] for each in told if each["ph"] == "M" and each["name"] == "thread_name"}
    assert names == {"T1 (process 500)", "T2 (process 501)", "CPU 0", "CPU 1", "the run"}
    assert {"claim.held: order", "proof.checked", "run.ended", "compute"} <= {each["name"] for each in told}


def test_an_empty_log_is_an_empty_trace() -> None:
    assert [each["ph"] for each in events_of([]) if each["ph"] != "M"] == []


states = st.builds(
    lambda t, task, pair, cpu: Entry(t, "seen", TaskState(task, pair[0], pair[1], cpu=cpu)),
    st.integers(0, 10**10),
    st.integers(1, 4),
    st.sampled_from(TRANSITIONS),
    st.integers(0, 3),
)


@given(st.lists(states, max_size=50))
def test_whatever_the_log_slices_of_a_task_follow_each_other_without_gap_or_overlap(entries: list[Entry]) -> None:
    slices = [each for each in events_of(entries) if each["ph"] == "X" and each["cat"] == "state"]
    assert len(slices) == len(entries)
    end = max((entry.t_ns for entry in entries), default=0)
    for task in {each["tid"] for each in slices}:
        mine = [each for each in slices if each["tid"] == task]
        edges = [round(1000 * each["ts"]) for each in mine] + [end]
        lengths = [round(1000 * each["dur"]) for each in mine]
        assert lengths == [after - before for before, after in pairwise(edges)]
