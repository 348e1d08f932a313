"""Real tasks on a real kernel, as the user who runs the tests and as one without any privilege."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server.events import Entry, TaskBorn, TaskState, decode
from server.recorder import run_self_test
from tests.recorder.test_state_reconstructor import never_two_on_one_core

pytestmark = pytest.mark.real_processes

ROOT = Path(__file__).resolve().parents[2]
PROBE = ROOT / "tests" / "recorder" / "probe.py"
NOBODY = 65534
RUNS = 5
STARTED = 10  # tasks of the scene "mixed" that the probe starts itself

#: How to become a user without any privilege; whoever is no root is one already.
UNPRIVILEGED: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture(scope="module")
def best() -> str:
    """The best tier here: found in a process of its own, as the self-test forks."""
    code = "from server.recorder import run_self_test; print(run_self_test().tier)"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, text=True, capture_output=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def public() -> Iterator[Path]:
    """A copy of the code that everybody may read, for the user who may read nothing else."""
    place = Path(tempfile.mkdtemp(prefix="recorder-"))
    shutil.copytree(ROOT / "server", place / "server", ignore=shutil.ignore_patterns("__pycache__", "lessons"))
    (place / "tests" / "recorder").mkdir(parents=True)
    shutil.copy(PROBE, place / "tests" / "recorder")
    for folder, _, files in os.walk(place):
        os.chmod(folder, 0o755)
        for name in files:
            os.chmod(os.path.join(folder, name), 0o644)
    yield place
    shutil.rmtree(place)


def probe(*args: str, public: Path | None = None) -> dict[str, Any]:
    """One recorded scene: as the present user, or from a public copy by the system's Python as nobody."""
    if public is None:
        done = subprocess.run([sys.executable, str(PROBE), *args], capture_output=True)
    else:
        done = subprocess.run(
            ["/usr/bin/python3", "-B", str(public / "tests" / "recorder" / PROBE.name), *args],
            capture_output=True, cwd="/", **UNPRIVILEGED,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def neighbour() -> Iterator[None]:
    """Something else that wants a core the recorded tasks request, too."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        os.sched_setaffinity(other.pid, [min(os.sched_getaffinity(0))])
        try:
            yield
        finally:
            other.kill()


def entries_of(found: dict[str, Any]) -> list[Entry]:
    return [decode(line) for line in found["entries"]]


def check_story(found: dict[str, Any]) -> None:
    """What must be true of every recorded scene."""
    entries = entries_of(found)
    assert found["lost"] == 0
    assert never_two_on_one_core(entries)
    wrong = [proof for proof in found["proofs"] if proof["verdict"] != "proved"]
    assert not wrong, wrong
    assert len(found["proofs"]) == STARTED
    assert None not in found["roles"].values()
    for proof in found["proofs"]:
        mine = [each.fact for each in entries if isinstance(each.fact, TaskState) and each.fact.task == proof["task"]]
        assert mine[0].cause == "born"
        assert mine[-1].state == "zombie"
        dispatched = sum(fact.cause == "dispatched" for fact in mine)
        assert dispatched >= proof["dispatched"] if proof["how"] == "self" else dispatched == proof["dispatched"]


@pytest.mark.parametrize("run", range(RUNS))
def test_every_switch_of_every_task_equals_the_kernels_counters(run: int, best: str) -> None:
    check_story(probe(best, "mixed"))


@pytest.mark.parametrize("run", range(RUNS))
def test_and_so_it_does_when_something_else_wants_the_core(run: int, best: str) -> None:
    with neighbour():
        check_story(probe(best, "mixed"))


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("run", range(RUNS))
def test_without_privilege_every_switch_is_heard_too(run: int, loaded: bool, public: Path) -> None:
    if loaded:
        with neighbour():
            check_story(probe("exact", "mixed", public=public))
    else:
        check_story(probe("exact", "mixed", public=public))


def test_a_stopped_task_is_shown_stopped_and_a_barrier_as_a_barrier(best: str) -> None:
    found = probe(best, "mixed")
    states = [each.fact for each in entries_of(found) if isinstance(each.fact, TaskState)]
    frozen = [(fact.state, fact.cause) for fact in states if fact.task == found["roles"]["frozen"]]
    assert ("stopped", "stopped") in frozen
    assert ("ready", "continued") in frozen
    assert frozen.index(("stopped", "stopped")) < frozen.index(("ready", "continued"))
    reasons = {fact.waits_for for fact in states}
    assert "barrier" in reasons


def test_tasks_are_numbered_in_the_order_of_their_births(best: str) -> None:
    born = [each for each in entries_of(probe(best, "mixed")) if isinstance(each.fact, TaskBorn)]
    assert [each.fact.task for each in born] == list(range(1, STARTED + 1))
    assert [each.t_ns for each in born] == sorted(each.t_ns for each in born)
    assert [each.fact.type for each in born].count("thread") == 2


def test_what_a_tiny_ring_loses_is_counted_to_the_last_record() -> None:
    found = probe("exact", "flood")
    assert found["unwitnessed"] == 0
    assert found["lost"] > 1000
    assert found["happened_before_reading"] <= found["heard"] + found["lost"] <= found["happened_by_then"]
    assert found["told"] == found["lost"]


def test_the_sampler_tells_the_same_tasks_and_proves_nothing() -> None:
    found = probe("sampled", "mixed")
    entries = entries_of(found)
    assert {proof["verdict"] for proof in found["proofs"]} == {"not_proved"}
    seen = [each for each in entries if isinstance(each.fact, TaskState)]
    assert all(each.source == "derived" and each.fact.error_ns is not None for each in seen)
    born = {each.fact.task: each.fact.type for each in entries if isinstance(each.fact, TaskBorn)}
    processes = {task for task, kind in born.items() if kind == "process"}
    assert len(processes) == STARTED - 2
    # A thread that is over between two snapshots is in no sample; every process waited at the barrier first.
    assert processes <= {each.fact.task for each in seen} <= set(born)


def test_the_self_test_finds_a_tier_and_says_what_would_raise_it(best: str) -> None:
    assert best in ("exact+wake", "exact", "sampled")
    assert run_self_test("recording").tier == "recording"


def test_without_privilege_the_self_test_says_how_to_hear_wake_ups(public: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(public)!r}); from server import recorder; print(recorder.run_self_test())"
    )
    done = subprocess.run(
        ["/usr/bin/python3", "-B", "-c", code],
        check=True, capture_output=True, text=True, cwd="/", **UNPRIVILEGED,
    )  # fmt: skip
    assert "tier='exact'" in done.stdout
    assert "CAP_PERFMON" in done.stdout
