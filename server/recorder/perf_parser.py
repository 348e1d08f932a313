"""Bytes of a perf ring → raw records: pure, and fast because most of it happens in ``struct``.

Layout: ``include/uapi/linux/perf_event.h``. Every record starts with ``u32 type, u16 misc, u16 size``; the side-band
records end in the sample id ``u32 pid, tid; u64 time; u32 cpu, res`` (sample_type TID|TIME|CPU, sample_id_all).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from .records import COMM, EXIT, FORK, IN, INTERRUPT, LOST, OUT, PREEMPT, WAKING, RawRecord

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


def parse_records(data: bytes | memoryview, rare: list[RawRecord] | None = None) -> list[RawRecord]:
    """Whole records in ``data`` as raw tuples, in the order they lie there; unknown record types are passed over.

    ``rare`` is given all that are no switches once more. Raises ``ValueError`` if a record's size is impossible, which
    would mean the reader and the kernel disagree about the ring.
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
            at += _other(view, at, end, append, rare)
    return found


def _other(
    view: memoryview,
    at: int,
    end: int,
    append: Callable[[RawRecord], None],
    rare: list[RawRecord] | None,
) -> int:
    """Take one record that is no SWITCH, and give back its size."""
    if end - at < 8:
        raise ValueError(f"{end - at} stray bytes at the end of the ring's data")
    kind, misc, size = _HEADER.unpack_from(view, at)
    if size < 8 or at + size > end:
        raise ValueError(f"a record of type {kind} says it is {size} bytes long, {end - at} are left")
    record = _side_band(view, at, kind, misc, size)
    if record:
        append(record)
        if rare is not None:
            rare.append(record)
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


class WakingParser:
    """Reads ``sched:sched_waking`` samples, given where its ``format`` file puts pid and common_flags.

    The waker is the current task, unless a hardware interrupt was being served: then the task that happened to be
    interrupted did nothing. A soft interrupt counts as the current task's doing (a local send() wakes its receiver
    in one), unless the current task is the idle one.
    """

    def __init__(self, pid_offset: int, flags_offset: int) -> None:
        self._pid_at, self._flags_at = pid_offset, flags_offset
        self._layouts: dict[int, struct.Struct] = {}  # of a whole record, by its size: all of one kernel have one size

    def parse(self, data: bytes | memoryview) -> list[RawRecord]:
        """As :func:`parse_records`: whole records in the order they lie there."""
        view = memoryview(data)
        found: list[RawRecord] = []
        append, at, end = found.append, 0, len(view)
        while at < end:
            layout = self._layout_at(view, at, end)
            if layout is None:
                at += _other(view, at, end, append, None)
                continue
            size, run = layout.size, (end - at) // layout.size * layout.size
            for kind, _, length, _, waker, t_ns, cpu, _, _, flags, tid in layout.iter_unpack(view[at : at + run]):
                if kind != RECORD_SAMPLE or length != size:
                    break
                if flags & TRACE_HARDIRQ or (flags & TRACE_SOFTIRQ and waker == 0):
                    waker = INTERRUPT
                append((t_ns, WAKING, cpu, flags & TRACE_SOFTIRQ, tid, waker, ""))
                at += size
        return found

    def _layout_at(self, view: memoryview, at: int, end: int) -> struct.Struct | None:
        """Of the record there, if it is a whole sample of this tracepoint."""
        if end - at < _HEADER.size:
            return None
        kind, _, size = _HEADER.unpack_from(view, at)
        rest = size - _HEADER.size - _SAMPLE.size - self._pid_at - 4
        if kind != RECORD_SAMPLE or rest < 0 or at + size > end:
            return None
        if size not in self._layouts:
            between = self._pid_at - self._flags_at - 1
            self._layouts[size] = struct.Struct(f"<IHHiiQIII{self._flags_at}xB{between}xi{rest}x")
        return self._layouts[size]
