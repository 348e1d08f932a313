"""Every reading of a log agrees: the still picture, the terminal, the trace export and the page, on every recording."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from server.cli import terminal
from server.events import Entry
from server.log import export, recording
from server.log.timeline import Task, read
from server.web import still
from tests.everything import ROOT, node

RECORDINGS = sorted((ROOT / "server/lessons").glob("*/recordings/*.ndjson.gz"))
Totals = Mapping[int, Mapping[str, int]]  # task → state → nanoseconds; a state it was never in is absent
Names = Mapping[int, str]

each_recording = pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parts[-3]}/{path.name[:-10]}")


@cache
def entries(path: Path) -> tuple[Entry, ...]:
    return tuple(recording.read(path).entries)


@cache
def page() -> dict[str, dict[str, Any]]:
    """What the page's modules make of all recordings, in Node.js."""
    command = [*node(), str(ROOT / "tests/js/engine/totals.js"), *map(str, RECORDINGS)]
    found: dict[str, dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


@pytest.fixture(scope="module", autouse=True)
def page_has_read() -> None:
    """Node.js reads all recordings once, before the first test."""
    page()


def of_page(path: Path) -> tuple[Totals, Names]:
    tasks = page()[str(path)].items()
    return {int(task): each["states"] for task, each in tasks}, {int(task): each["name"] for task, each in tasks}


def totals(tasks: Iterable[Task], end_ns: int) -> Totals:
    found: dict[int, Counter[str]] = {task.number: Counter() for task in tasks}
    for task in tasks:
        for span in task.spans_until(end_ns):
            found[task.number][span.state] += span.length_ns
    return found


def of_still(path: Path) -> tuple[Totals, list[str]]:
    """Totals of what it draws, and the names it prints, lane by lane."""
    timeline = read(entries(path))
    lanes = [task for group in still.groups(timeline, {}) for task in group.lanes]
    printed = re.findall(r'<span class="lane-name">([^<]+)</span>', still.lanes(timeline, {}, {}, most=len(lanes)))
    assert len(printed) == len(lanes)
    return totals(lanes, timeline.end_ns), [html.unescape(name) for name in printed]


def of_terminal(path: Path) -> tuple[Totals, list[str]]:
    timeline = read(entries(path))
    lanes = [task for _, trial in terminal.blocks(timeline) for task in trial.tasks.values()]
    printed = [line[2:16].rstrip() for line in terminal.lanes(entries(path), 80) if line.startswith("  ")]
    assert len(printed) == len(lanes)
    return totals(lanes, timeline.end_ns), printed


def of_trace(path: Path) -> tuple[Totals, Names]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    names = {}
    for event in json.loads(export.chrome_trace(entries(path)))["traceEvents"]:
        if event["ph"] == "X" and event["cat"] == "state":
            found[event["tid"]][event["name"].partition(":")[0]] += round(1000 * event["dur"])
        elif event["name"] == "thread_name" and event["tid"] < 900_000:
            names[event["tid"]] = event["args"]["name"].rpartition(" (")[0]
    return found, names


def test_there_are_recordings_with_zombies_and_with_renamed_tasks() -> None:
    states = {state for path in RECORDINGS for each in of_page(path)[0].values() for state in each}
    assert {"running", "ready", "blocked", "stopped", "zombie"} == states
    assert any(entry.fact.kind == "task.renamed" for path in RECORDINGS for entry in entries(path))


@each_recording
def test_still_terminal_trace_and_page_agree_on_every_state_of_every_task_to_the_nanosecond(path: Path) -> None:
    expected, _ = of_page(path)
    assert expected
    assert of_still(path)[0] == expected
    assert of_terminal(path)[0] == expected
    assert of_trace(path)[0] == expected


@each_recording
def test_still_terminal_trace_and_page_call_every_lane_the_same(path: Path) -> None:
    _, expected = of_page(path)
    totals_still, still_names = of_still(path)
    totals_terminal, terminal_names = of_terminal(path)
    assert dict(zip(totals_still, still_names, strict=True)) == expected
    assert dict(zip(totals_terminal, terminal_names, strict=True)) == {n: each[:14] for n, each in expected.items()}
    assert of_trace(path)[1] == expected
