"""Bytes of a ring are read as what the kernel means, whatever lies beside whatever."""

from __future__ import annotations

import mmap
import os
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.recorder import perf_parser
from server.recorder.perf_events import PAGE, RingBuffer
from server.recorder.records import COMM, EXIT, FORK, IN, LOST, OUT, PREEMPT, WAKING, RawRecord

TID = st.integers(0, 2**22)
TIME = st.integers(0, 2**63 - 1)
CPU = st.integers(0, 8191)
MISC = {IN: 0, OUT: 1 << 13, PREEMPT: 3 << 13}


def switches() -> st.SearchStrategy[RawRecord]:
    return st.tuples(TIME, st.sampled_from((OUT, PREEMPT, IN)), CPU, TID, TID, st.just(0), st.just(""))


def others() -> st.SearchStrategy[RawRecord]:
    name = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15).filter(
        lambda text: len(text.encode()) <= 15
    )
    return st.one_of(
        st.tuples(TIME, st.sampled_from((FORK, EXIT)), CPU, TID, TID, TID, st.just("")),
        st.tuples(TIME, st.just(COMM), CPU, TID, TID, st.integers(0, 1), name),
        st.tuples(TIME, st.just(LOST), CPU, st.just(0), st.just(0), st.integers(0, 2**40), st.just("")),
    )


def encoded(record: RawRecord) -> bytes:
    """The record as the kernel lays it out (include/uapi/linux/perf_event.h)."""
    t_ns, op, cpu, pid, tid, other, text = record
    sample_id = struct.pack("<iiQII", pid, tid, t_ns, cpu, 0)
    if op in MISC:
        return struct.pack("<IHH", 14, MISC[op], 32) + sample_id
    if op in (FORK, EXIT):
        body = struct.pack("<iiiiQ", pid, 1, tid, other, t_ns)
        kind, misc = (7 if op == FORK else 4), 0
    elif op == COMM:
        name = text.encode() + b"\0"
        body = struct.pack("<ii", pid, tid) + name + b"\0" * (-len(name) % 8)
        kind, misc = 3, (other << 13)
    else:
        body, kind, misc = struct.pack("<QQ", 7, other), 2, 0
    return struct.pack("<IHH", kind, misc, 8 + len(body) + 24) + body + sample_id


@settings(deadline=None)
@given(st.lists(st.one_of(switches(), others()), max_size=40))
def test_every_record_comes_back_as_it_was_in_the_order_it_lay_there(records: list[RawRecord]) -> None:
    assert perf_parser.parse_records(b"".join(map(encoded, records))) == records


@settings(deadline=None)
@given(st.lists(switches(), max_size=20), st.integers(16, 200))
def test_a_record_of_an_unknown_type_is_passed_over(records: list[RawRecord], kind: int) -> None:
    strange = struct.pack("<IHH", kind, 0, 16) + b"\xff" * 8
    assert perf_parser.parse_records(strange.join(map(encoded, records))) == records


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_but_nothing_else(data: bytes) -> None:
    try:
        perf_parser.parse_records(data)
    except (ValueError, struct.error):
        return


def test_a_record_longer_than_what_is_left_is_refused() -> None:
    with pytest.raises(ValueError, match="says it is 64 bytes"):
        perf_parser.parse_records(struct.pack("<IHH", 7, 0, 64) + b"\0" * 24)


def waking(flags: int, waker: int, target: int, more: int = 0) -> bytes:
    data = struct.pack("<HBBi", 375, flags, 0, waker) + b"name".ljust(16, b"\0") + struct.pack("<iii", target, 120, 1)
    data += bytes(more)
    body = struct.pack("<iiQIII", waker, waker, 5, 1, 0, len(data)) + data
    return struct.pack("<IHH", 9, 0, 8 + len(body)) + body


@pytest.mark.parametrize(
    ("flags", "waker", "said", "why"),
    [
        (0, 41, 41, "a task woke it"),
        (0, 0, 0, "the idle task woke it outside any interrupt"),
        (0x08, 41, -1, "a hardware interrupt came over that task"),
        (0x10, 41, 41, "a local send wakes its receiver in a soft interrupt"),
        (0x10, 0, -1, "a soft interrupt over the idle task is nobody's doing"),
    ],
)
def test_a_wake_up_names_who_did_it(flags: int, waker: int, said: int, why: str) -> None:
    (record,) = perf_parser.WakingParser(24, 2).parse(waking(flags, waker, 77))
    assert record == (5, WAKING, 1, flags & 0x10, 77, said, ""), why


@given(st.lists(st.sampled_from(["sample", "longer", "lost"]), max_size=30))
def test_every_wake_up_is_read_whatever_lies_between(kinds: list[str]) -> None:
    record = {"sample": waking(0, 41, 77), "longer": waking(0, 41, 77, 8), "lost": encoded((3, LOST, 0, 0, 0, 9, ""))}
    found = perf_parser.WakingParser(24, 2).parse(b"".join(record[kind] for kind in kinds))
    assert [each[1] for each in found] == [LOST if kind == "lost" else WAKING for kind in kinds]
    assert {each[4] for each in found if each[1] == WAKING} <= {77}


def test_a_wake_up_that_claims_more_bytes_than_are_left_is_refused() -> None:
    with pytest.raises(ValueError, match="are left"):
        perf_parser.WakingParser(24, 2).parse(waking(0, 41, 77)[:-8])


@settings(deadline=None)
@given(st.lists(st.lists(switches(), max_size=60), min_size=1, max_size=20), st.integers(0, 300))
def test_a_ring_gives_every_byte_once_also_around_its_end(batches: list[list[RawRecord]], start: int) -> None:
    """The kernel's part is played on a memory file: data_head rises, the data wraps at the ring's size."""
    pages = 1
    fd = os.memfd_create("ring")
    os.ftruncate(fd, (pages + 1) * PAGE)
    with mmap.mmap(fd, (pages + 1) * PAGE) as kernel:
        head = start * 32
        kernel[1024:1032] = kernel[1032:1040] = struct.pack("<Q", head)
        ring = RingBuffer(fd, pages)
        try:
            for batch in batches:
                for byte in b"".join(map(encoded, batch)):
                    kernel[PAGE + head % (pages * PAGE)] = byte
                    head += 1
                kernel[1024:1032] = struct.pack("<Q", head)
                assert perf_parser.parse_records(ring.read()) == batch
                assert kernel[1032:1040] == struct.pack("<Q", head), "the room was not given back"
                assert ring.read() == b""
                assert ring.take_crowded() == (sum(map(len, map(encoded, batch))) > pages * PAGE // 2)
                assert not ring.take_crowded(), "it is asked once"
        finally:
            ring.close()
