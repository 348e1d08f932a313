"""Wake-ups of one run's tasks, picked out of the whole machine's by the kernel's own event filter.

A tracepoint hears every wake-up of a CPU, and an event inherited by the run's tasks misses those by interrupts. So the
event is the machine's, and a filter (PERF_EVENT_IOC_SET_FILTER, perf_event_open(2)) keeps the others out of the ring:
at first whoever was born before the run, then all but the run's own tasks and those still to be born. An event takes
one filter in its life (a second is EEXIST); a narrower one is a new event that writes into the same ring.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import time
from collections.abc import Sequence

from . import perf_events, tracefs
from .perf_events import RingBuffer
from .perf_parser import WakingParser
from .records import EXIT, FORK, RawRecord, RecorderUnavailable, ResourcesExhausted

PAGES = 64  # of a ring
FOREIGN_RECORDS = 100  # records of other tasks that are read before the filter is made anew …
MIN_FILTER_AGE_S = 0.5  # … and how long one stands at least
MAX_FILTER_TASKS = 100  # tasks that a filter may name; the kernel takes a page of text
DUPLICATE_NS = 20_000  # two events that overlap tell the same wake-up so close together
_SET_FILTER, _SET_OUTPUT, _DISABLE = 0x40082406, 0x2405, 0x2401


class WakeupEvents:
    """The rings of one run, one a CPU. Opened by its launcher before it forks; knows its tasks from their records."""

    def __init__(self, cpus: Sequence[int]) -> None:
        """:class:`RecorderUnavailable` or :class:`ResourcesExhausted` where the kernel says so."""
        found = tracefs.read_sched_waking()
        self._attr = perf_events.sched_waking_attr(found.id)
        self._parse = WakingParser(found.pid_offset, found.flags_offset).parse
        self._run: set[int] = set()
        self._living: set[int] = set()
        self._floor = os.getpid()  # whoever has this number or a higher one is let through
        self._named: set[int] = set()  # and these
        self._foreign = 0
        self._overlapped = False  # two events have told the same for a moment, in what is read next
        self._made_s = 0.0
        self._rings: list[RingBuffer] = []
        self._narrow: list[int] = []
        try:
            for cpu in cpus:
                self._rings.append(perf_events.open_ring_buffer(self._attr, -1, cpu, PAGES))
                _filter(self._rings[-1].fd, f"pid >= {self._floor}")
        except BaseException:
            self.close()
            raise
        self._cpus = list(cpus)

    def read(self) -> list[list[RawRecord]]:
        """The records of each ring since the last call; call it before the switches are read, and then
        :meth:`select_own`."""
        return [self._parse(data) if (data := ring.read()) else [] for ring in self._rings]

    def select_own(self, taken: list[list[RawRecord]], lives: list[RawRecord]) -> list[RawRecord]:
        """Of what was taken the wake-ups of the run's tasks; births and ends are among ``lives``."""
        if not lives and not any(taken):
            return []
        born = {record[4] for record in lives if record[1] == FORK}
        self._run |= born
        self._living |= born
        mine: list[RawRecord] = []
        for records in taken:
            kept = [record for record in records if record[4] in self._run]
            self._foreign += len(records) - len(kept)
            mine += _once(kept) if self._overlapped else kept
        self._overlapped = False
        unheard = any(tid < self._floor and tid not in self._named for tid in born)  # the numbers began again
        if lives:
            self._living.difference_update(record[4] for record in lives if record[1] == EXIT)
        if unheard or (self._foreign > FOREIGN_RECORDS and time.monotonic() - self._made_s > MIN_FILTER_AGE_S):
            self._filter_anew()
        return mine

    def _filter_anew(self) -> None:
        """From now on only the run's living tasks and those to be born are heard; as before where that is refused."""
        self._foreign, self._made_s, self._overlapped = 0, time.monotonic(), True
        if len(self._living) > MAX_FILTER_TASKS:
            return
        floor = _last_pid() + 1
        words = " || ".join([f"pid == {tid}" for tid in sorted(self._living)] + [f"pid >= {floor}"])
        made: list[int] = []
        try:
            for cpu, ring in zip(self._cpus, self._rings, strict=True):
                made.append(perf_events.open_event(self._attr, -1, cpu))
                _filter(made[-1], words)
                fcntl.ioctl(made[-1], _SET_OUTPUT, ring.fd)
        except (RecorderUnavailable, ResourcesExhausted, OSError):
            _close(made)
            return
        for ring in self._rings if not self._narrow else ():
            fcntl.ioctl(ring.fd, _DISABLE, 0)  # it stays open: the ring is its own
        _close(self._narrow)
        self._narrow, self._floor, self._named = made, floor, set(self._living)

    def close_after_fork(self) -> None:
        """In a forked child: close the descriptors."""
        _close([*self._narrow, *(ring.fd for ring in self._rings)])
        self._rings, self._narrow = [], []

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        _close(self._narrow)
        for ring in self._rings:
            ring.close()
        self._rings, self._narrow = [], []


def _once(records: list[RawRecord]) -> list[RawRecord]:
    """Without those that two overlapping events told twice: same sleeper, same waker, a moment later."""
    kept: list[RawRecord] = []
    for record in records:
        if kept and record[3:6] == kept[-1][3:6] and record[0] - kept[-1][0] < DUPLICATE_NS:
            continue
        kept.append(record)
    return kept


def _filter(fd: int, words: str) -> None:
    """``words``: an expression over the tracepoint's fields (Documentation/trace/events.rst, "Event filtering")."""
    text = ctypes.create_string_buffer(words.encode())
    if perf_events.libc.ioctl(fd, ctypes.c_ulong(_SET_FILTER), ctypes.byref(text)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"the filter of a perf event: {os.strerror(code)}")


def _last_pid() -> int:
    """The number given last in this PID namespace (proc(5), ``/proc/loadavg``)."""
    with open("/proc/loadavg") as file:
        return int(file.read().split()[4])


def _close(fds: Sequence[int]) -> None:
    for fd in fds:
        with contextlib.suppress(OSError):
            os.close(fd)
