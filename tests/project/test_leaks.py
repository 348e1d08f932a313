"""The guard against leaks blames a test for what its session made, and for nothing that others make beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import leaks

pytestmark = pytest.mark.real_processes


def test_a_folder_that_somebody_else_makes_is_not_held_against_a_test() -> None:
    before = leaks.held()
    foreign = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp", f"timeslice-states-other-{os.getpid()}")
    subprocess.run([sys.executable, "-c", f"import os; os.mkdir({str(foreign)!r})"], check=True)
    try:
        assert leaks.left(before) == []
    finally:
        foreign.rmdir()


@pytest.mark.parametrize("mark", ["", leaks.MARK.replace(str(os.getpid()), f"{os.getpid()}1")], ids=["none", "longer"])
def test_a_process_that_somebody_else_starts_is_not_held_against_a_test(mark: str) -> None:
    """Another session's number may begin with the digits of this one's."""
    before = leaks.held()
    theirs = {**os.environ, "PATH": f"{os.defpath}:{mark}"}
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, env=theirs) as foreign:
        processes = leaks.held().processes - before.processes
        assert foreign.stdin is not None
        foreign.stdin.close()
    assert processes == frozenset()


def test_a_folder_and_a_process_of_the_session_are() -> None:
    before = leaks.held()
    folder = leaks.RUNTIME / "timeslice-states-mine"
    folder.mkdir()
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as mine:
        now = leaks.held()
        assert {pid for pid, _ in now.processes - before.processes} == {mine.pid}
        assert now.folders - before.folders == {folder.name}
        assert mine.stdin is not None
        mine.stdin.close()
    folder.rmdir()
    assert leaks.left(before) == []
