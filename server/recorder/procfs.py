"""/proc text → values (pure), and the few readers that need it; it interprets nothing.

Sources: proc_pid_stat(5), proc_pid_status(5), Documentation/scheduler/sched-stats.rst, proc_pid_syscall(5).
"""

from __future__ import annotations

import ctypes
import os
import time
from functools import lru_cache
from typing import NamedTuple

from .records import Counters, SnapshotRequest, TaskGone, TaskSnapshot

_TEXT_BYTES = 8192


class Stat(NamedTuple):
    """The fields of /proc/PID/stat that are used here."""

    pid: int
    name: str
    state: str  # R S D T t Z X I
    ppid: int
    processor: int  # CPU it ran on last


def parse_stat(text: str) -> Stat:
    """One line of /proc/PID/stat; the name may hold blanks and ``)``, so it ends at the last one."""
    head, _, tail = text.rpartition(")")
    pid, _, name = head.partition("(")
    rest = tail.split()
    return Stat(int(pid), name, rest[0], int(rest[1]), int(rest[36]))


def parse_schedstat(text: str) -> tuple[int, int, int]:
    """Running ns, ready ns, dispatches; zeros where the kernel keeps no such figures."""
    running, ready, dispatches = text.split()[:3]
    return int(running), int(ready), int(dispatches)


def parse_context_switches(text: str) -> tuple[int, int]:
    """Voluntary and involuntary context switches, from /proc/PID/status."""
    found = {}
    for line in text.splitlines()[-4:]:
        name, _, value = line.partition(":")
        found[name] = value
    return int(found["voluntary_ctxt_switches"]), int(found["nonvoluntary_ctxt_switches"])


def parse_syscall(text: str) -> tuple[int | None, tuple[int, ...]]:
    """Number and six arguments of /proc/PID/syscall; (-1, ()) outside any call, (None, ()) while running."""
    words = text.split()
    if not words or words[0] == "running":
        return None, ()
    return int(words[0]), tuple(int(word, 16) for word in words[1:7]) if len(words) == 9 else ()


def read_file(path: str) -> str:
    """The text of a /proc file; :class:`TaskGone` if its task has left meanwhile."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError) as error:
        raise TaskGone(path) from error
    try:
        return os.read(fd, _TEXT_BYTES).decode("utf-8", "replace")
    except ProcessLookupError as error:
        raise TaskGone(path) from error
    finally:
        os.close(fd)


def take_snapshot(request: SnapshotRequest) -> TaskSnapshot:
    """Look at a task as wanted; :class:`TaskGone` if it has left. What may not be read stays None."""
    place = f"/proc/{request.pid}/task/{request.tid}"
    from_ns = time.monotonic_ns()
    state = number = target = dispatches = ready_ns = None
    args: tuple[int, ...] = ()
    if request.syscall:
        try:
            number, args = parse_syscall(read_file(f"{place}/syscall"))
        except PermissionError:
            number = None
        state = parse_stat(read_file(f"{place}/stat")).state
        target = _target(place, args)
    to_ns = time.monotonic_ns()
    if request.delay:
        _, ready_ns, dispatches = parse_schedstat(read_file(f"{place}/schedstat"))
    return TaskSnapshot(request.tid, from_ns, to_ns, state, number, args, target, dispatches, ready_ns)


def _target(place: str, args: tuple[int, ...]) -> str | None:
    if not args or args[0] > 1 << 20:
        return None
    try:
        return os.readlink(f"{place}/fd/{args[0]}")
    except OSError:
        return None


def read_counters(pid: int, tid: int | None = None) -> Counters:
    """Another task's totals, now; exact only if it cannot run meanwhile, as a zombie cannot. May raise TaskGone."""
    place = f"/proc/{pid}/task/{tid or pid}"
    running, ready, dispatches = parse_schedstat(read_file(f"{place}/schedstat"))
    voluntary, involuntary = parse_context_switches(read_file(f"{place}/status"))
    return Counters(time.monotonic_ns(), voluntary, involuntary, dispatches, running, ready)


#: libc without releasing the GIL: a released one can cost a thread 5 ms of sleep, a switch more, in every read.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)
_libc.pread.restype = ctypes.c_ssize_t


def read_own_counters() -> Counters:
    """The calling thread's totals at one instant that lies between two equal readings of them.

    Asking for the thread's CPU clock makes the kernel bring sum_exec_runtime up to date, which schedstat alone
    would show up to a tick old. Between the two readings the thread was not switched, so every switch it has
    counted has a record before ``stamp_ns``, and no other has.
    """
    status = os.open("/proc/thread-self/status", os.O_RDONLY | os.O_CLOEXEC)
    sched = os.open("/proc/thread-self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    buffer = ctypes.create_string_buffer(_TEXT_BYTES)
    try:
        while True:
            before = parse_context_switches(_pread(status, buffer))
            time.thread_time_ns()
            stamp_ns = time.monotonic_ns()
            running, ready, dispatches = parse_schedstat(_pread(sched, buffer))
            after = parse_context_switches(_pread(status, buffer))
            if before == after and parse_schedstat(_pread(sched, buffer))[2] == dispatches:
                return Counters(stamp_ns, *after, dispatches, running, ready)
    finally:
        os.close(status)
        os.close(sched)


def _pread(fd: int, buffer: ctypes.Array[ctypes.c_char]) -> str:
    count = _libc.pread(fd, buffer, len(buffer), 0)
    if count < 0:
        raise OSError(ctypes.get_errno(), "pread of /proc/thread-self")
    return buffer.raw[:count].decode("utf-8", "replace")


def list_children(pid: int) -> list[int]:
    """Pids of a process's children now; by its children files, else by looking at every process's parent."""
    try:
        tids = os.listdir(f"/proc/{pid}/task")
        return [int(word) for tid in tids for word in read_file(f"/proc/{pid}/task/{tid}/children").split()]
    except FileNotFoundError as error:
        raise TaskGone(str(pid)) from error
    except TaskGone:
        return [each for each in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(each) == pid]


def _parent(pid: int) -> int | None:
    try:
        return parse_stat(read_file(f"/proc/{pid}/stat")).ppid
    except TaskGone:
        return None


def comm(tid: int) -> str:
    """The kernel's name of any task; empty for the idle task (tid 0), "?" for one that has gone."""
    if tid == 0:
        return ""
    try:
        return read_file(f"/proc/{tid}/comm").rstrip("\n")
    except TaskGone:
        return "?"


@lru_cache(maxsize=1)
def gil_address_range() -> tuple[int, int]:
    """Addresses of the interpreter's static state in this process, [start, end): its main GIL's futexes lie there.

    From the symbol ``_PyRuntime`` to the end of the mapped data it lies in, as its size is not told. The same in
    forked children. A sub-interpreter's own GIL lies elsewhere. (0, 0) if the symbol cannot be found.
    """
    try:
        start = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    except ValueError:
        return 0, 0
    end = start
    with open("/proc/self/maps") as maps:
        for line in maps:
            low, high = (int(part, 16) for part in line.split(" ", 1)[0].split("-"))
            if low <= end < high and not line.rstrip().endswith("[heap]"):
                end = high
    return start, end
