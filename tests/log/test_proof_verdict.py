"""One rule says whether a run is proved; the browser's twin of it is held to the same answers.

``python -m tests.log.test_proof_verdict`` writes tests/js/proof.vectors.json anew.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server import events
from server.events import (
    EndReason,
    Entry,
    LogLost,
    ProofChecked,
    RunEnded,
    RunProof,
    RunStarted,
    RunSteppedDown,
    TaskBorn,
    TaskRenamed,
    TaskState,
)
from server.lesson import catalog
from server.log import proof_verdict, recording

VECTORS = Path(__file__).parents[1] / "js/proof.vectors.json"
STARTED = RunStarted("x", {}, "exact", [0], "6.1", "3.13", "2026-11-30T00:00:00+00:00", 5)


def born(task: int, role: str | None = "worker") -> TaskBorn:
    return TaskBorn(task, 9 + task, 9 + task, 0, f"T{task}", "process", "fork", role=role)


def checked(task: int, verdict: Any = "proved") -> ProofChecked:
    return ProofChecked(task, verdict, 1, 1, 0, 0, 1, 1, 50, 50)


def log(*facts: events.Fact, start: RunStarted = STARTED, end: EndReason = "finished") -> list[Entry]:
    return [Entry(0, "seen", fact) for fact in (start, *facts, RunEnded(end))]


BOTH = (born(1), born(2))
LIBRARY = (*BOTH, born(3, role=None))
LATE = Entry(0, "told", TaskRenamed(3, "T3"))
SAID: RunProof = {"verdict": "proved", "proved": 1, "owed": 1, "unread": 0, "lost": 0}

#: name: (log, verdict, proved, owed, unread, lost)
CASES: dict[str, tuple[list[Entry], str, int, int, int, int]] = {
    "every task is proved": (log(*BOTH, checked(1), checked(2)), "proved", 2, 2, 0, 0),
    "a run without a task": (log(end="failed"), "not_proved", 0, 0, 0, 0),
    "no task was checked": (log(*BOTH, end="failed"), "not_proved", 0, 2, 0, 0),
    "one task was not checked": (log(*BOTH, checked(1)), "not_proved", 1, 2, 0, 0),
    "one could not be read": (log(*BOTH, checked(1), checked(2, "not_proved")), "not_proved", 1, 2, 0, 0),
    "one differs": (log(*BOTH, checked(1), checked(2, "differs")), "differs", 1, 2, 0, 0),
    "something was lost": (log(*BOTH, checked(1), checked(2), LogLost(2), LogLost(1, "log")), "differs", 2, 2, 0, 3),
    "a library's task could not be read": (
        log(*LIBRARY, checked(1), checked(2), checked(3, "not_proved")), "proved", 2, 2, 1, 0),
    "a library's task is proved": (log(*LIBRARY, checked(1), checked(2), checked(3)), "proved", 3, 3, 0, 0),
    "a library's task differs": (log(*LIBRARY, checked(1), checked(2), checked(3, "differs")), "differs", 2, 3, 0, 0),
    "only a library's task is proved": (log(born(1, role=None), checked(1)), "not_proved", 1, 1, 0, 0),
    "only a library's task, not read": (log(born(1, role=None), checked(1, "not_proved")), "not_proved", 0, 0, 1, 0),
    "the stage named it after its birth": (
        [LATE, *log(*LIBRARY, checked(1), checked(2), checked(3, "not_proved"))], "not_proved", 2, 3, 0, 0),
    "the kernel renamed it": (
        log(*LIBRARY, TaskRenamed(3, "sh", exec=True), checked(1), checked(2), checked(3, "not_proved")),
        "proved", 2, 2, 1, 0),
    "sampled": (log(*BOTH, start=replace(STARTED, tier="sampled")), "sampled", 0, 2, 0, 0),
    "stepped down to samples": (log(*BOTH, RunSteppedDown("sampled", "why"), checked(1)), "sampled", 1, 2, 0, 0),
    "a later proof of a task counts": (
        log(*BOTH, checked(2, "not_proved"), checked(1), checked(2)), "proved", 2, 2, 0, 0),
    "the server has said it": (
        [*log(*BOTH)[:-1], Entry(0, "told", RunEnded("finished", proof=SAID))], "proved", 1, 1, 0, 0),
}  # fmt: skip


RECORDINGS = {
    f"{slug}/{preset.name}": path
    for slug, lesson in catalog.discover().items()
    for preset in lesson.presets
    if (path := catalog.recording_path(slug, preset.name))
}


def vectors() -> str:
    cases = [
        {"name": name, "entries": [events.to_dict(entry) for entry in case[0]], "proof": proof_verdict.of_log(case[0])}
        for name, case in CASES.items()
    ]
    return json.dumps(cases, indent=1) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_a_run_is_proved_if_nothing_is_lost_and_every_task_of_the_stage_is_proved(name: str) -> None:
    entries, *answer = CASES[name]
    assert proof_verdict.of_log(entries) == dict(
        zip(("verdict", "proved", "owed", "unread", "lost"), answer, strict=True)
    )


def test_a_run_that_goes_on_has_no_verdict() -> None:
    assert proof_verdict.of_log([]) is None
    assert proof_verdict.of_log(log(*BOTH, checked(1))[:-1]) is None


def test_a_task_that_was_started_and_never_heard_of_is_owed_its_proof() -> None:
    proof = proof_verdict.of_tasks([checked(1)], {1, -4711}, lost=0, sampled=False)
    assert proof == {"verdict": "not_proved", "proved": 1, "owed": 2, "unread": 0, "lost": 0}


def test_the_verdict_travels_in_run_ended_and_comes_back_the_same() -> None:
    entry = Entry(9, "told", RunEnded("finished", {}, None, SAID))
    assert events.to_dict(entry)["fact"]["proof"] == SAID
    assert events.decode(events.encode(entry)) == entry
    assert "proof" not in events.to_dict(Entry(9, "told", RunEnded("finished")))["fact"]


def test_the_vectors_that_javascript_is_tested_with_are_what_this_rule_says() -> None:
    assert VECTORS.read_text(encoding="ascii") == vectors(), "run: python -m tests.log.test_proof_verdict"


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_shipped_recording_is_proved_for_every_task(name: str) -> None:
    """tests/js/engine/recordings.test.js wants the same of the browser's twin."""
    entries = recording.read(RECORDINGS[name]).entries
    tasks = sum(isinstance(entry.fact, TaskBorn) for entry in entries)
    every: RunProof = {"verdict": "proved", "proved": tasks, "owed": tasks, "unread": 0, "lost": 0}
    assert proof_verdict.of_log(entries) == every


def test_states_have_no_part_in_the_verdict() -> None:
    entries, *_ = CASES["every task is proved"]
    edge = Entry(0, "seen", TaskState(1, "running", "dispatched", cpu=0))
    assert proof_verdict.of_log([*entries[:3], edge, *entries[3:]]) == proof_verdict.of_log(entries)


if __name__ == "__main__":
    VECTORS.write_text(vectors(), encoding="ascii")
