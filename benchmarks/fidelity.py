"""Our records against an independent witness: `perf sched record` of the same run, as root; psutil at 1 kHz beside it.

Goals: ≥ 99.9 % of the switches perf saw are in the log within 20 µs, nothing is in the log that perf did not see,
0 lost, median error ≤ 3 µs. A task's exit is left out: after its EXIT record the kernel writes none of ours for it, and
what is left of the task can still be preempted on its way out.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections import defaultdict
from pathlib import Path

from benchmarks.baselines import Psutil
from server.events import Entry, LogLost, RunStarted, TaskBorn, TaskState, decode

ROOT = Path(__file__).resolve().parent.parent
NEAR_NS = 20_000
SWITCH = re.compile(
    r"^\s*\d+\s+\[\d+\]\s+(\d+)\.(\d+):\s+sched:sched_switch:"
    r".* prev_pid=(\d+) .*prev_state=(\S+) ==> .* next_pid=(\d+) "
)
Change = tuple[int, str]  # CLOCK_MONOTONIC in ns; "in", "preempted" or "waits"


def record(lesson: list[str], folder: Path) -> tuple[list[Entry], dict[int, list[Change]], Psutil]:
    """One run under `perf sched record`: our entries, perf's changes by tid, and what psutil saw meanwhile."""
    data, log = folder / "perf.data", folder / "run.ndjson"
    command = ["perf", "sched", "record", "-k", "CLOCK_MONOTONIC", "-m", "4M", "-o", str(data), "--"]
    ours = [sys.executable, "-m", "server", "run", *lesson, "--json", str(log)]
    with subprocess.Popen(
        [*command, *ours], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as child:
        peer = Psutil(child.pid)
        peer.watch(until=child)
        said = child.stderr.read() if child.stderr else ""
    if not log.exists():
        raise RuntimeError(f"the run wrote no log: {said.strip()[-300:]}")
    script = subprocess.run(
        ["perf", "script", "-i", str(data), "--ns", "-F", "tid,cpu,time,event,trace"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [decode(line) for line in log.read_text().splitlines()], changes_of_perf(script.stdout), peer


def changes_of_perf(text: str) -> dict[int, list[Change]]:
    """Every in and out of every tid, in order; the out at exit (state X or Z) is left out."""
    found: dict[int, list[Change]] = defaultdict(list)
    for line in text.splitlines():
        match = SWITCH.match(line)
        if not match:
            continue
        t_ns = int(match[1]) * 10**9 + int(match[2].ljust(9, "0"))
        if match[4][0] not in "XZ":
            found[int(match[3])].append((t_ns, "preempted" if match[4][0] == "R" else "waits"))
        found[int(match[5])].append((t_ns, "in"))
    return found


def changes_of_log(entries: list[Entry]) -> dict[int, list[Change]]:
    """The same from our log."""
    zero = next(e.fact.monotonic_ns for e in entries if isinstance(e.fact, RunStarted))
    tids = {e.fact.task: e.fact.tid for e in entries if isinstance(e.fact, TaskBorn)}
    words = {"dispatched": "in", "preempted": "preempted", "waits": "waits", "stopped": "waits"}
    found: dict[int, list[Change]] = {tid: [] for tid in tids.values()}
    for entry in entries:
        if isinstance(entry.fact, TaskState) and entry.fact.cause in words:
            found[tids[entry.fact.task]].append((zero + entry.t_ns, words[entry.fact.cause]))
    return {tid: sorted(changes) for tid, changes in found.items()}


def match(wanted: list[Change], offered: list[Change]) -> list[int | None]:
    """For each wanted change the distance in ns to a change of the same kind that is near, each used once, or None."""
    left: dict[str, list[int]] = defaultdict(list)
    for t_ns, kind in offered:
        left[kind].append(t_ns)
    distances: list[int | None] = []
    for t_ns, kind in wanted:
        times = left[kind]
        at = bisect_left(times, t_ns)
        near = [i for i in (at - 1, at) if 0 <= i < len(times) and abs(times[i] - t_ns) <= NEAR_NS]
        best = min(near, key=lambda i: abs(times[i] - t_ns), default=None)
        distances.append(None if best is None else abs(times.pop(best) - t_ns))
    return distances


def before_exit(entries: list[Entry], perf: dict[int, list[Change]]) -> dict[int, list[Change]]:
    """What perf saw of the run's tasks up to their EXIT records."""
    zero = next(e.fact.monotonic_ns for e in entries if isinstance(e.fact, RunStarted))
    tids = {e.fact.task: e.fact.tid for e in entries if isinstance(e.fact, TaskBorn)}
    exits = {
        tids[e.fact.task]: zero + e.t_ns for e in entries if isinstance(e.fact, TaskState) and e.fact.cause == "exited"
    }
    return {tid: [change for change in perf[tid] if change[0] <= exits.get(tid, change[0])] for tid in tids.values()}


def compare(entries: list[Entry], perf: dict[int, list[Change]]) -> tuple[list[int | None], list[int | None]]:
    """(what perf saw, looked up in the log; what the log says, looked up in perf), over all tasks of the run."""
    seen: list[int | None] = []
    said: list[int | None] = []
    for tid, ours in changes_of_log(entries).items():
        seen += match(perf[tid], ours)
        said += match(ours, perf[tid])
    return seen, said


def main() -> int:
    """Prints the comparison; exit status 1 if a goal is missed, 0 with a reason where there is no perf."""
    if not shutil.which("perf"):
        print("skipped: there is no `perf` on this machine (Debian: linux-perf)")
        return 0
    lesson = sys.argv[1:] or ["concurrency-parallelism"]
    with tempfile.TemporaryDirectory() as folder:
        entries, perf, peer = record(lesson, Path(folder))
    perf = before_exit(entries, perf)
    seen, said = compare(entries, perf)
    hit = [distance for distance in seen if distance is not None]
    extra = sum(distance is None for distance in said)
    lost = sum(e.fact.count for e in entries if isinstance(e.fact, LogLost))
    share = len(hit) / len(seen)
    error = statistics.median(hit) / 1e3
    print(
        f"perf sched saw {len(seen)} switches of the run's tasks; {len(hit)} are in the log within 20 µs: {share:.3%}"
    )
    print(f"in the log and not seen by perf: {extra} of {len(said)};  lost: {lost};  median error {error:.2f} µs")
    peer.report(perf)
    return 0 if share >= 0.999 and extra == 0 and lost == 0 and error <= 3 else 1


if __name__ == "__main__":
    sys.exit(main())
