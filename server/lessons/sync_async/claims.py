"""What this lesson claims, each a fold over the log of one run, and what it measures; it draws and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ...events import Entry, ProofChecked, ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, counted_verdict
from ...log.timeline import Span
from .readings import Job, Jobs, kind

MS = 1_000_000
ASLEEP_SHARE = 0.9  # of the job's computing: from here on the lesson says that the caller slept through it
AWAKE_SHARE = 0.01  # a busy asker may sleep for so much of it
CHEAP_SHARE = 0.1  # CPU time of a caller that naps between its questions, of the whole wait
SUM_SHARE, SUM_NS = 0.05, 2 * MS  # the log's time on a core may differ from the kernel's sum: its stamps are others
RECEIVER = {"pool": "_handle_results", "processes": "ExecutorManager"}  # the thread that a pool's results come in by
LATE_NS = MS  # learning of the result so much later counts as late


class Each(SettlingClaim, Jobs):
    """A claim about every trial of some kinds: held if it held in all of them, settled by the first that breaks it."""

    kinds: ClassVar[tuple[str, ...]] = ()  # none: every trial
    pools: ClassVar[tuple[str, ...]] = ()  # none: with every pool
    never: ClassVar[bool] = False  # "not once", "at most": what samples do not show may have been

    def done(self, job: Job) -> Iterable[ClaimResult]:
        if (self.kinds and job.kind not in self.kinds) or (self.pools and job.pool not in self.pools):
            return ()
        if self.never and not self.timeline.exact:
            return ()
        at_ns, to_ns, task = self.where(job)
        return self.settle(self.wrong(job), task, at_ns, job.style, to_ns)

    def wrong(self, job: Job) -> str | None:
        """None if it holds, the figures that break it if not, "" if this trial cannot tell."""
        raise NotImplementedError

    def where(self, job: Job) -> tuple[int, int | None, int]:
        """Where to look, from when to when and at whom: at the caller while the job computes."""
        return job.computes_ns, job.computed_ns, job.call.task


class DirectAwake(Each):
    """A direct call: the caller's thread does not sleep once from call to return."""

    name, kinds, never = "direct_awake", ("direct",), True

    def wrong(self, job: Job) -> str | None:
        sleeps = job.sleeps(job.call.from_ns, job.call.end_ns)
        return f"{len(sleeps)} sleeps" if sleeps else None


class Asleep(Each):
    """A synchronous call of a pool: while the worker computes, the caller's thread sleeps, on a futex.

    Being ready counts for neither: how soon a thread gets a core is not its own doing, and differs with the load.
    """

    name, kinds = "apply_asleep", ("apply",)

    def wrong(self, job: Job) -> str | None:
        share, why = job.asleep_share(), job.why()
        if share < ASLEEP_SHARE:
            return f"asleep for {100 * share:.0f} %"
        if why is None:
            return ""
        return None if why == "futex" else f"it slept for {why}"


class BothAsleep(Asleep):
    """The job of a synchronous call does I/O: the worker sleeps until the answer, and the caller as before."""

    name, kinds = "both_asleep", ("io",)

    def wrong(self, job: Job) -> str | None:
        share = job.asleep_share(job.worker)
        return f"the worker was asleep for {100 * share:.0f} %" if share < ASLEEP_SHARE else super().wrong(job)


class ThreadSleeps(Asleep):
    """With a pool of threads the process runs meanwhile: the sleeper is the thread, not the process."""

    name, pools = "thread_sleeps", ("threads",)

    def wrong(self, job: Job) -> str | None:
        ran = sum(span.length_ns for span in job.spans(job.worker) if span.state == "running")
        if job.pid(job.worker) != job.pid(job.call.task) or not ran:
            return "the worker did not run in the caller's process"
        return super().wrong(job)


class HandleFirst(Each):
    """An asynchronous call on a warm pool returns before the job is done."""

    name, kinds = "handle_first", ("get", "ask", "nap", "wait", "callback", "awaited")

    def wrong(self, job: Job) -> str | None:
        returned_ns = job.call.returned_ns or 0
        if job.call.result == "handle" and returned_ns < job.computed_ns:
            return None
        return f"it returned {(returned_ns - job.computed_ns) / MS:.1f} ms after the job was done"

    def where(self, job: Job) -> tuple[int, int | None, int]:
        return job.call.returned_ns or 0, None, job.call.task


