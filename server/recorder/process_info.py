"""/proc of one task as a card: what the kernel's table of processes says of it, in the kernel's own notation.

Everybody may read most of it; the program, the descriptors and the registers need the same user or CAP_SYS_PTRACE.
What may not be read, or is not there (a zombie has no memory and no program), is absent, never zero.
Sources: proc_pid_stat(5), proc_pid_status(5), proc_pid_syscall(5), proc_pid_fdinfo(5), proc_pid_maps(5).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import NamedTuple

from . import procfs
from .records import TaskGone

#: Keys of a card and where in /proc/PID/stat they stand, counted after the name (proc_pid_stat(5) minus 3).
_STAT = {"state": 0, "parent": 1, "group": 2, "session": 3, "terminal": 4, "foreground": 5, "nice": 16, "threads": 17}
_MINOR_FAULTS, _UTIME, _STIME = 7, 11, 12
_TICK = os.sysconf("SC_CLK_TCK")


class Mapping(NamedTuple):
    """One line of /proc/PID/maps."""

    start: int  # first address
    end: int  # first address behind it
    rights: str  # such as "r-xp"
    inode: int  # 0: no file
    name: str  # path, "[stack]", "[heap]" or empty


class Registers(NamedTuple):
    """Where a task that is not running stands."""

    syscall: int  # number of the system call it is in, -1 outside any
    sp: int  # stack pointer
    pc: int  # program counter


def read_process_info(pid: int) -> dict[str, str]:
    """All that can be read, by name; :class:`TaskGone` if nothing is left of it.

    state, parent, group, session, terminal, foreground, nice, threads, cpu_ms, switches ("voluntary + involuntary"),
    rss_kb, allowed (cores), exe, inode ("device:inode" of the program's file), links (names of that file), syscall,
    sp, pc, and a line "fd N" for each descriptor ("/path pos 12").
    """
    found = _stat(pid)
    for part in (_status, _program, _place, _descriptors):
        with contextlib.suppress(OSError, TaskGone):
            found |= part(pid)
    return found


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name; may raise :class:`TaskGone`."""
    return procfs.read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()


def task_state(pid: int, tid: int | None = None) -> str:
    """R, S, D, T, t, Z, X or I; "" for a task that has gone."""
    try:
        return procfs.read_file(f"/proc/{pid}/task/{tid or pid}/stat").rpartition(")")[2].split()[0]
    except TaskGone:
        return ""


def thread_states(pid: int) -> str:
    """The state of each thread of a process, one letter each; "" if it has gone."""
    try:
        tids = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return ""
    return "".join(task_state(pid, int(tid)) for tid in tids)


def minor_faults(pid: int) -> int:
    """Pages it was given without reading a disk, so far; may raise :class:`TaskGone`."""
    return int(stat_fields(pid)[_MINOR_FAULTS])


def executable_stat(pid: int) -> os.stat_result | None:
    """What its program's file is, deleted or not; None where that may not be read.

    Compare ``st_dev`` and ``st_ino`` with os.stat() of the file, never with maps: on overlayfs those differ.
    """
    try:
        return os.stat(f"/proc/{pid}/exe")
    except OSError:
        return None


def registers(pid: int, tid: int | None = None) -> Registers | None:
    """Where it stands; None while it runs, for a zombie, or where that may not be read; may raise :class:`TaskGone`."""
    try:
        words = procfs.read_file(f"/proc/{pid}/task/{tid or pid}/syscall").split()
    except PermissionError:
        return None
    if len(words) < 3:
        return None
    found = Registers(int(words[0]), int(words[-2], 16), int(words[-1], 16))
    return found if found.sp else None  # of a zombie the kernel says zeros


def memory_maps(pid: int) -> list[Mapping]:
    """Its memory, in order of address; empty for a zombie or where it may not be read."""
    found = []
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                where, rights, _, _, inode, *name = line.split(maxsplit=5)
                low, _, high = where.partition("-")
                found.append(Mapping(int(low, 16), int(high, 16), rights, int(inode), "".join(name).rstrip("\n")))
    except OSError:
        return []
    return found


def mapping_at(pid: int, address: int) -> Mapping | None:
    """The mapping that holds an address."""
    return next((each for each in memory_maps(pid) if each.start <= address < each.end), None)


def read_memory(pid: int, address: int, count: int) -> bytes | None:
    """Memory of another task; None where that may not be read. Stable only while the task is stopped."""
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(count)
    except OSError:
        return None


def _stat(pid: int) -> dict[str, str]:
    fields = stat_fields(pid)
    found = {name: fields[at] for name, at in _STAT.items()}
    found["cpu_ms"] = str((int(fields[_UTIME]) + int(fields[_STIME])) * 1000 // _TICK)
    return found


def _status(pid: int) -> dict[str, str]:
    lines = dict(line.partition(":")[::2] for line in procfs.read_file(f"/proc/{pid}/status").splitlines())
    found = {"allowed": lines["Cpus_allowed_list"].strip()}
    found["switches"] = f"{lines['voluntary_ctxt_switches'].strip()} + {lines['nonvoluntary_ctxt_switches'].strip()}"
    if "VmRSS" in lines:
        found["rss_kb"] = lines["VmRSS"].split()[0]
    return found


def _program(pid: int) -> dict[str, str]:
    link = os.readlink(f"/proc/{pid}/exe")
    seen = os.stat(f"/proc/{pid}/exe")
    return {"exe": link, "inode": f"{seen.st_dev}:{seen.st_ino}", "links": str(seen.st_nlink)}


def _place(pid: int) -> dict[str, str]:
    stands = registers(pid)
    if stands is None:
        return {}
    return {"syscall": str(stands.syscall), "sp": f"{stands.sp:#x}", "pc": f"{stands.pc:#x}"}


def _descriptors(pid: int) -> dict[str, str]:
    found = {}
    for fd in sorted(map(int, os.listdir(f"/proc/{pid}/fd"))):
        with contextlib.suppress(OSError, TaskGone):
            position = procfs.read_file(f"/proc/{pid}/fdinfo/{fd}").split()[1]
            found[f"fd {fd}"] = f"{os.readlink(f'/proc/{pid}/fd/{fd}')} pos {position}"
    return found


def sleep_predicate(pid: int, file: os.stat_result | None) -> Callable[[], bool]:
    """A question for ``Stage.until``: does it sleep, and (``file``) is it that program by now?"""

    def asleep() -> bool:
        if task_state(pid) != "S":
            return False
        now = executable_stat(pid) if file is not None else None
        return file is None or (now is not None and (now.st_dev, now.st_ino) == (file.st_dev, file.st_ino))

    return asleep
