"""What stands around the start methods: names for their helpers, an end for those, and a batch of jobs in a file."""

from __future__ import annotations

import importlib
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .looking import clean_environment

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext

JOBS = "sleep 0.02\nuname -s\nsleep 0.02\n"
HELPERS: dict[str, Any] = {  # what the methods start beside the child
    "tracker": resource_tracker._resource_tracker,
    "forkserver": forkserver._forkserver,
}


def name_all(me: TaskContext, child: int, method: str) -> None:
    """Say who was made: the child, and the helpers that the method wants."""
    made: Any = method
    me.child_started(child, "child", role="child", how=made)
    for name, helper in HELPERS.items():
        pid = getattr(helper, "_forkserver_pid" if name == "forkserver" else "_pid")
        if pid:
            me.child_started(pid, name, role="helper", how="exec")


def asker(me: TaskContext, work: Callable[[TaskContext, Any], None], folder: str, python: str) -> None:
    """Run ``work(me, newborn)``; then end the helpers, which outlive the children."""
    me.hook_library_tasks()
    multiprocessing.set_executable(python)
    sys.path.insert(0, folder)  # a spawned child gets this path and imports newborn from it
    work(me, importlib.import_module("newborn"))
    for helper in reversed(HELPERS.values()):
        helper._stop()


def batch(stage: Stage) -> None:
    """``sh jobs.sh``: a shell and its jobs, one after the other."""
    folder = tempfile.mkdtemp(prefix="timeslice-creation-")
    try:
        jobs = Path(folder, "jobs.sh")
        jobs.write_text(JOBS, "utf-8")
        stage.spawn_program(["sh", str(jobs)], name="sh", role="parent", env=clean_environment())
        stage.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
