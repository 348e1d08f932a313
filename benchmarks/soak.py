"""Run after run on one server: what it holds in the end that it did not hold after the first.

    python -m benchmarks.soak [N]

Goals: descriptors + 2, threads + 2 at most, no process left. The slope of the resident memory is that of the runs after
the first 200 (the first tenth where there are fewer), in bytes a run; a line every 100 runs says how far it is, so that
a series that is broken off has told something.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.server_under_test import ENDED, TERM, ServerUnderTest

LESSONS = ("calm", "threads", "crash", "program")
WARM = 10
SETTLED = 200  # runs after which the server has allocated what it allocates once, and its shelf is full
EVERY = 100


def held(pid: int) -> tuple[int, int, int]:
    """Descriptors, threads, and resident memory in bytes (proc_pid_status(5))."""
    text = Path(f"/proc/{pid}/status").read_text()
    threads, rss_kib = (int(re.findall(rf"{name}:\s+(\d+)", text)[0]) for name in ("Threads", "VmRSS"))
    return len(list(Path(f"/proc/{pid}/fd").iterdir())), threads, rss_kib * 1024


def run(sut: ServerUnderTest, lesson: str) -> None:
    """One run, watched to its end."""
    made = sut.start(lesson)
    assert made is not None
    sut.ask("GET", f"/api/runs/{made['id']}/events", within_s=60)
    assert sut.settle(lambda: sut.status(made["id"]) in ENDED, 60)


def slope(memory: list[int]) -> str:
    """Bytes a run, by least squares, once the server has settled."""
    later = memory[SETTLED:] if len(memory) > 2 * SETTLED else memory[len(memory) // 10 :]
    return f"{statistics.linear_regression(range(len(later)), later).slope:.0f} bytes a run"


def say(done: int, first: tuple[int, int, int], now: tuple[int, int, int], memory: list[int]) -> None:
    print(
        f"{done} runs: descriptors {first[0]} -> {now[0]}, threads {first[1]} -> {now[1]}, "
        f"resident {first[2] / 2**20:.1f} -> {now[2] / 2**20:.1f} MiB, slope {slope(memory)}, "
        f"load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> int:
    """Prints what was held; 1 if a goal was missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        sut = ServerUnderTest(Path(folder, "data"))
        sut.up()
        for number in range(WARM):
            run(sut, LESSONS[number % len(LESSONS)])
        first, memory = held(sut.pid), list[int]()
        for number in range(count - WARM):
            run(sut, LESSONS[number % len(LESSONS)])
            memory.append(held(sut.pid)[2])
            if (number + 1) % EVERY == 0:
                say(number + 1 + WARM, first, held(sut.pid), memory)
        quiet = sut.settle(lambda: not sut.roles()["launcher"] and sut.open_fds() <= first[0] + 2)
        last = held(sut.pid)
        sut.end(TERM)
    print("in the end:")
    say(count, first, last, memory)
    return 0 if quiet and last[0] - first[0] <= 2 and last[1] - first[1] <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
