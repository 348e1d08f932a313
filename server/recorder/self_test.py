"""The self-test: which way of hearing the kernel works here, proved on a sleeper and two hogs, and what would raise it.

It forks: call it in a small single-threaded process (a forked child of the spawner, or the command line).
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..events import Entry, TaskState, Tier
from . import procfs
from .polling import open_recorder, poll_recorder
from .records import Counters, Recorder, RecorderUnavailable, ResourcesExhausted
from .state_reconstructor import StateReconstructor
from .switch_proof import check_counters

TIERS_BEST_FIRST: tuple[Tier, ...] = ("exact+wake", "exact", "sampled", "recording")
HOG_NS = 40_000_000  # CPU time of a hog: several slices, at 100 ticks a second too
NAPS, NAP_S = 3, 0.002
TIMEOUT_S = 10.0

PERF_EVENT_PARANOID = "/proc/sys/kernel/perf_event_paranoid"


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """The best tier that works here, and why not a better one."""

    tier: Tier
    reason: str  # one English sentence
    remedy: str | None  # the one command that would raise the tier; None if nothing would
    kernel: str  # uname -r


class SelfTestFailed(Exception):
    """A tier opened but did not hear what happened; the message is one English sentence."""


def run_self_test(best: Tier = "exact+wake", cpus: Sequence[int] | None = None) -> SelfTestResult:
    """Try the tiers from ``best`` down and prove each before it is trusted (about 0.2 s each).

    ``cpus``: the first of them carries the test's tasks (default: any this process may use). Never raises: where
    nothing works the tier is "recording".
    """
    kernel, failures = platform.release(), []
    for tier in TIERS_BEST_FIRST[TIERS_BEST_FIRST.index(best) :]:
        if tier == "recording":
            break
        try:
            said = _test_tier(tier, min(cpus or os.sched_getaffinity(0)))
        except (RecorderUnavailable, ResourcesExhausted, SelfTestFailed, OSError) as error:
            failures.append(f"{tier}: {error}")
            continue
        reason = "; ".join([*failures, said])
        return SelfTestResult(tier, reason, remedy(tier) if failures else None, kernel)
    return SelfTestResult(
        "recording", "; ".join(failures) or "only recordings were asked for", remedy("recording"), kernel
    )


def remedy(tier: Tier) -> str | None:
    """The one command that would raise this tier here, as far as can be told."""
    if tier == "exact+wake":
        return None
    if platform.system() != "Linux":
        return "run it on Linux"
    if tier == "exact":
        return "run it as root, or with CAP_PERFMON and readable tracefs"
    if os.path.exists("/.dockerenv"):
        return "docker run --cap-add PERFMON …"
    if _paranoid() > 2:
        return "sudo sysctl kernel.perf_event_paranoid=2"
    return None


def _paranoid() -> int:
    try:
        with open(PERF_EVENT_PARANOID) as file:
            return int(file.read())
    except (OSError, ValueError):
        return -1


def _test_tier(tier: Tier, cpu: int) -> str:
    """Listen to a sleeper and two hogs on one core; :class:`SelfTestFailed` if what is heard does not add up."""
    recorder = open_recorder(tier)
    try:
        reconstructor = StateReconstructor(os.getpid(), time.monotonic_ns(), recorder.tier, 0, recorder.period_ns)
        gate = os.pipe()
        tasks = [_TestTask(recorder, cpu, work, gate) for work in (_hog, _hog, _sleeper)]
        for end in gate:
            os.close(end)  # closing the last write end opens the gate: all begin together
        try:
            entries = _record_test(recorder, reconstructor, tasks)
        finally:
            for task in tasks:
                task.end()
        entries += poll_recorder(recorder, reconstructor) + reconstructor.finish()
        return _check_result(tier, recorder, reconstructor, tasks, entries)
    finally:
        recorder.close()


def _hog() -> None:
    while time.thread_time_ns() < HOG_NS:
        for _ in range(20_000):
            pass


def _sleeper() -> None:
    for _ in range(NAPS):
        time.sleep(NAP_S)


class _TestTask:
    """One task of the self-test: works, reads its own counters, says them, leaves."""

    def __init__(self, recorder: Recorder, cpu: int, work: Callable[[], None], gate: tuple[int, int]) -> None:
        """Fork it; it begins when nobody holds the gate's write end any more."""
        self.counters: Counters | None = None
        self.ended = False
        self.said, say = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _child(recorder, cpu, work, gate, say)
        os.close(say)

    def poll(self) -> bool:
        """Has it ended? Then its counters are read and it is reaped."""
        if not self.ended and os.waitpid(self.pid, os.WNOHANG) != (0, 0):
            self.ended = True
            words = os.read(self.said, 4096).split()
            self.counters = Counters(*map(int, words)) if len(words) == len(Counters._fields) else None
        return self.ended

    def end(self) -> None:
        """Leave nothing behind."""
        if not self.ended:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.said)


