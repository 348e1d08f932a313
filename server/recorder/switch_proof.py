"""Records against the kernel's own counters: what was counted, and whether it adds up; pure.

See docs/design.md. A task that read its own counters as its last act is compared with its records up to that
instant: every number must be equal. A zombie has been switched a few times after its EXIT record: it gave up the core
for good (the exit itself), and to each further departure without a record belongs a dispatch without one.
"""

from __future__ import annotations

from array import array
from typing import Literal, NamedTuple

from ..events import ProofChecked, TaskMeasured
from .records import IN, OUT, PREEMPT, Counters

ProofMethod = Literal["self", "zombie", "tree", "none"]

RUNNING_SHARE = 0.01
RUNNING_PER_DISPATCH_NS = 10_000


class SwitchCounts(NamedTuple):
    """What the records of a task add up to."""

    out: int
    preempted: int
    dispatched: int
    running_ns: int


class SwitchTally:
    """Every switch of one task: nine bytes each, so that the sum up to any instant can be told."""

    __slots__ = ("_ops", "_times")

    def __init__(self) -> None:
        """Nothing yet."""
        self._times = array("q")
        self._ops = bytearray()

    def add(self, t_ns: int, op: int) -> None:
        """Add an OUT, PREEMPT, IN or EXIT record; late ones may come in any order."""
        self._times.append(t_ns)
        self._ops.append(op)

    def counts_until(self, stamp_ns: int | None = None) -> SwitchCounts:
        """The counts up to and with ``stamp_ns`` (default: all)."""
        counts, running, since = [0] * 8, 0, None
        for t_ns, op in sorted(zip(self._times, self._ops, strict=True)):
            if stamp_ns is not None and t_ns > stamp_ns:
                break
            counts[op] += 1
            if op == IN:
                since = t_ns if since is None else since
            elif since is not None:
                running, since = running + t_ns - since, None
        if since is not None and stamp_ns is not None:
            running += stamp_ns - since
        return SwitchCounts(counts[OUT], counts[PREEMPT], counts[IN], running)


def check_counters(
    task: int, tally: SwitchTally, counters: Counters | None, how: ProofMethod, reason: str | None = None
) -> ProofChecked:
    """Compare. ``counters`` None means they could not be read: "not proved", for ``reason``.

    Running time is compared within 1 % + 10 µs a dispatch; a task that differs in nothing else is still proved, and
    the reason says by how much. The switches are counted one by one, the time is not: a virtual machine that the host
    stops between a record and the kernel's own stamp, or in the middle of a slice, loses or gains that pause (up to
    9 ms were seen on a host with a load of 1000; on an idle one 0.1 %).
    """
    if counters is None or how == "none":
        counts = tally.counts_until()
        reason = reason or "its counters had left /proc before they could be read"
        return _fact(task, counts, counters, "not_proved", "none", reason)
    counts = tally.counts_until(counters.stamp_ns if how == "self" else None)
    wrong = _wrong_self(counts, counters) if how == "self" else _wrong_zombie(counts, counters)
    return _fact(
        task,
        counts,
        counters,
        "differs" if wrong else "proved",
        how,
        wrong or _tolerated_difference(counts, counters, how),
    )


def _wrong_self(counts: SwitchCounts, counters: Counters) -> str | None:
    left = (counts.out, counts.preempted) == (counters.voluntary, counters.involuntary)
    missed = counts.dispatched - counters.dispatches
    if left and (missed == 0 or _may_miss(missed, counts, counts.preempted)):
        return None
    return "records and counters differ"


def _wrong_zombie(counts: SwitchCounts, counters: Counters) -> str | None:
    """Most zombies have slept once more than their records say, the exit; on a busy machine some wait for a lock of
    the kernel's on their way out, too."""
    slept, preempted = counters.voluntary - counts.out - 1, counters.involuntary - counts.preempted
    if slept < 0:
        return "the exit, a voluntary switch, is missing from the counters"
    missed = slept + preempted - (counters.dispatches - counts.dispatched)
    if preempted < 0 or (missed and not _may_miss(missed, counts, 1 + counters.involuntary // 100)):
        return "departures and dispatches without a record do not pair up"
    return None


def _may_miss(missed: int, counts: SwitchCounts, most: int) -> bool:
    """The kernel's dispatch count may be short of its own switch counts: by at most one a preemption, ``most``.

    sched_info_arrive() counts a dispatch of a task that sched_info_depart() or an enqueue has put on the run queue's
    books. A task preempted on its way to sleep, its state no longer TASK_RUNNING, stays on the run queue but off those
    books (kernel/sched/stats.h): its next dispatch is not counted. So departures are the judge: they must be equal to
    the kernel's, and each dispatch but the first must follow one. Of a zombie not all departures have records: there
    the count may be short by little only.
    """
    return counts.dispatched == counts.out + counts.preempted + 1 and 0 < missed <= most


def running_time_excess_ns(counts: SwitchCounts, counters: Counters, how: ProofMethod = "self") -> int:
    """By how much the running time is outside the tolerance; 0 if it is within. A zombie ran on after its EXIT
    record, for a time no record tells: there only what the records have too much counts."""
    allowed = int(counters.running_ns * RUNNING_SHARE) + RUNNING_PER_DISPATCH_NS * max(1, counters.dispatches)
    over = counts.running_ns - counters.running_ns
    return max(0, (over if how == "zombie" else abs(over)) - allowed)


def _tolerated_difference(counts: SwitchCounts, counters: Counters, how: ProofMethod) -> str | None:
    off, missed = running_time_excess_ns(counts, counters, how), counts.dispatched - counters.dispatches
    if how == "self" and missed:
        return (
            f"every departure is accounted for; the kernel's dispatch count leaves out {missed}, as it sometimes does"
        )
    if not off:
        return None
    return f"every switch is accounted for; running time differs by {off / 1e6:.3f} ms more than 1 % + 10 µs a dispatch"


def _fact(
    task: int,
    counts: SwitchCounts,
    counters: Counters | None,
    verdict: Literal["proved", "differs", "not_proved"],
    how: ProofMethod,
    reason: str | None,
) -> ProofChecked:
    kept = counters if counters is not None else None
    return ProofChecked(
        task=task,
        verdict=verdict,
        out=counts.out,
        voluntary=kept and kept.voluntary,
        preempted=counts.preempted,
        involuntary=kept and kept.involuntary,
        dispatched=counts.dispatched,
        dispatches=kept and kept.dispatches,
        running_ns=counts.running_ns,
        schedstat_ns=kept and kept.running_ns,
        how=how,
        reason=reason,
    )


def task_measured(task: int, counters: Counters) -> TaskMeasured:
    """The kernel's totals as a fact."""
    return TaskMeasured(
        task, counters.running_ns, counters.ready_ns, counters.dispatches, counters.voluntary, counters.involuntary
    )
