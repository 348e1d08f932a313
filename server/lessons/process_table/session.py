"""What the launcher does to the tasks and where it looks at them; the tasks themselves are in experiment.py."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...events import Step, TaskDescribed
from ...recorder import process_info

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext
    from ...supervisor.children import ChildTask

START_S = 10.0
FROZEN_S = 0.05  # how long a task stays frozen between two looks
WEIGHED_S = 0.6  # how long two tasks share a core
STACK_BYTES = 512
BYTES = 4096  # of the file that is read from
READ = ("state", "cpu_ms", "switches", "nice", "rss_kb", "fd", "pc", "sp")  # lines of a card that this lesson is about


class Programs(NamedTuple):
    """The functions of the experiment that are looked at here."""

    busy_with_a_file: Callable[[TaskContext, str, int], None]
    polite: Callable[[TaskContext, int, int], None]
    share_offset: Callable[[TaskContext, str, int, int], None]


def look(stage: Stage, task: ChildTask, label: str) -> None:
    """A step of this label, then what the kernel's table has of the task now, its stack and where PC and SP point."""
    stage.emit_fact(Step(task.pid, label))
    found = stage.describe(task, *READ)
    if "sp" not in found or "pc" not in found:
        return  # they may not be read here, or it is running
    stack = process_info.read_memory(task.pid, int(found["sp"], 16), STACK_BYTES)
    lines = {"stack": hashlib.blake2b(stack, digest_size=4).hexdigest() if stack else ""}
    for name in ("pc", "sp"):
        place = process_info.mapping_at(task.pid, int(found[name], 16))
        lines[f"map {name}"] = f"{place.rights} {os.path.basename(place.name)}" if place else ""
    for name, text in lines.items():
        stage.emit_fact(TaskDescribed(task.pid, name, text), "seen")


def frozen(stage: Stage, params: Mapping[str, Any], programs: Programs) -> None:
    """Freeze a computing task, look twice, let it go on, and again."""
    path, (heard, ready) = _file(), os.pipe()
    task = stage.spawn(programs.busy_with_a_file, path, ready, name="burner", cpus=stage.cpus[:1], role="burner")
    stage.open_barrier()
    _heard(stage, heard, 1)
    os.unlink(path)
    for number in range(1, params["rounds"] + 1):
        stage.freeze(task)
        look(stage, task, "frozen" if number == 1 else "thawed" if number == 2 else "frozen_again")
        stage.sleep(FROZEN_S)
        look(stage, task, "later" if number == 1 else "later_again")
        stage.thaw(task)
        stage.sleep(FROZEN_S)
    _close(heard, ready)


def weigh(stage: Stage, params: Mapping[str, Any], programs: Programs) -> None:
    """Two tasks share a core; one of them, or both, has made itself less important."""
    heard, ready = os.pipe()
    core = stage.cpus[:1]
    tasks = [
        stage.spawn(programs.polite, nice, ready, name=f"nice {nice}", cpus=core, role=role)
        for role, nice in (("plain", params["nice"] if params["both"] else 0), ("nice", params["nice"]))
    ]
    stage.open_barrier()
    _heard(stage, heard, len(tasks))
    for label in ("weighs", "weighed"):
        for task in tasks:
            look(stage, task, label)
        if label == "weighs":
            stage.sleep(WEIGHED_S)
    _close(heard, ready)


def offset(stage: Stage, params: Mapping[str, Any], programs: Programs) -> None:  # noqa: ARG001
    """A parent and its forked child read through the same open file."""
    path, (heard, ready), (wait, turn) = _file(), os.pipe(), os.pipe()
    task = stage.spawn(programs.share_offset, path, ready, wait, name="parent", role="parent")
    stage.open_barrier()
    for label in ("before", "after"):
        _heard(stage, heard, 1)
        stage.wait_until_asleep(task)
        look(stage, task, label)
        Path(path).unlink(missing_ok=True)
        os.write(turn, b".")
    stage.wait(task)
    _close(heard, ready, wait, turn)


def _file() -> str:
    """A fresh file of some bytes to read from; whoever starts the reader removes its name."""
    file, path = tempfile.mkstemp(prefix="data-")
    os.write(file, bytes(BYTES))
    os.close(file)
    return path


def _heard(stage: Stage, fd: int, count: int) -> None:
    """Wait until so many bytes have come."""
    os.set_blocking(fd, False)
    found = bytearray()

    def come() -> bool:
        try:
            found.extend(os.read(fd, count - len(found)))
        except BlockingIOError:
            return False
        return len(found) == count

    stage.until(come, START_S)


def _close(*fds: int) -> None:
    for fd in fds:
        os.close(fd)