class AskAwake(Each):
    """Asking all the time, a pool of processes: the caller sleeps for at most 1 % of the job, waits for the GIL apart.

    Its helper threads take the GIL from it for an instant, and keep it longer if they lose their core meanwhile.
    """

    name, kinds, pools, never = "ask_awake", ("ask",), ("pool", "processes"), True

    def wrong(self, job: Job) -> str | None:
        from_ns = max(job.computes_ns, job.call.returned_ns or 0)
        sleeps = [span for span in job.sleeps(from_ns, job.computed_ns) if span.waits_for != "gil"]

        def share(spans: Iterable[Span]) -> float:
            asleep_ns = sum(span.within(from_ns, job.computed_ns) for span in spans)
            return asleep_ns / max(1, job.computed_ns - from_ns)

        known = share(span for span in sleeps if span.waits_for)
        if known > AWAKE_SHARE:
            return f"asleep for {100 * known:.1f} % of the job"
        return None if share(sleeps) <= AWAKE_SHARE else ""  # for what it slept the rest nobody could see


class AskGil(Jobs):
    """Asking all the time, a pool of threads: the caller and the job fight for the GIL. Counted: sleeps for it."""

    def done(self, job: Job) -> Iterable[ClaimResult]:
        if job.kind != "ask" or job.pool != "threads":
            return
        sleeps = job.sleeps(job.call.returned_ns or 0, job.computed_ns)
        for_gil = sum(span.waits_for == "gil" for span in sleeps)
        where = next((span.from_ns for span in sleeps if span.waits_for == "gil"), job.computes_ns)
        holds, of, task = for_gil * 2 > len(sleeps), len(sleeps), job.call.task
        yield from counted_verdict("ask_gil", for_gil, of, holds=holds, task=task, at_ns=where)


class NapCheap(Each):
    """Asking every 10 ms costs next to no CPU time: at most a tenth of the wait."""

    name, kinds = "nap_cheap", ("nap",)

    def wrong(self, job: Job) -> str | None:
        share = job.caller_ns("running") / max(1, job.call.end_ns - job.call.from_ns)
        return None if share <= CHEAP_SHARE else f"on a core for {100 * share:.0f} % of the wait"


class NapLate(Jobs):
    """Asking every 10 ms costs delay. Counted: the caller learned of the result more than a millisecond late."""

    def done(self, job: Job) -> Iterable[ClaimResult]:
        if job.kind != "nap":
            return
        late_ns = job.call.end_ns - job.computed_ns
        late, reason = late_ns > LATE_NS, f"{late_ns / MS:.2f} ms"
        task, at_ns = job.call.task, job.computed_ns
        yield from counted_verdict("nap_late", int(late), 1, holds=late, reason=reason, task=task, at_ns=at_ns)


class CallbackThere(Each):
    """A callback runs in the thread that receives the result, not in the caller's; the pool decides which that is.

    Of a Pool ``_handle_results``, of a ProcessPoolExecutor its manager thread, both of the caller's process; of a
    ThreadPoolExecutor the worker, which is also where the job was computed.
    """

    name, kinds = "callback_there", ("callback",)

    def wrong(self, job: Job) -> str | None:
        learner = job.call.notified_by
        if learner is None:
            return "it never ran"
        if job.pid(learner) != job.pid(job.call.task):
            return "it ran in another process"
        receives = learner == job.worker if job.pool == "threads" else RECEIVER[job.pool] in job.name_of(learner)
        return None if receives else f"it ran in {job.name_of(learner)}"

    def where(self, job: Job) -> tuple[int, int | None, int]:
        return job.call.notified_ns or 0, None, job.call.notified_by or job.call.task


class CallbackHere(Each):
    """Added to a finished future, a callback runs at once, in the caller's own thread."""

    name, kinds, pools = "callback_here", ("callback",), ("processes", "threads")

    def wrong(self, job: Job) -> str | None:
        late = next((call for call in job.calls if kind(call) == "late"), None)
        if late is None or late.notified_ns is None or late.returned_ns is None:
            return "it never ran"
        at_once = late.from_ns <= late.notified_ns <= late.returned_ns
        return None if late.notified_by == late.task and at_once else "it ran in another thread"

    def where(self, job: Job) -> tuple[int, int | None, int]:
        return job.calls[-1].notified_ns or 0, None, job.call.task


