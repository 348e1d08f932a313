"""Who ends when, who looks at the zombies, and who collects them; the processes themselves are in experiment.py."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from ...events import TaskDescribed
from ...recorder import process_info
from .ways import ENDS

if TYPE_CHECKING:
    from ...stage import Stage
    from ...supervisor.children import ChildTask

START_S = 10.0
LOOK_S = 0.02  # how long a run without a reader leaves all zombies as they are
READ = ("state", "parent", "cpu_ms", "rss_kb")  # lines of a card that this lesson is about

Start = Callable[["Stage", str, int, int], "ChildTask"]


def end_all(stage: Stage, ways: Sequence[str], start: Start, params: Mapping[str, Any]) -> None:
    """Start all, wait until each sleeps, end one after the other, then leave the zombies to be collected."""
    ready, say_ready = os.pipe()
    os.set_blocking(ready, False)
    turns, tasks = {}, []
    for way in ways:
        wait, go = os.pipe()
        tasks.append(start(stage, way, say_ready, wait))
        os.close(wait)
        turns[way] = go
    stage.open_barrier()
    arrived = bytearray()
    stage.until(lambda: len(_more(arrived, ready)) == len(tasks), START_S)
    for way, task in zip(ways, tasks, strict=True):
        stage.wait_until_asleep(task)
        look(stage, task)
        _end(stage, way, task, turns[way])
        stage.wait(task)
    for fd in (ready, say_ready, *turns.values()):
        os.close(fd)
    collect(stage, tasks, reader=params["kind"] == "zombie" and params["script"] == "reader")


def _end(stage: Stage, way: str, task: ChildTask, turn: int) -> None:
    signum = ENDS[way].sent
    if signum is None:
        os.write(turn, b".")
    else:
        stage.signal(task, signal.Signals(signum))


def _more(arrived: bytearray, fd: int) -> bytearray:
    with suppress(BlockingIOError):
        arrived += os.read(fd, 64)
    return arrived


def collect(stage: Stage, tasks: Sequence[ChildTask], *, reader: bool = False) -> None:
    """Look at each zombie, then be the parent that collects them: at the reader's ``wait()``, or after a while."""
    for task in tasks:
        look(stage, task)
    asked = _asked(stage, tasks) if reader else _alone(stage, tasks)
    for task in chain(asked, tasks):  # those that no reader has collected are collected at the end
        if not task.reaped:
            stage.reap(task)
            look(stage, task)


def _asked(stage: Stage, tasks: Sequence[ChildTask]) -> Iterator[ChildTask]:
    left = list(tasks)
    for said in stage.actions(lambda: not left):
        if said["action"] == "reap" and left:
            yield left.pop(0)


def _alone(stage: Stage, tasks: Sequence[ChildTask]) -> Iterator[ChildTask]:
    stage.sleep(LOOK_S)
    yield from tasks


def look(stage: Stage, task: ChildTask) -> None:
    """What the kernel's table still has of it: lines of its card, how many mappings, and whether /proc knows it."""
    found = stage.describe(task, *READ)
    there = os.path.exists(f"/proc/{task.pid}")
    if found:
        stage.emit_fact(TaskDescribed(task.pid, "program", os.path.basename(found.get("exe", ""))), "seen")
        stage.emit_fact(TaskDescribed(task.pid, "maps", str(len(process_info.memory_maps(task.pid)))), "seen")
    stage.emit_fact(TaskDescribed(task.pid, "proc", f"/proc/{task.pid}" if there else ""), "seen")
