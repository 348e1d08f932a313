"""What lessons build on, on real processes: as the present user, and as nobody by the system's Python.

The lessons of tests/lab assert much themselves: a broken assertion there fails the run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.events import Entry, decode

pytestmark = pytest.mark.real_processes

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
UNPRIVILEGED: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
CODE = """
import sys
from server.events import encode
from server.runs.once import run_once
for entry in run_once(sys.argv[1], {}, package="tests.lab").tail():
    print(encode(entry))
"""


@pytest.fixture(scope="module")
def public() -> Iterator[Path]:
    """A copy of the code that everybody may read."""
    place = Path(tempfile.mkdtemp(prefix="stage-"))
    for name in ("server", "tests"):
        shutil.copytree(
            ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", "recordings", "browser")
        )
    for folder, _, files in os.walk(place):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module", params=["present user", "nobody"])
def logs(request: pytest.FixtureRequest, public: Path) -> dict[str, list[Entry]]:
    """The log of each lesson."""
    found = {}
    for lesson in ("kin", "terminal", "looks"):
        if request.param == "nobody":
            argv, options = ["/usr/bin/python3", "-B", "-c", CODE, lesson], {"cwd": public, **UNPRIVILEGED}
        else:
            argv, options = [sys.executable, "-c", CODE, lesson], {"cwd": ROOT}
        done = subprocess.run(argv, capture_output=True, timeout=120, check=False, **options)
        assert done.returncode == 0, done.stderr.decode()
        found[lesson] = [decode(line) for line in done.stdout.splitlines()]
        ended = found[lesson][-1].fact
        assert (ended.reason, ended.message) == ("finished", None), done.stderr.decode()
    return found


def facts(log: list[Entry], kind: str) -> list[Any]:
    return [entry.fact for entry in log if entry.fact.kind == kind]


def named(log: list[Entry]) -> dict[int, str]:
    """Number → name of each task."""
    names = {fact.task: fact.name for fact in facts(log, "task.born")}
    return names | {entry.fact.task: entry.fact.name for entry in log
                    if entry.fact.kind == "task.renamed" and entry.source == "told"}  # fmt: skip


# Ends and who collects them ------------------------------------------------------------------------------------------


def test_no_process_that_was_collected_stays_uncollected(logs: dict[str, list[Entry]]) -> None:
    for log in logs.values():
        processes = {fact.task for fact in facts(log, "task.born") if fact.type == "process"}
        assert {fact.task for fact in facts(log, "task.died")} == processes
        assert sorted(fact.task for fact in facts(log, "task.reaped")) == sorted(processes), "each of them once"


def test_what_a_parent_tells_is_exact_and_what_nobody_tells_is_derived_with_its_error(
    logs: dict[str, list[Entry]],
) -> None:
    log = logs["kin"]
    waited = {fact.child: (fact.task, fact.code, fact.signal) for fact in facts(log, "task.waited")}
    reaped = {entry.fact.task: entry for entry in log if entry.fact.kind == "task.reaped"}
    told = next(number for number, name in named(log).items() if name == "known")
    assert waited[told][1:] == (3, None)
    assert (reaped[told].source, reaped[told].fact.error_ns) == ("told", None)
    parents = {fact.task: fact.parent for fact in facts(log, "task.born")}
    untold = [task for task, parent in parents.items() if named(log).get(parent) == "untold"]
    assert len(untold) == 21
    assert {reaped[task].source for task in untold} == {"derived"}
    assert all(reaped[task].fact.error_ns > 0 for task in untold)


def test_how_a_zombie_ended_is_read_before_somebody_else_collects_it(logs: dict[str, list[Entry]]) -> None:
    log = logs["kin"]
    parents = {fact.task: fact.parent for fact in facts(log, "task.born")}
    last = max(task for task, parent in parents.items() if named(log).get(parent) == "untold")
    assert {fact.task: (fact.code, fact.signal) for fact in facts(log, "task.died")}[last] == (4, None)


def test_ctrl_c_ends_a_task_by_the_signal_and_a_text_is_status_1(logs: dict[str, list[Entry]]) -> None:
    log = logs["kin"]
    ends = {named(log)[fact.task]: (fact.code, fact.signal) for fact in facts(log, "task.died")}
    assert ends["interrupted"] == (None, 2)
    assert ends["texts"] == (1, None)
    assert (ends["by 1"], ends["by 0"]) == ((0, None), (1, None))
    assert "a text is status 1\n" in {fact.text for fact in facts(log, "output")}


def test_tasks_say_how_they_were_made(logs: dict[str, list[Entry]]) -> None:
    log = logs["kin"]
    how = {fact.task: fact.how for fact in facts(log, "task.born")}
    how |= {fact.task: fact.how for fact in facts(log, "task.renamed") if fact.how is not None}
    made = {named(log)[task]: word for task, word in how.items()}
    assert made["program"] == "vfork"
    assert made["forked"] == made["known"] == "fork"


def test_trees_prove_what_could_not_be_read_and_no_task_differs(logs: dict[str, list[Entry]]) -> None:
    for log in logs.values():
        proofs = [fact for fact in facts(log, "proof.checked") if fact.scope is None]
        trees = [fact for fact in facts(log, "proof.checked") if fact.scope == "tree"]
        assert "differs" not in {fact.verdict for fact in proofs}
        assert {fact.verdict for fact in trees} <= {"proved"}
        assert all(fact.tasks is not None and fact.tasks > 1 for fact in trees)
        assert facts(log, "run.ended")[0].proof["verdict"] == "proved"
        by_tree = [fact for fact in proofs if fact.how == "tree"]
        assert all(fact.verdict == "proved" and fact.reason for fact in by_tree)
    made = [fact for fact in facts(logs["kin"], "proof.checked") if named(logs["kin"])[fact.task] == "forked"]
    assert made


# Terminals -----------------------------------------------------------------------------------------------------------


def test_ctrl_c_reaches_the_foreground_group_and_nobody_else(logs: dict[str, list[Entry]]) -> None:
    log = logs["terminal"]
    got = {(named(log)[fact.task], fact.signal) for fact in facts(log, "signal.got")}
    assert {name for name, signum in got if signum == 2} == {"top", "A", "B"}


def test_hanging_up_reaches_the_sessions_leader(logs: dict[str, list[Entry]]) -> None:
    log = logs["terminal"]
    assert "top" in {named(log)[fact.task] for fact in facts(log, "signal.got") if fact.signal == 1}


def test_the_tree_shows_sessions_groups_and_the_foreground(logs: dict[str, list[Entry]]) -> None:
    log = logs["terminal"]
    pids = {named(log)[fact.task]: fact.pid for fact in facts(log, "task.born")}
    places: dict[str, dict[str, int]] = {}
    before_the_end = [entry.fact for entry in log if entry.fact.kind == "task.moved"]
    for fact in before_the_end:
        if fact.foreground == -1 and named(log)[fact.task] in places:
            continue  # the hang-up takes the terminal away
        changed = {name: getattr(fact, name) for name in ("parent", "group", "session", "foreground")}
        known = places.setdefault(named(log)[fact.task], {})
        known |= {name: value for name, value in changed.items() if value is not None}
    assert places["top"] == {"parent": 0, "group": pids["top"], "session": pids["top"], "foreground": pids["top"]}
    assert places["A"]["group"] == places["B"]["group"] == pids["top"]
    assert (places["C"]["group"], places["C"]["session"]) == (pids["C"], pids["top"])


def test_what_a_terminal_shows_is_output_and_eio_is_its_end(logs: dict[str, list[Entry]]) -> None:
    shown = "".join(fact.text for fact in facts(logs["terminal"], "output") if fact.stream == "terminal")
    assert "all are here\r\n" in shown
    assert "exit 300\r\n" in shown
    assert "^C" in shown


# Looks ---------------------------------------------------------------------------------------------------------------


def test_a_card_follows_the_file_that_is_deleted(logs: dict[str, list[Entry]]) -> None:
    log = logs["looks"]
    said = [(fact.of, fact.text) for fact in facts(log, "task.described") if fact.task == 1]
    assert [text for of, text in said if of == "links"] == ["1", "0"]
    assert [text.endswith(" (deleted)") for of, text in said if of == "exe"] == [False, True]


def test_half_of_a_region_written_by_a_child_is_there_twice(logs: dict[str, list[Entry]]) -> None:
    log = logs["looks"]
    values = {fact.name: fact.value for fact in facts(log, "value.measured")}
    assert values == {"pss_kb": 16 * 1024 * 3 // 2, "huge_kb": 0}
    regions = [fact for fact in facts(log, "memory.measured") if fact.what == "region"]
    assert [(fact.rss_kb, fact.pss_kb, fact.shared_kb, fact.private_kb) for fact in regions] == [
        (16384, 12288, 8192, 8192)
    ] * 2
    frames = facts(log, "memory.pages")
    assert [fact.map for fact in frames] in ([], ["c2048s2048"] if os.sysconf("SC_PAGE_SIZE") == 4096 else [])


def test_who_may_use_which_core_is_said(logs: dict[str, list[Entry]]) -> None:
    assert [len(fact.cpus) for fact in facts(logs["looks"], "task.allowed")] == [1]
