"""Tier "sampled": /proc polled about a thousand times a second, for machines that allow no perf events.

What it knows exactly are the kernel's totals; what it says about instants is inferred, off by up to one period, and
marked so by the fold. A task is on a core exactly when it has been dispatched once more than it has left
(dispatches = voluntary + involuntary + 1), which tells running from ready where the letter R cannot. Dispatches that
the kernel forgot to count (switch_proof.py) show as too many departures, and are remembered.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import NamedTuple

from ..events import Tier
from . import procfs
from .records import COMM, EXIT, FORK, IN, OUT, PREEMPT, WAKING, RawRecord, TaskGone

PERIOD_NS = 1_000_000


class Sample(NamedTuple):
    """One task at one instant."""

    t_ns: int
    pid: int
    tid: int
    parent: int  # pid of its parent process, or of its own process if it is a further thread
    name: str
    state: str  # letter of /proc/PID/stat
    left: int  # voluntary + involuntary switches
    running_ns: int
    dispatches: int  # those the kernel forgot to count included


def transition_shown(sample: Sample) -> int:
    """The op that led to the state a sample shows: IN (running), PREEMPT (ready), OUT (asleep), EXIT (zombie)."""
    if sample.state in "ZXx":
        return EXIT
    if sample.dispatches > sample.left:
        return IN
    return PREEMPT if sample.state == "R" else OUT


def infer_records(last: Sample | None, now: Sample, since_ns: int) -> list[RawRecord]:
    """Raw records that lead from one sample to the next, spread evenly between them; core unknown (-1); pure.

    What a record of a switch, a wake-up or an end has in ``other`` is the error of its instant: the time between the
    two samples.
    A task without a last sample was born after ``since_ns``, when nobody had seen it.
    """
    ops: list[tuple[int, int, str]] = []
    if last is None:
        ops.append((FORK, now.parent, ""))
        last = now._replace(t_ns=min(since_ns, now.t_ns - 16), dispatches=0, running_ns=0, state="R", left=0)
        ops.append((COMM, 0, now.name))
        was = PREEMPT
    else:
        was = transition_shown(last)
    if last.name != now.name:
        ops.append((COMM, 0, now.name))
    span = now.t_ns - last.t_ns
    inferred = infer_transitions(was, transition_shown(now), now.dispatches - last.dispatches)
    ops += [(op, span, "") for op in inferred]
    times = [now.t_ns - span * (len(ops) - 1 - index) // len(ops) for index in range(len(ops))]
    if len(ops) > 1 and ops[-2][0] == IN:  # it ran and left again: for how long is known
        times[-2] = max(times[-3] if len(ops) > 2 else last.t_ns + 1, times[-1] - now.running_ns + last.running_ns)
    return [(t_ns, op, -1, now.pid, now.tid, other, text) for t_ns, (op, other, text) in zip(times, ops, strict=True)]


def infer_transitions(was: int, became: int, dispatches: int) -> list[int]:
    """The fewest ops from one phase to another, given how often the task got a core in between."""
    found: list[int] = []
    if was == EXIT:
        return found
    if dispatches > 0:
        if was == IN:
            found.append(PREEMPT)
        elif was == OUT:
            found.append(WAKING)
        found.append(IN)
        was = IN
    if became == was or (became == IN and not dispatches):
        return found
    if was == OUT and became == PREEMPT:
        return [*found, WAKING]
    return [*found, became]


class Sampler:
    """Looks at every descendant of the calling process; see :class:`records.Recorder`. Drain it every ``period_ns``."""

    tier: Tier = "sampled"
    period_ns: int | None = PERIOD_NS

    def __init__(self) -> None:
        """Nothing is opened: a sweep reads what is there."""
        self._launcher = os.getpid()
        self._last: dict[int, Sample] = {}
        self._missed: dict[int, int] = {}
        self._swept_ns = time.monotonic_ns()

    def collect(self) -> None:
        """Nothing waits anywhere."""

    def collect_switches(self) -> list[RawRecord]:
        """None: a sweep is a drain."""
        return []

    def drain(self) -> list[RawRecord]:
        """One sweep: what has changed since the last, as if recorded."""
        found: list[RawRecord] = []
        seen: dict[int, Sample] = {}
        begun_ns, queue = time.monotonic_ns(), [self._launcher]
        while queue:
            parent = queue.pop()
            for pid in _children(parent):
                queue.append(pid)
                for sample in map(self._mended, _samples(pid, parent)):
                    seen[sample.tid] = sample
                    found += infer_records(self._last.get(sample.tid), sample, self._swept_ns)
        now = time.monotonic_ns()
        for tid in self._last.keys() - seen.keys():
            if transition_shown(self._last[tid]) != EXIT:
                last = self._last[tid]
                found.append((now, EXIT, -1, last.pid, tid, now - last.t_ns, ""))
        self._last, self._swept_ns = seen, begun_ns
        return found

    def _mended(self, sample: Sample) -> Sample:
        missed = max(self._missed.get(sample.tid, 0), sample.left - sample.dispatches)
        self._missed[sample.tid] = missed
        return sample._replace(dispatches=sample.dispatches + missed)

    def lost_records(self) -> int:
        """Nothing can be lost of what was never promised."""
        return 0

    def close_after_fork(self) -> None:
        """Nothing to drop."""

    def close(self) -> None:
        """Nothing to give back."""


def _children(pid: int) -> list[int]:
    with contextlib.suppress(TaskGone):
        return procfs.list_children(pid)
    return []


def _samples(pid: int, parent: int) -> list[Sample]:
    found = []
    with contextlib.suppress(TaskGone, FileNotFoundError, ProcessLookupError):
        for tid in sorted(map(int, os.listdir(f"/proc/{pid}/task")), key=lambda tid: tid != pid):
            with contextlib.suppress(TaskGone):
                found.append(_sample(pid, tid, parent if tid == pid else pid))
    return found


def _sample(pid: int, tid: int, parent: int) -> Sample:
    place = f"/proc/{pid}/task/{tid}"
    left = sum(procfs.parse_context_switches(procfs.read_file(f"{place}/status")))
    running_ns, _, dispatches = procfs.parse_schedstat(procfs.read_file(f"{place}/schedstat"))
    stat = procfs.parse_stat(procfs.read_file(f"{place}/stat"))
    return Sample(time.monotonic_ns(), pid, tid, parent, stat.name, stat.state, left, running_ns, dispatches)
