"""Processes that their own parents collect, seen from outside: when /proc no longer has them, and how they ended.

A parent that is ours tells it (``TaskContext.child_reaped``); this is for every other. Source: proc_pid_stat(5),
field 52.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..recorder import TaskGone, procfs

_PARENT_REPORT_WAIT_NS = 100_000_000  # a parent that tells it itself has so long: what it tells is exact
_EXIT_CODE = 49  # of the fields after the name, from 0


class ReapedProcess(NamedTuple):
    """A process that was collected between two instants of CLOCK_MONOTONIC; code and signal None: not known."""

    pid: int
    code: int | None
    signal: int | None
    from_ns: int
    to_ns: int


class ReapDetector:
    """What was seen of ended processes so far."""

    def __init__(self) -> None:
        self.zombies: list[int] = []  # those of the last look that were zombies
        self._seen_ns: dict[int, int] = {}
        self._ends: dict[int, tuple[int | None, int | None]] = {}
        self._gone: dict[int, ReapedProcess] = {}

    def scan(self, ended: Sequence[tuple[int, int]], now_ns: int, *, final: bool) -> Iterator[ReapedProcess]:
        """Look at processes that have ended, (pid, instant); gives each that is gone, once its parent had its time."""
        self.zombies = []
        for pid, ended_ns in ended:
            if pid not in self._gone and not self._is_present(pid):
                from_ns = self._seen_ns.get(pid, ended_ns)
                self._gone[pid] = ReapedProcess(pid, *self._ends.get(pid, (None, None)), from_ns, time.monotonic_ns())
            gone = self._gone.get(pid)
            if gone is not None and (final or now_ns - gone.to_ns > _PARENT_REPORT_WAIT_NS):
                yield gone

    def _is_present(self, pid: int) -> bool:
        before_ns = time.monotonic_ns()
        try:
            fields = procfs.read_file(f"/proc/{pid}/stat").rpartition(")")[2].split()
        except TaskGone:
            return False
        self._seen_ns[pid] = before_ns
        if fields[0] == "Z":
            self.zombies.append(pid)
            status = int(fields[_EXIT_CODE])
            code = os.waitstatus_to_exitcode(status)
            self._ends[pid] = (code, None) if code >= 0 else (None, -code)
        return True
