"""How often is your program's core taken away? Count the gaps that only the clock shows.

    python3 lab.py          (Windows: py lab.py)

Standard library only; Linux, macOS, Windows. On Linux it also compares with the kernel's own count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

SECONDS = 2.0
GAP_NS = 100_000
MASK = (1 << 64) - 1


def watch(seconds: float) -> tuple[list[int], int, int]:
    """Gaps in ns, the number of steps, and what was computed."""
    gaps, steps, value = [], 0, 1
    first = last = time.perf_counter_ns()
    while last - first < seconds * 1e9:
        now = time.perf_counter_ns()
        if now - last > GAP_NS:
            gaps.append(now - last)
        last = now
        value = (value * 6364136223846793005 + 1442695040888963407) & MASK
        steps += 1
    return gaps, steps, value


def preempted() -> int | None:
    """How often the kernel has taken the core away from this process so far; None where it does not say."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


def report(title: str) -> None:
    """Watch, and print what was seen."""
    before = preempted()
    gaps, steps, value = watch(SECONDS)
    after = preempted()
    print(f"\n{title}: {steps:,} readings of the clock, {len(gaps)} gaps of more than 0.1 ms")
    if gaps:
        print(f"  the longest {max(gaps) / 1e6:.1f} ms, together {sum(gaps) / 1e6:.0f} ms of {SECONDS * 1000:.0f}")
    if before is not None and after is not None:
        print(f"  the kernel counted {after - before} preemptions")
    again = 1
    for _ in range(steps):
        again = (again * 6364136223846793005 + 1442695040888963407) & MASK
    print(f"  the same steps again give {'the same number' if again == value else 'another number'}")


def main() -> None:
    """Alone, then with others that want the same core."""
    report("On its own")
    if hasattr(os, "sched_setaffinity"):
        core = {min(os.sched_getaffinity(0))}
        os.sched_setaffinity(0, core)
    burn = [sys.executable, "-c", "while True: pass"]
    others = [
        subprocess.Popen(burn) for _ in range(2 if hasattr(os, "sched_setaffinity") else 2 * (os.cpu_count() or 1))
    ]
    try:
        report("With others on its core")
    finally:
        for each in others:
            each.kill()
            each.wait()


if __name__ == "__main__":
    main()