def _child(recorder: Recorder, cpu: int, work: Callable[[], None], gate: tuple[int, int], say: int) -> None:
    code = 1
    try:
        recorder.close_after_fork()
        os.close(gate[1])
        os.sched_setaffinity(0, [cpu])
        os.read(gate[0], 1)
        work()
        os.write(say, " ".join(map(str, procfs.read_own_counters())).encode())
        code = 0
    finally:
        os._exit(code)


def _record_test(recorder: Recorder, reconstructor: StateReconstructor, tasks: list[_TestTask]) -> list[Entry]:
    entries: list[Entry] = []
    deadline = time.monotonic() + TIMEOUT_S
    pause = (recorder.period_ns or 2_000_000) / 1e9
    while sum(task.poll() for task in tasks) < len(tasks):
        if time.monotonic() > deadline:
            raise SelfTestFailed(f"the self-test did not end within {TIMEOUT_S:.0f} s")
        entries += poll_recorder(recorder, reconstructor)
        time.sleep(pause)
    return entries


def _check_result(
    tier: Tier, recorder: Recorder, reconstructor: StateReconstructor, tasks: list[_TestTask], entries: list[Entry]
) -> str:
    if recorder.lost_records():
        raise SelfTestFailed(f"{recorder.lost_records()} records of the self-test were lost")
    numbers = [reconstructor.task_number(task.pid) for task in tasks]
    if None in numbers or any(task.counters is None for task in tasks):
        raise SelfTestFailed("not every task of the self-test was heard of")
    hog, other, sleeper = (number or 0 for number in numbers)
    if tier == "sampled":
        return "polling /proc works"
    for task, number in zip(tasks, (hog, other, sleeper), strict=True):
        if check_counters(number, reconstructor.switch_tally(number), task.counters, "self").verdict != "proved":
            raise SelfTestFailed("records and the kernel's own counters differ in the self-test")
    if reconstructor.switch_tally(sleeper).counts_until().out < NAPS:
        raise SelfTestFailed("a sleeping task was not seen to give up its core")
    if (
        not reconstructor.switch_tally(hog).counts_until().preempted
        + reconstructor.switch_tally(other).counts_until().preempted
    ):
        raise SelfTestFailed("two tasks on one core were never seen to be preempted")
    return _check_wakeups(sleeper, entries) if tier == "exact+wake" else "records equal the kernel's own counters"


def _check_wakeups(sleeper: int, entries: list[Entry]) -> str:
    """Every nap's end and the opened gate should have a waker. Some kernels drop a wake-up by an interrupt on an idle
    core; the fold derives those, so one heard wake-up is enough, and the reason says what is missing."""
    woken = [each.fact for each in entries if isinstance(each.fact, TaskState) and each.fact.cause == "woken"]
    mine = [fact for fact in woken if fact.task == sleeper]
    heard = sum(fact.by is not None for fact in mine)
    if not heard:
        raise SelfTestFailed("wake-ups were not heard, or name tasks by other numbers (another pid namespace)")
    said = "records equal the kernel's own counters, wake-ups are heard"
    return said if heard == len(mine) else f"{said}; {len(mine) - heard} of {len(mine)} wake-ups had to be derived"
