"""Run after run on one server: what it holds in the end that it did not hold after the first.

    python -m benchmarks.soak [N]

Goals: descriptors + 2, threads + 2 at most, no process left. The slope of the resident memory after the first tenth is
printed in bytes a run.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.stand import ENDED, TERM, Stand

LESSONS = ("calm", "threads", "crash", "program")
WARM = 10


def held(pid: int) -> tuple[int, int, int]:
    """Descriptors, threads, and resident memory in bytes (proc_pid_status(5))."""
    text = Path(f"/proc/{pid}/status").read_text()
    threads, rss_kib = (int(re.findall(rf"{name}:\s+(\d+)", text)[0]) for name in ("Threads", "VmRSS"))
    return len(list(Path(f"/proc/{pid}/fd").iterdir())), threads, rss_kib * 1024


def run(stand: Stand, lesson: str) -> None:
    """One run, watched to its end."""
    made = stand.start(lesson)
    assert made is not None
    stand.ask("GET", f"/api/runs/{made['id']}/events", within_s=60)
    assert stand.settle(lambda: stand.status(made["id"]) in ENDED, 60)


def main() -> int:
    """Prints what was held; 1 if a goal was missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        stand = Stand(Path(folder, "data"))
        stand.up()
        for number in range(WARM):
            run(stand, LESSONS[number % len(LESSONS)])
        first, memory = held(stand.pid), list[int]()
        for number in range(count - WARM):
            run(stand, LESSONS[number % len(LESSONS)])
            memory.append(held(stand.pid)[2])
        quiet = stand.settle(lambda: not stand.roles()["launcher"] and stand.open_fds() <= first[0] + 2)
        last = held(stand.pid)
        stand.end(TERM)
    later = memory[len(memory) // 10 :]
    slope = statistics.linear_regression(range(len(later)), later).slope
    print(f"{count} runs: descriptors {first[0]} -> {last[0]}, threads {first[1]} -> {last[1]}")
    print(f"resident {first[2] / 2**20:.1f} -> {last[2] / 2**20:.1f} MiB, slope {slope:.0f} bytes a run")
    return 0 if quiet and last[0] - first[0] <= 2 and last[1] - first[1] <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
