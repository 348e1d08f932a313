"""Bytes of a perf ring → raw records: pure, and fast because most of it happens in ``struct``.

Layout: ``include/uapi/linux/perf_event.h``. Every record starts with ``u32 type, u16 misc, u16 size``; the side-band
records end in the sample id ``u32 pid, tid; u64 time; u32 cpu, res`` (sample_type TID|TIME|CPU, sample_id_all).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from .records import COMM, EXIT, FORK, IN, LOST, OUT, PREEMPT, WAKING, RawRecord

RECORD_LOST, RECORD_COMM, RECORD_EXIT, RECORD_FORK, RECORD_SAMPLE, RECORD_SWITCH = 2, 3, 4, 7, 9, 14
COMM_EXEC = 1 << 13  # misc of COMM: an exec set the name

_SWITCH = struct.Struct("<IHHiiQII")  # header, pid, tid, time, cpu, res: 32 bytes
_HEADER = struct.Struct("<IHH")
_TASK = struct.Struct("<iiiiQ")  # FORK and EXIT: pid, ppid, tid, ptid, time
_PAIR = struct.Struct("<ii")
_COUNT = struct.Struct("<QQ")  # LOST: id, lost
_ID = struct.Struct("<iiQII")  # the sample id at the end of a record
_SAMPLE = struct.Struct("<iiQIII")  # pid, tid, time, cpu, res, size of the raw data

#: misc >> 13 of a SWITCH record: bit 0 = out, bit 1 = preempted.
_SWITCH_OP = (IN, OUT, IN, PREEMPT)

TRACE_HARDIRQ, TRACE_SOFTIRQ = 0x08, 0x10  # common_flags of a tracepoint record


def parse_records(
    data: bytes | memoryview, sample: Callable[[memoryview, int], RawRecord | None] | None = None
) -> list[RawRecord]:
    """Whole records in ``data`` as raw tuples, in the order they lie there; unknown record types are passed over.

    ``sample`` turns one PERF_RECORD_SAMPLE (view, offset of its body) into a raw record. Raises ``ValueError`` if a
    record's size is impossible, which would mean the reader and the kernel disagree about the ring.
    """
    view = memoryview(data)
    found: list[RawRecord] = []
    append, op, at, end = found.append, _SWITCH_OP, 0, len(view)
    while at < end:
        run = (end - at) & ~31
        for kind, misc, _size, pid, tid, t_ns, cpu, _ in _SWITCH.iter_unpack(view[at : at + run]):
            if kind != RECORD_SWITCH:
                break
            append((t_ns, op[misc >> 13 & 3], cpu, pid, tid, 0, ""))
            at += 32
        if at < end:
            at += _other(view, at, end, append, sample)
    return found


def _other(
    view: memoryview,
    at: int,
    end: int,
    append: Callable[[RawRecord], None],
    sample: Callable[[memoryview, int], RawRecord | None] | None,
) -> int:
    """Take one record that is no SWITCH, and give back its size."""
    if end - at < 8:
        raise ValueError(f"{end - at} stray bytes at the end of the ring's data")
    kind, misc, size = _HEADER.unpack_from(view, at)
    if size < 8 or at + size > end:
        raise ValueError(f"a record of type {kind} says it is {size} bytes long, {end - at} are left")
    record = _side_band(view, at, kind, misc, size) if kind != RECORD_SAMPLE else sample and sample(view, at + 8)
    if record:
        append(record)
    return int(size)


def _side_band(view: memoryview, at: int, kind: int, misc: int, size: int) -> RawRecord | None:
    body, tail = at + 8, at + size - _ID.size
    if kind in (RECORD_FORK, RECORD_EXIT):
        pid, _ppid, tid, ptid, t_ns = _TASK.unpack_from(view, body)
        cpu = _ID.unpack_from(view, tail)[3]
        return (t_ns, FORK if kind == RECORD_FORK else EXIT, cpu, pid, tid, ptid, "")
    if kind == RECORD_COMM:
        pid, tid = _PAIR.unpack_from(view, body)
        name = bytes(view[body + 8 : tail]).split(b"\0", 1)[0].decode("utf-8", "replace")
        _, _, t_ns, cpu, _ = _ID.unpack_from(view, tail)
        return (t_ns, COMM, cpu, pid, tid, 1 if misc & COMM_EXEC else 0, name)
    if kind == RECORD_LOST:
        _, count = _COUNT.unpack_from(view, body)
        _, _, t_ns, cpu, _ = _ID.unpack_from(view, tail)
        return (t_ns, LOST, cpu, 0, 0, count, "")
    if kind == RECORD_SWITCH:
        pid, tid, t_ns, cpu, _ = _ID.unpack_from(view, tail)
        return (t_ns, _SWITCH_OP[misc >> 13 & 3], cpu, pid, tid, 0, "")
    return None


def sched_waking_parser(pid_offset: int, flags_offset: int) -> Callable[[memoryview, int], RawRecord | None]:
    """A reader of ``sched:sched_waking`` samples, given where its ``format`` file puts pid and common_flags.

    The waker is the current task, unless a hardware interrupt was being served: then the task that happened to be
    interrupted did nothing. A soft interrupt counts as the current task's doing (a local send() wakes its receiver
    in one), unless the current task is the idle one.
    """
    pid_at, flags_at = _SAMPLE.size + pid_offset, _SAMPLE.size + flags_offset
    unpack, target = _SAMPLE.unpack_from, struct.Struct("<i").unpack_from

    def read(view: memoryview, body: int) -> RawRecord | None:
        _pid, waker, t_ns, cpu, _, _size = unpack(view, body)
        flags = view[body + flags_at]
        if flags & TRACE_HARDIRQ or (flags & TRACE_SOFTIRQ and waker == 0):
            waker = -1
        return (t_ns, WAKING, cpu, flags & TRACE_SOFTIRQ, target(view, body + pid_at)[0], waker, "")

    return read
