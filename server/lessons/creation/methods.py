"""How processes are made: fork, vfork and exec, spawn, fork server, a shell's batch, a daemon; one trial each."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...events import CellWritten
from .looking import Talk, clean_environment, system_python

if TYPE_CHECKING:
    from ...stage import Me, Stage

JOBS = "sleep 0.02\nuname -s\nsleep 0.02\n"
HELPERS: dict[str, Any] = {  # what the methods start beside the child
    "tracker": resource_tracker._resource_tracker,
    "forkserver": forkserver._forkserver,
}


def forks(me: Me, newborn: Any, python: str) -> None:  # noqa: ARG001
    start(me, newborn, "fork")


def programs(me: Me, newborn: Any, python: str) -> None:  # noqa: ARG001
    me.step("asks")
    child = subprocess.Popen(["echo", "hello"], stdout=subprocess.PIPE, close_fds=False)
    me.started(child.pid, "child", role="child", how="vfork")
    assert child.stdout is not None
    child.stdout.readline()
    me.step("heard")
    me.waited(child.pid, child.wait())


def spawns(me: Me, newborn: Any, python: str) -> None:
    multiprocessing.set_executable(python)
    start(me, newborn, "spawn")


def forkservers(me: Me, newborn: Any, python: str) -> None:
    multiprocessing.set_executable(python)
    start(me, newborn, "forkserver")
    start(me, newborn, "forkserver")  # the server is there by now


def start(me: Me, newborn: Any, method: str) -> None:
    newborn.X = 42  # what will the child see?
    context: Any = multiprocessing.get_context(method)
    line, far = context.Pipe()
    child = context.Process(target=newborn.first_word, args=(far,))
    me.step("asks")
    child.start()
    name_all(me, child.pid, method)
    value, pid, parent = line.recv()
    me.step("heard")
    me.tell(CellWritten(pid, "X", None, str(value)))
    me.tell(CellWritten(pid, "parent", None, "asker" if parent == os.getpid() else "other"))
    line.send("go")
    child.join()


def name_all(me: Me, child: int, method: str) -> None:
    """Say who was made: the child, and the helpers that the method wants."""
    made: Any = method
    me.started(child, "child", role="child", how=made)
    for name, helper in HELPERS.items():
        pid = getattr(helper, "_forkserver_pid" if name == "forkserver" else "_pid")
        if pid:
            me.started(pid, name, role="helper", how="exec")


def leave(me: Me, work: Any, folder: str, python: str) -> None:
    me.adopt()
    sys.path.insert(0, folder)  # a spawned child gets this path and imports newborn from it
    work(me, importlib.import_module("newborn"), python)
    for helper in reversed(HELPERS.values()):  # they outlive the children, and end with the parent
        helper._stop()


def grandfather(me: Me, talk: Talk) -> None:
    child = me.fork(leader, talk, name="child", role="child")
    me.wait(child)


def leader(me: Me, talk: Talk) -> None:
    os.setsid()  # no terminal any more
    me.fork(service, talk, name="daemon", role="daemon")


def service(me: Me, talk: Talk) -> None:
    talk.say(str(os.getpid()))
    talk.wait()
    me.step("serves")


def batch(stage: Stage) -> None:
    folder = tempfile.mkdtemp(prefix="timeslice-creation-")
    try:
        jobs = Path(folder, "jobs.sh")
        jobs.write_text(JOBS, "utf-8")
        stage.execute(["sh", str(jobs)], name="sh", role="parent", env=clean_environment())
        stage.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def daemon(stage: Stage) -> None:
    talk = Talk()
    stage.spawn(grandfather, talk, name="parent", role="parent")
    stage.go()
    pid = int(talk.hear(stage))
    here = str(os.getpid())
    stage.until(lambda: stage.describe(pid, "state").get("parent") == here, 10)
    stage.describe(pid, "parent", "session", "terminal", "state")
    talk.go()
    stage.wait()
    stage.until(lambda: not stage.below(), 10)
    talk.close()


def methods(stage: Stage, params: Mapping[str, Any]) -> None:  # noqa: ARG001
    folder, python = str(Path(__file__).parent), system_python(stage)
    for label, work in {"fork": forks, "exec": programs, "spawn": spawns, "forkserver": forkservers}.items():
        with stage.trial(label=label):
            stage.spawn(leave, work, folder, python, name="parent", role="parent")
            stage.go()
            stage.wait()
    with stage.trial(label="batch"):
        batch(stage)
    with stage.trial(label="daemon"):
        daemon(stage)
