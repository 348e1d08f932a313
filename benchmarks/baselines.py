"""How others would watch the same run: psutil at 1 kHz; it is measured beside ours, never used by it."""

from __future__ import annotations

import subprocess
import time
from collections import defaultdict

import psutil

PERIOD_S = 0.001
NEAR_NS = 2_000_000


class Psutil:
    """Polls the status of every process under a pid about a thousand times a second, and keeps what changed."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.changes: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self.polls = 0
        self.wall_s = 0.0

    def watch(self, until: subprocess.Popen[str]) -> None:
        """Polls until the child has ended; new descendants are looked for every 20 polls, as psutil users do."""
        last: dict[int, str] = {}
        family: list[psutil.Process] = []
        begin = next_at = time.monotonic()
        while until.poll() is None:
            if self.polls % 20 == 0:
                family = self.descendants()
            for process in family:
                self.note(process, last)
            self.polls += 1
            next_at += PERIOD_S
            time.sleep(max(0.0, next_at - time.monotonic()))
        self.wall_s = time.monotonic() - begin

    def descendants(self) -> list[psutil.Process]:
        """Everything below the watched pid."""
        try:
            return list(self.root.children(recursive=True))
        except psutil.NoSuchProcess:
            return []

    def note(self, process: psutil.Process, last: dict[int, str]) -> None:
        """One poll of one process: a change of status is kept with its instant."""
        try:
            status = "in" if process.status() == psutil.STATUS_RUNNING else "waits"
        except psutil.NoSuchProcess:
            return
        if last.get(process.pid) not in (None, status):
            self.changes[process.pid].append((time.monotonic_ns(), status))
        last[process.pid] = status

    def report(self, perf: dict[int, list[tuple[int, str]]]) -> None:
        """Prints which share of perf's changes a 1 kHz poll caught; a preempted task still reads as running."""
        waits = sum(kind == "waits" for changes in perf.values() for _, kind in changes)
        preempted = sum(kind == "preempted" for changes in perf.values() for _, kind in changes)
        caught = sum(self.caught(tid, changes) for tid, changes in perf.items())
        rate = self.polls / self.wall_s if self.wall_s else 0
        print(f"psutil at {rate:.0f} polls a second: {caught} of {waits} waits, 0 of {preempted} preemptions", end="")
        print(" (it cannot tell running from ready)")

    def caught(self, tid: int, changes: list[tuple[int, str]]) -> int:
        """How many of the waits have a change to sleeping within 2 ms."""
        mine = [t for t, kind in self.changes.get(tid, []) if kind == "waits"]
        return sum(any(abs(t - t_ns) <= NEAR_NS for t in mine) for t_ns, kind in changes if kind == "waits")
