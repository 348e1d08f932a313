"""The run of this lesson, exactly as it goes and as the page shows it: copies of a program whose file is deleted."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...events import CellWritten, TaskDescribed, TaskRenamed
from ...recorder import memory, process_info
from ...recorder.process_info import read_process_info

if TYPE_CHECKING:
    from ...stage import Stage
    from ...supervisor.children import ChildTask

SHOWN = ("state", "parent", "rss_kb", "exe", "inode", "links")  # of a copy's card
SCRIPT = "import sys\nsys.stdin.readline()\n"


def starts(stage: Stage, path: str, number: int, stdin: int) -> ChildTask:
    """One more copy of the program; it sleeps until its standard input ends."""
    copy = stage.spawn_program([path, "-c", "read line; exit 0"], name=f"copy {number}", role="copy", stdin=stdin)
    stage.wait_until_asleep(copy, path)
    stage.until(lambda: reads_input(copy.pid), 10)  # it has started, and needs no further page
    stage.emit_fact(TaskRenamed(copy.pid, copy.name))  # an exec has named all of them after their program
    return copy


def deletes(stage: Stage, folder: str, copies: int) -> None:
    program = shutil.copy(shutil.which("bash") or "/bin/sh", f"{folder}/worker")
    stdin, keep = os.pipe()
    running: list[ChildTask] = []
    for number in range(1, copies + 1):
        running.append(starts(stage, program, number, stdin))
        look(stage, running, os.stat(program).st_ino)
    compare(stage, running)
    tool(stage, ["rm", program], "rm")
    describe(stage, running)
    tool(stage, [program, "-c", "exit 0"], "fourth")
    tool(stage, ["cp", f"/proc/{running[1].pid}/exe", f"{folder}/worker2"], "cp")
    say_equal(stage, running[1], f"{folder}/worker2")
    tool(stage, [f"{folder}/worker2", "-c", "exit 0"], "rescued")
    stage.signal(running[0], signal.SIGKILL)
    stage.wait(running[0])
    describe(stage, running[1:])
    os.close(keep)  # the others read the end of their input, and end
    stage.wait()
    os.close(stdin)


def tool(stage: Stage, argv: Sequence[str], name: str) -> None:
    stage.wait(stage.spawn_program(argv, name=name, role="tool"))


def look(stage: Stage, running: Sequence[ChildTask], inode: int) -> None:
    """Cards and memory: how much of the program's file each copy maps."""
    describe(stage, running)
    for copy in running:
        stage.measure_memory(copy, "file", memory.backed_by(inode))


def describe(stage: Stage, running: Sequence[ChildTask]) -> None:
    for copy in running:
        inode = stage.describe(copy, *SHOWN).get("inode", ":").split(":")[1]
        maps = process_info.memory_maps(copy.pid)
        text = next((each for each in maps if "x" in each.rights and str(each.inode) == inode), None)
        if text is not None:
            stage.emit_fact(TaskDescribed(copy.pid, "text", f"{text.start:#x}"), "seen")


def compare(stage: Stage, running: Sequence[ChildTask]) -> None:
    """Whether two copies have one address space, asked of the kernel (kcmp(2)) for each pair."""
    for at, copy in enumerate(running):
        for other in running[at + 1 :]:
            same = stage.share_kernel_object(copy, other, "vm")
            answer = {True: "same", False: "other", None: "refused"}[same]
            stage.emit_fact(CellWritten(copy.pid, f"memory of {other.name}", None, answer), "seen")


def say_equal(stage: Stage, copy: ChildTask, path: str) -> None:
    """Compare the rescued file with the program that still runs, byte for byte."""
    rescued, original = Path(path).read_bytes(), Path(f"/proc/{copy.pid}/exe").read_bytes()
    answer = "equal" if rescued == original else "differ"
    stage.emit_fact(CellWritten(copy.pid, "rescued", None, f"{len(rescued)} {answer}"), "seen")


def scripts(stage: Stage, folder: str, copies: int) -> None:
    script = Path(folder, "x.py")
    script.write_text(SCRIPT, "utf-8")
    python = system_python(stage)
    stdin, keep = os.pipe()
    running = [
        stage.spawn_program([python, "-I", "-S", str(script)], name=f"copy {number}", role="copy", stdin=stdin)
        for number in range(1, copies + 1)
    ]
    for copy in running:
        stage.wait_until_asleep(copy, python)
    stage.until(lambda: all(reads_input(copy.pid) for copy in running), 10)
    for copy in running:
        stage.emit_fact(TaskRenamed(copy.pid, copy.name))
    search(stage, running, script.name)
    tool(stage, ["rm", str(script)], "rm")
    describe(stage, running)
    tool(stage, [python, "-I", "-S", str(script)], "fourth")
    os.close(keep)
    stage.wait()
    os.close(stdin)


def reads_input(pid: int) -> bool:
    """Whether it sleeps in read(2) of its standard input; true where that cannot be seen."""
    try:
        words = Path(f"/proc/{pid}/syscall").read_text("ascii").split()
    except OSError:
        return True
    return len(words) > 1 and words[1] == "0x0" and process_info.task_state(pid) == "S"


def search(stage: Stage, running: Sequence[ChildTask], name: str) -> None:
    """Look for the script among what each process maps and has open."""
    describe(stage, running)
    for copy in running:
        mapped = sum(each.name.endswith(name) for each in process_info.memory_maps(copy.pid))
        opened = sum(name in text for of, text in read_process_info(copy.pid).items() if of.startswith("fd "))
        stage.emit_fact(CellWritten(copy.pid, "script", None, f"mapped {mapped} open {opened}"), "seen")


def system_python(stage: Stage) -> str:
    """A Python that the run's user may start, of this version if there is one."""
    here = stage.machine.interpreter_path(f"{sys.version_info.major}.{sys.version_info.minor}")
    return here or next((each.path for each in stage.machine.interpreters), sys.executable)


def folder_for_programs() -> str:
    """A new folder on a file system from which programs may be started (not mounted noexec)."""
    home = os.path.expanduser("~")  # Path.home() fails for a user without one
    for place in (tempfile.gettempdir(), "/var/tmp", home, "/dev/shm"):  # noqa: S108
        if os.access(place, os.W_OK) and not os.statvfs(place).f_flag & os.ST_NOEXEC:
            return tempfile.mkdtemp(prefix="timeslice-program-", dir=place)
    raise OSError("every folder for temporary files is mounted noexec: set TMPDIR to one that is not")


WHAT = {"program": deletes, "script": scripts}


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    folder = folder_for_programs()
    try:
        with stage.trial(label=params["what"], copies=params["copies"]):
            WHAT[params["what"]](stage, folder, params["copies"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
