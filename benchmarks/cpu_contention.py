"""Others' share of the wanted core time, as a log says it, against `perf sched record -a` of the same run (root).

    python -m benchmarks.cpu_contention [SLUG] [--preset NAME] [--runs 5] [--busy 0]

perf sees every switch of the machine: so of each stretch in which a task of ours is ready and a core that it may use is
not ours, it says who had the core: another task, or nobody (idle, counted apart). Goal: our share within 5 points of
what other tasks had by perf, median of the runs; which task is ready when is read from the log. ``--busy N`` loads the
cores with N processes meanwhile.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from benchmarks.busy import busy
from server.events import Entry, RunStarted, TaskBorn, decode
from server.log.contention import contended_segments, cpu_demand, trial_bounds
from server.log.timeline import read

ROOT = Path(__file__).resolve().parent.parent
SWITCH = re.compile(r"^\s*\d+\s+\[(\d+)\]\s+(\d+)\.(\d+):\s+sched:sched_switch:.* next_pid=(\d+) ")


class Shares(NamedTuple):
    """Of the wanted core time, in percent: what others had by the log; by perf, tasks of others, and idle cores."""

    log: float
    tasks: float
    idle: float


def record(lesson: Sequence[str], folder: Path) -> tuple[list[Entry], str]:
    """One run under perf: our entries, and perf's switches as text."""
    data, log = folder / "perf.data", folder / "run.ndjson"
    command = ["perf", "sched", "record", "-a", "-k", "CLOCK_MONOTONIC", "-m", "4M", "-o", str(data), "--"]
    ours = [sys.executable, "-m", "server", "run", *lesson, "--json", str(log)]
    subprocess.run([*command, *ours], cwd=ROOT, capture_output=True, text=True, check=False)
    script = ["perf", "script", "-i", str(data), "--ns", "-F", "tid,cpu,time,event,trace"]
    said = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    return [decode(line) for line in log.read_text().splitlines()], said


def on_cores(text: str) -> dict[int, tuple[list[int], list[int]]]:
    """Of each core, the instants of its switches (CLOCK_MONOTONIC, ns) and the tid that came."""
    found: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for match in filter(None, map(SWITCH.match, text.splitlines())):
        cpu, seconds, rest, tid = match.groups()
        times, tids = found[int(cpu)]
        times.append(int(seconds) * 1_000_000_000 + int(rest.ljust(9, "0")))
        tids.append(int(tid))
    return found


def shares(entries: Sequence[Entry], text: str) -> Shares:
    """What the log and perf say of one run, over all its trials."""
    timeline, cores = read(entries), on_cores(text)
    started = next(entry.fact for entry in entries if isinstance(entry.fact, RunStarted))
    ours = {entry.fact.tid for entry in entries if isinstance(entry.fact, TaskBorn)}
    log_ns = ours_ns = 0
    perf_ns = {"tasks": 0.0, "idle": 0.0}
    for trial in timeline.trials.values():
        said = cpu_demand(timeline, trial)
        if said is None:
            continue
        log_ns, ours_ns = log_ns + said.others_ns, ours_ns + said.ours_ns
        for from_ns, to_ns, cpus, ready in contended_segments(timeline, *trial_bounds(trial, timeline.end_ns)):
            held: dict[str, int] = {"tasks": 0, "idle": 0}
            for cpu in cpus:
                for who, length in holders(cores[cpu], started.monotonic_ns + from_ns, started.monotonic_ns + to_ns):
                    if who not in ours:
                        held["idle" if who == 0 else "tasks"] += length
            scale = min(1.0, ready / len(cpus))
            for kind, length in held.items():
                perf_ns[kind] += scale * length
    return Shares(*(100 * ns / max(1, ns_all) for ns, ns_all in (
        (log_ns, log_ns + ours_ns),
        (perf_ns["tasks"], sum(perf_ns.values()) + ours_ns),
        (perf_ns["idle"], sum(perf_ns.values()) + ours_ns),
    )))  # fmt: skip


def holders(core: tuple[list[int], list[int]], from_ns: int, to_ns: int) -> list[tuple[int, int]]:
    """Who had a core for how long between two instants."""
    times, tids = core
    found, at = [], max(0, bisect_right(times, from_ns) - 1)
    while at < len(times) and times[at] < to_ns:
        end = times[at + 1] if at + 1 < len(times) else to_ns
        found.append((tids[at], max(0, min(end, to_ns) - max(times[at], from_ns))))
        at += 1
    return found


def main() -> int:
    """Compare several runs; 0 if the median difference is at most 5 points."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cpu_contention", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("slug", nargs="?", default="multiprogramming")
    parser.add_argument("--preset", default="two_cores")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0, help="processes that compute meanwhile, spread over the cores")
    asked = parser.parse_args()
    differences = []
    for number in range(1, asked.runs + 1):
        with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
            for each in range(asked.busy):
                stack.enter_context(busy(each % 2))
            found = shares(*record([asked.slug, "--preset", asked.preset], Path(folder)))
        differences.append(found.log - found.tasks)
        print(
            f"{number}: by the log {found.log:.1f} %, by perf {found.tasks:.1f} % tasks of others "
            f"and {found.idle:.1f} % idle, difference {differences[-1]:+.1f} points",
            flush=True,
        )
    middle = statistics.median(abs(each) for each in differences)
    print(f"median difference {middle:.1f} points")
    return 0 if middle <= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
