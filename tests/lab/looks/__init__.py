"""Looks into the kernel's tables: a program whose file is deleted, memory shared and copied, a task frozen, thawed."""

from __future__ import annotations

import mmap
import os
import shutil
import signal
import tempfile

from server.events import ValueMeasured
from server.lesson import Lesson
from server.recorder import memory, process_info

SIZE = 16 * 2**20


def parent(me, where, line):
    region = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(region, "madvise"):
        region.madvise(mmap.MADV_NOHUGEPAGE)
    for at in range(0, SIZE, mmap.PAGESIZE):
        region[at] = 1
    start = memory_of(region)
    pid = os.fork()
    if pid == 0:
        for at in range(0, SIZE // 2, mmap.PAGESIZE):
            region[at] = 2
        os.write(where, f"{start} {os.getppid()} {os.getpid()}\n".encode())
        while True:
            signal.pause()
    me.child_started(pid, name="child")
    os.read(line, 1)
    while True:
        signal.pause()


def memory_of(region):
    import ctypes

    return ctypes.addressof(ctypes.c_char.from_buffer(region))


def programs(stage):
    folder = tempfile.mkdtemp(prefix="looks-")
    path = shutil.copy(shutil.which("sleep"), f"{folder}/copy")
    file = os.stat(path)
    copies = [stage.spawn_program([path, "1000"], name=f"copy {number}") for number in (1, 2)]
    for each in copies:
        assert stage.wait_until_asleep(each, path)
        stage.describe(each, "state", "exe", "inode", "links", "fd")
        assert stage.measure_memory(each, "program", memory.backed_by(file.st_ino)) is not None
    assert stage.share_kernel_object(copies[0], copies[1], "vm") in (False, None)
    shutil.rmtree(folder)
    after = stage.describe(copies[0], "state", "exe", "inode", "links", "fd")
    assert after["exe"].endswith(" (deleted)")
    assert (after["links"], after["state"]) == ("0", "S")
    return copies


def frozen(stage, task):
    assert stage.freeze(task)
    first = stage.registers(task)
    assert (first.syscall, process_info.task_state(task.pid)) in ((-1, "T"), (first.syscall, "T"))
    stack = process_info.read_memory(task.pid, first.sp, 512)
    assert process_info.mapping_at(task.pid, first.pc).rights == "r-xp"
    assert process_info.mapping_at(task.pid, first.sp).name == "[stack]"
    assert stage.registers(task) == first
    assert process_info.read_memory(task.pid, first.sp, 512) == stack
    assert stage.thaw(task)


def copied(stage):
    read, write = os.pipe()
    begin, go = os.pipe()
    task = stage.spawn(parent, write, begin, name="parent")
    stage.open_barrier()
    assert stage.until(lambda: len(stage.live_pids("S")) >= 4, 20)
    start, one, other = map(int, os.read(read, 100).split())
    both = [stage.measure_memory(pid, "region", memory.overlapping(start, start + SIZE)) for pid in (one, other)]
    stage.emit_fact(ValueMeasured("pss_kb", sum(each.pss_kb for each in both), "count"))
    stage.emit_fact(ValueMeasured("huge_kb", sum(each.huge_kb for each in both), "count"))
    stage.compare_pages(other, one, "region", start, start + SIZE)
    stage.set_affinity(task, stage.cpus[:1])
    assert stage.describe(task, "allowed")["allowed"] == str(stage.cpus[0])
    for fd in (read, write, begin, go):
        os.close(fd)


def burn(me):
    while True:
        pass


def run(stage, params):
    programs(stage)
    copied(stage)
    task = stage.spawn(burn, name="burn")
    stage.open_barrier()
    for _ in range(10):
        frozen(stage, task)


LESSON = Lesson(run=run, after="terminal", views=("lanes",), params=(), presets=(), claims=(), wall_s=40.0)
