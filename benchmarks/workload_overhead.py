"""What being recorded costs the recorded: one workload of two processes, bare and heard by our recorder, in turn.

21 interleaved pairs; the figure is the median ratio with its 95 % interval by order statistics (binomial, no assumption
about the distribution). Compared is the CPU time of the workload, the kernel's part included. VizTracer runs the same
workload beside it, from a virtual environment that goes away.
"""

from __future__ import annotations

import contextlib
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from server import recorder
from server.events import Tier

PAIRS, PEER_PAIRS, GOAL = 21, 7, 1.03
#: Two processes hand a byte to and fro and compute in between: far more switches a second than any lesson has.
WORK = """
import os
def step(n):
    total = 0
    for i in range(n):
        total += i * i
    return total
a, b = os.pipe(), os.pipe()
child = os.fork()
for _ in range(2500):
    if child:
        step(1500)
        os.write(a[1], b"x")
        os.read(b[0], 1)
    else:
        os.read(a[0], 1)
        step(1500)
        os.write(b[1], b"x")
if not child:
    os._exit(0)
os.waitpid(child, 0)
"""


def bare(program: Path) -> float:
    """CPU seconds of one run, nobody listening."""
    return timed([sys.executable, "-I", str(program)])


def timed(command: list[str]) -> float:
    """CPU seconds of a command and its children, which other people's load changes far less than the wall clock."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command[:3]} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime


def heard(program: Path, tier: Tier) -> tuple[float, int, int]:
    """The same under our recorder, its rings read every 10 ms by a launcher: (CPU seconds, records, lost)."""
    out, into = os.pipe()
    launcher = os.fork()
    if launcher == 0:
        os.write(into, " ".join(map(str, listen(program, tier))).encode())
        os._exit(0)
    os.close(into)
    os.waitpid(launcher, 0)
    said = os.read(out, 200).decode().split()
    os.close(out)
    return float(said[0]), int(said[1]), int(said[2])


def listen(program: Path, tier: Tier) -> tuple[float, int, int]:
    """In the launcher: opens the recorder on itself, forks the workload, drains until it has ended."""
    records = 0
    ears = recorder.open_recorder(tier)
    child = os.fork()
    if child == 0:
        ears.close_after_fork()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.execv(sys.executable, [sys.executable, "-I", str(program)])
    while (ended := os.wait4(child, os.WNOHANG))[0] == 0:
        records += len(ears.drain())
        time.sleep(0.01)
    took = ended[2].ru_utime + ended[2].ru_stime
    records += len(ears.drain())
    lost = ears.lost_records()
    ears.close()
    return took, records, lost


def interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of the median: the k-th smallest and k-th largest, k from the binomial distribution."""
    n, ordered = len(values), sorted(values)
    below, k = 0.0, 0
    while below + math.comb(n, k) / 2**n <= 0.025:
        below += math.comb(n, k) / 2**n
        k += 1
    k = max(k, 1)
    return ordered[k - 1], ordered[n - k]


@contextlib.contextmanager
def viztracer() -> Iterator[str | None]:
    """The interpreter of a new environment with VizTracer; None with the reason printed."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "viztracer"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            print(f"VizTracer skipped: {made.stderr.strip()[-200:]}")
        yield None if made.returncode else python


def pairs(count: int, program: Path, other: Callable[[], float]) -> list[float]:
    """Ratios other / bare, in turn; which comes first changes, so that a drift favours neither."""
    found = []
    for n in range(count):
        first = other() if n % 2 else bare(program)
        second = bare(program) if n % 2 else other()
        found.append(first / second if n % 2 else second / first)
    return found


def say(name: str, ratios: list[float]) -> float:
    """Prints the median with its interval, and returns it."""
    low, high = interval(ratios)
    middle = statistics.median(ratios)
    sure = f"95 % interval {low:.3f} to {high:.3f}, {len(ratios)} pairs"
    print(f"{name:28} {middle:.3f} times the CPU time ({sure})", flush=True)
    return middle


def main() -> int:
    """Exit status 1 if being recorded costs more than the goal and the interval does not reach down to it."""
    finding = recorder.run_self_test()
    print(f"tier {finding.tier}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    if finding.tier not in ("exact", "exact+wake"):
        print(f"skipped: this machine records nothing exactly ({finding.reason})")
        return 0
    heard_of: list[tuple[int, int]] = []

    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "work.py")
        program.write_text(WORK)

        def ours() -> float:
            seconds, records, lost = heard(program, finding.tier)
            heard_of.append((records, lost))
            return seconds

        seconds = bare(program)
        control = pairs(PAIRS, program, lambda: bare(program))
        ratios = pairs(PAIRS, program, ours)
        say("nothing (the noise itself)", control)
        say("our recorder", ratios)
        lost = sum(count for _, count in heard_of)
        print(f"{heard_of[-1][0]} records in a run of {seconds:.2f} CPU s; lost in {len(heard_of)} runs: {lost}")
        with viztracer() as python:
            if python:
                command = [python, "-m", "viztracer", "--quiet", "-o", f"{folder}/trace.json", str(program)]
                say("VizTracer", pairs(PEER_PAIRS, program, lambda: timed(command)))
    low, _ = interval(ratios)
    print(f"goal: at most {GOAL} times, within the interval")
    return 0 if low <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