class LoopTurns(Each):
    """While a coroutine awaits the result, another one of the same thread has turns."""

    name, kinds = "loop_turns", ("awaited",)

    def wrong(self, job: Job) -> str | None:
        return None if (job.call.count or 0) > 0 else "the other coroutine had no turn"


class LoopStuck(Each):
    """A coroutine that computes, or sleeps in a synchronous call, stops every other one."""

    name, kinds = "loop_stuck", ("stuck", "apply")

    def wrong(self, job: Job) -> str | None:
        return f"the other coroutine had {job.call.count} turns" if job.call.count else None


class AddsUp(Jobs):
    """Each caller's time on a core, added up from its records, is what the kernel's own sum says (schedstat). Counted:
    callers; a virtual machine that its host pauses goes on running by its records, but not by the kernel's sum.

    Only the end can say it: a task reads its own counters as its last act.
    """

    name = "adds_up"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._callers: dict[int, Job] = {}
        self._kernel_ns: dict[int, int] = {}

    def done(self, job: Job) -> Iterable[ClaimResult]:
        self._callers.setdefault(job.call.task, job)
        return ()

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        if isinstance(entry.fact, ProofChecked) and entry.fact.schedstat_ns and entry.fact.how == "self":
            self._kernel_ns[entry.fact.task] = entry.fact.schedstat_ns
        return ()

    def end(self) -> Iterable[ClaimResult]:
        sums = {task: self._kernel_ns[task] for task in self._callers if task in self._kernel_ns}
        if not sums or not self.timeline.exact:
            return
        wrong = {task: reason for task, kernel_ns in sums.items() if (reason := self._difference(task, kernel_ns))}
        task = next(iter(wrong), max(sums, key=lambda each: sums[each]))
        count, of, where = len(sums) - len(wrong), len(sums), self._callers[task].call
        yield from counted_verdict(
            self.name, count, of, holds=not wrong, reason=wrong.get(task),
            task=task, at_ns=where.from_ns, to_ns=where.end_ns,
        )  # fmt: skip

    def _difference(self, task: int, kernel_ns: int) -> str | None:
        log_ns = sum(span.length_ns for span in self._callers[task].spans(task) if span.state == "running")
        if abs(log_ns - kernel_ns) <= SUM_SHARE * kernel_ns + SUM_NS:
            return None
        return f"{log_ns / MS:.1f} ms by the records, {kernel_ns / MS:.1f} ms by the kernel's own sum"


class Figures(Jobs):
    """The numbers that the text shows, by the way of waiting; those of each trial, for the tests and the curious."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._said: set[str] = set()

    def done(self, job: Job) -> Iterable[ClaimResult]:
        call, number = job.call, job.number
        figures: list[ValueMeasured] = [
            ValueMeasured("wall_ms", (call.end_ns - call.from_ns) / MS, "ms", number),
            ValueMeasured("running_ms", job.caller_ns("running") / MS, "ms", number),
            ValueMeasured("ready_ms", job.caller_ns("ready") / MS, "ms", number),
            ValueMeasured("asleep_ms", job.caller_ns("blocked") / MS, "ms", number),
            ValueMeasured("late_ms", (call.end_ns - job.computed_ns) / MS, "ms", number),
            ValueMeasured("job_ms", (job.computed_ns - job.computes_ns) / MS, "ms", number),
        ]
        if call.result == "handle":
            figures.append(ValueMeasured("returned_us", ((call.returned_ns or 0) - call.from_ns) / 1000, "us", number))
        if call.count is not None:
            name = "polls" if job.kind in ("ask", "nap") else "turns"
            figures.append(ValueMeasured(name, call.count, "count", number))
        if job.kind != "direct":
            figures.append(ValueMeasured("asleep_share", 100 * job.asleep_share(), "percent", number))
        if job.kind == "io":
            figures.append(ValueMeasured("worker_share", 100 * job.asleep_share(job.worker), "percent", number))
        yield from figures
        if job.kind not in self._said:  # the first trial of a kind speaks for it
            self._said.add(job.kind)
            yield from (ValueMeasured(f"{job.kind}_{each.name}", each.value, each.unit) for each in figures)
