"""The programs of this lesson, exactly as they run and as the page shows them: a fork, and what both share."""

from __future__ import annotations

import ctypes
import hashlib
import inspect
import json
import mmap
import multiprocessing
import os
import subprocess
import tempfile
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...events import CellWritten, TaskRenamed
from .looking import PARTS, Talk, clean_environment, copied_so_far, system_python
from .methods import asker, batch, name_all

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext

MIB = 2**20


def holder(me: TaskContext, kind: str, count: int, talk: Talk) -> None:
    numbers = [float(n) for n in range(count)] if kind == "list" else array("d", range(count))
    pages = pages_of(numbers)
    me.step("forks")
    child = me.fork(reader, numbers, talk, name="child", role="child")
    talk.say(json.dumps([child, pages]))
    me.wait(child)


def reader(me: TaskContext, numbers: Sequence[float], talk: Talk) -> None:
    total, part = 0.0, len(numbers) // PARTS
    for first in range(0, part * PARTS, part):
        talk.wait()  # until somebody has looked at the memory
        me.step("reads")
        for at in range(first, first + part):
            total += numbers[at]
        talk.say(str(first + part))
    talk.wait()


def pages_of(numbers: Any) -> list[tuple[int, int]]:
    """Where the numbers themselves lie, not the list: runs of pages [first, end) in the order of the numbers."""
    if isinstance(numbers, array):
        where, length = numbers.buffer_info()
        return [(where // mmap.PAGESIZE, (where + 8 * length - 1) // mmap.PAGESIZE + 1)]
    runs: list[tuple[int, int]] = []
    for page in dict.fromkeys(id(each) // mmap.PAGESIZE for each in numbers):
        if runs and runs[-1][1] == page:
            runs[-1] = (runs[-1][0], page + 1)
        else:
            runs.append((page, page + 1))
    return runs


def reads(stage: Stage, params: Mapping[str, Any]) -> None:
    for kind in ("list", "array"):
        with stage.trial(label=kind, numbers=params["thousands"] * 1000):
            talk = Talk()
            parent = stage.spawn(holder, kind, params["thousands"] * 1000, talk, name="parent", role="parent")
            stage.open_barrier()
            child, pages = json.loads(talk.hear(stage))
            where = [(first * mmap.PAGESIZE, end * mmap.PAGESIZE) for first, end in pages]
            done = "0"
            for _ in range(PARTS):
                copied_so_far(stage, parent, child, where, done)
                talk.go()
                done = talk.hear(stage)
            copied_so_far(stage, parent, child, where, done)
            talk.go()
            stage.wait()
            talk.close()


def owner(me: TaskContext, mib: int, talk: Talk) -> None:
    region = mmap.mmap(-1, mib * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(region, "madvise"):
        region.madvise(mmap.MADV_NOHUGEPAGE)  # pages of one size, so that half is half
    for at in range(0, len(region), mmap.PAGESIZE):
        region[at] = 1
    with tempfile.TemporaryFile() as file:
        file.write(b"hello, child")
        file.seek(0)
        child = me.fork(writer, region, file.fileno(), talk, name="child", role="child")
        talk.say(json.dumps([child, address(region)]))
        me.wait(child)
        show(me, region, file.fileno())


def writer(me: TaskContext, region: mmap.mmap, file: int, talk: Talk) -> None:
    part = len(region) // 2 // PARTS
    for first in range(0, part * PARTS, part):
        talk.wait()
        me.step("writes")
        for at in range(first, first + part, mmap.PAGESIZE):
            region[at] = 2
        talk.say(str(first + part))
    talk.wait()
    os.read(file, 5)  # "hello"
    show(me, region, file)


def show(me: TaskContext, region: mmap.mmap, file: int) -> None:
    offset = os.lseek(file, 0, os.SEEK_CUR)
    environment = hashlib.sha256(repr(sorted(os.environ.items())).encode()).hexdigest()[:8]
    me.emit_fact(CellWritten(me.task, "x", address(region), str(region[0])))
    me.emit_fact(CellWritten(me.task, "offset", None, str(offset)))
    me.emit_fact(CellWritten(me.task, "environment", None, environment))


def address(region: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(region))


def writes(stage: Stage, params: Mapping[str, Any]) -> None:
    with stage.trial(label="half", mib=params["mib"]):
        talk = Talk()
        parent = stage.spawn(owner, params["mib"], talk, name="parent", role="parent")
        stage.open_barrier()
        child, at = json.loads(talk.hear(stage))
        where = [(at, at + params["mib"] * MIB)]
        done = "0"
        for _ in range(PARTS):
            copied_so_far(stage, parent, child, where, done)
            talk.go()
            done = talk.hear(stage)
        copied_so_far(stage, parent, child, where, done)
        talk.go()
        stage.wait()
        talk.close()


def prints() -> None:
    import os

    print("A")
    if os.fork() == 0:
        print("child")
    else:
        os.wait()
        print("parent")


def twice(stage: Stage, params: Mapping[str, Any]) -> None:  # noqa: ARG001
    program = f"{inspect.getsource(prints)}\nprints()\n"
    argv = [system_python(stage), "-I", "-S", "-c", program]
    with stage.trial(label="pipe"):
        reading, writing = os.pipe()
        task = stage.spawn_program(argv, name="parent", role="parent", stdout=writing, env=clean_environment())
        os.close(writing)
        screen = stage.read_terminal(reading, task)
        with stage.polling(screen):
            stage.until(lambda: screen.at_eof, 10)
        stage.wait()
    with stage.trial(label="terminal"):
        pty = stage.pty()
        task = stage.spawn_program(argv, name="parent", role="parent", terminal=pty, env=clean_environment())
        screen = stage.read_pty(pty, task)
        with stage.polling(screen):
            stage.until(lambda: screen.at_eof, 10)
        stage.wait()


def start(me: TaskContext, newborn: Any, method: str) -> None:
    newborn.X = 42  # it was 1 when the module was imported: what will the child see?
    context: Any = multiprocessing.get_context(method)
    line, far = context.Pipe()
    child = context.Process(target=newborn.first_word, args=(far,))
    me.step("asks")
    child.start()
    name_all(me, child.pid, method)
    value, pid, parent = line.recv()
    me.step("heard")
    me.emit_fact(TaskRenamed(pid, "child"))  # an exec has named it after its program
    me.emit_fact(CellWritten(pid, "X", None, str(value)))
    me.emit_fact(CellWritten(pid, "parent", None, "asker" if parent == os.getpid() else "other"))
    line.send("go")
    child.join()


def programs(me: TaskContext) -> None:
    me.step("asks")
    child = subprocess.Popen(["echo", "hello"], stdout=subprocess.PIPE, close_fds=False)
    me.child_started(child.pid, "child", role="child", how="vfork")
    assert child.stdout is not None
    child.stdout.readline()
    me.step("heard")
    me.child_reaped(child.pid, child.wait())


def forks(me: TaskContext, newborn: Any) -> None:
    start(me, newborn, "fork")


def spawns(me: TaskContext, newborn: Any) -> None:
    start(me, newborn, "spawn")


def forkservers(me: TaskContext, newborn: Any) -> None:
    start(me, newborn, "forkserver")
    start(me, newborn, "forkserver")  # the server is there by now


def grandparent(me: TaskContext, talk: Talk) -> None:
    child = me.fork(leader, talk, name="child", role="child")
    me.wait(child)


def leader(me: TaskContext, talk: Talk) -> None:
    os.setsid()  # no terminal any more
    me.fork(service, talk, name="daemon", role="daemon")


def service(me: TaskContext, talk: Talk) -> None:
    talk.say(str(os.getpid()))
    talk.wait()
    me.step("serves")


def daemon(stage: Stage) -> None:
    talk = Talk()
    stage.spawn(grandparent, talk, name="parent", role="parent")
    stage.open_barrier()
    pid, here = int(talk.hear(stage)), str(os.getpid())
    stage.until(lambda: stage.describe(pid, "state").get("parent") == here, 10)
    stage.describe(pid, "parent", "session", "terminal", "state")
    talk.go()
    stage.wait()
    stage.until(lambda: not stage.live_pids(), 10)
    talk.close()


def methods(stage: Stage, params: Mapping[str, Any]) -> None:  # noqa: ARG001
    folder, python = str(Path(__file__).parent), system_python(stage)
    for label, work in {"fork": forks, "exec": None, "spawn": spawns, "forkserver": forkservers}.items():
        with stage.trial(label=label):
            if work is None:
                stage.spawn(programs, name="parent", role="parent")
            else:
                stage.spawn(asker, work, folder, python, name="parent", role="parent")
            stage.open_barrier()
            stage.wait()
    for label, run_trial in {"batch": batch, "daemon": daemon}.items():
        with stage.trial(label=label):
            run_trial(stage)


WHAT = {"reads": reads, "writes": writes, "prints": twice, "methods": methods}


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    WHAT[params["what"]](stage, params)
