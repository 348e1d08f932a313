"""Capacity for runs: free cores, and memory for runs that take no core."""

from __future__ import annotations

import os
import platform
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

IDLE_BYTES = 64 * 2**20  # of a run that takes no core: its launcher, three programs and their pipes (measured: 40 MiB)
RESERVE_BYTES = 512 * 2**20  # left to the server, its pages and everybody else
MEMORY_SETTLE_S = 3.0  # after so long a run's memory is missing in what is available


class Capacity:
    """Cores, the highest numbers first: the low ones stay with the server where there are enough."""

    def __init__(self, max_idle_runs: int = 0, available: Callable[[], int] | None = None) -> None:
        """``max_idle_runs`` bounds runs without cores, 0: memory alone does. ``available``: bytes of free memory."""
        self.cpus = _cpus()
        self._free = list(self.cpus)
        self._max_idle_runs = max_idle_runs
        self._available = available or available_bytes
        self.idle_runs = 0  # runs without a core that go on
        self._exhausted_at: int | None = None  # so many went on when something they take was used up
        self._recent_starts_s: deque[float] = deque()  # of those that have not taken all of their memory yet

    @property
    def free_cores(self) -> int:
        """How many cores are free."""
        return len(self._free)

    @property
    def free_idle_slots(self) -> int:
        """How many more runs without cores fit."""
        while self._recent_starts_s and time.monotonic() - self._recent_starts_s[0] > MEMORY_SETTLE_S:
            self._recent_starts_s.popleft()
        left = max(0, (self._available() - RESERVE_BYTES) // IDLE_BYTES - len(self._recent_starts_s))
        for bound in (self._max_idle_runs or None, self._exhausted_at):
            if bound is not None:
                left = min(left, max(0, bound - self.idle_runs))
        return left

    def fits(self, cores: int) -> bool:
        """Whether a run that wants so many cores may start now."""
        return cores <= len(self._free) if cores else self.free_idle_slots > 0

    def acquire(self, cores: int) -> list[int]:
        """The cores of a run that starts; for one that wants none, all that there are."""
        if not cores:
            self.idle_runs += 1
            self._recent_starts_s.append(time.monotonic())
            return sorted(self.cpus)
        mine, self._free = self._free[:cores], self._free[cores:]
        return sorted(mine)

    def release(self, cores: int, cpus: list[int]) -> None:
        """Returns the cores of a run that has ended."""
        if cores:
            self._free = sorted([*self._free, *cpus], reverse=True)
        else:
            self.idle_runs -= 1

    def set_exhausted(self, exhausted: bool) -> None:
        """A run without cores could not start for want of something (``exhausted``), or one has ended since."""
        self._exhausted_at = self.idle_runs if exhausted else None


def _cpus() -> list[int]:
    if platform.system() == "Linux":
        return sorted(os.sched_getaffinity(0), reverse=True)
    return list(range(os.cpu_count() or 1))


def available_bytes() -> int:
    """Memory that can still be had: MemAvailable of proc_meminfo(5), less where the cgroup's bound is nearer."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 2**40
    found = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), 2**40)
    try:
        most = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):
        return found
    return found if most == "max" else min(found, max(0, int(most) - used))
