"""What this lesson claims, each a fold over the log of one run, and what it measures; it draws and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ...events import ClaimBroken, ClaimHeld, ValueMeasured
from ...lesson import Verdict
from .readings import Reading, Span, Trial

MS = 1_000_000
ASLEEP_SHARE = 0.9  # of the job's computing: from here on the lesson says that the caller slept through it
AWAKE_SHARE = 0.01  # a busy asker may sleep for so much of it
CHEAP_SHARE = 0.1  # CPU time of a caller that naps between its questions, of the whole wait
SUM_SHARE = 0.01
LATE_NS = MS  # learning of the result so much later counts as late


class Each(Reading):
    """A claim about every trial of some kinds: held if it held in all of them, settled when the last one is over."""

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ()  # none: every trial
    pools: ClassVar[tuple[str, ...]] = ()  # none: with every pool

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._held: ClaimHeld | None = None
        self._broken: ClaimBroken | None = None

    def over(self, trial: Trial) -> Iterable[Verdict]:
        if (self.kinds and trial.call.kind not in self.kinds) or (self.pools and trial.pool not in self.pools):
            return
        wrong = self.wrong(trial)
        at_ns, task = self.where(trial)
        if wrong is None:
            if self._held is None and self._broken is None:
                self._held = ClaimHeld(self.name, task=task, at_ns=at_ns)
                yield self._held
        elif wrong and self._broken is None:
            self._broken = ClaimBroken(self.name, f"{trial.style}: {wrong}", task=task, at_ns=at_ns)
            yield self._broken

    def wrong(self, trial: Trial) -> str | None:
        """None if it holds, the figures that break it if not, "" if this trial cannot tell."""
        raise NotImplementedError

    def where(self, trial: Trial) -> tuple[int, int]:
        """Where to look: the middle of the job, at the caller."""
        return (trial.computes_ns + trial.computed_ns) // 2, trial.call.caller


class DirectAwake(Each):
    """A direct call: the caller's thread does not sleep once from call to return."""

    name, kinds = "direct_awake", ("direct",)

    def wrong(self, trial: Trial) -> str | None:
        sleeps = trial.sleeps(trial.call.from_ns, trial.call.end_ns)
        return f"{len(sleeps)} sleeps" if sleeps else None


class Asleep(Each):
    """A synchronous call of a pool: while the worker computes, the caller's thread sleeps, on a futex.

    Being ready counts for neither: how soon a thread gets a core is not its own doing, and differs with the load.
    """

    name, kinds = "apply_asleep", ("apply",)

    def wrong(self, trial: Trial) -> str | None:
        share, why = trial.asleep_share(), trial.why()
        if share < ASLEEP_SHARE:
            return f"asleep for {100 * share:.0f} %"
        if why is None:
            return ""
        return None if why == "futex" else f"it slept for {why}"


class ThreadSleeps(Asleep):
    """With a pool of threads the process runs meanwhile: the sleeper is the thread, not the process."""

    name, pools = "thread_sleeps", ("threads",)

    def wrong(self, trial: Trial) -> str | None:
        ran = sum(
            span.to_ns - span.from_ns for span in trial.spans.get(trial.worker or 0, ()) if span.state == "running"
        )
        if trial.pids.get(trial.worker or 0) != trial.pids.get(trial.call.caller) or not ran:
            return "the worker did not run in the caller's process"
        return super().wrong(trial)


class HandleFirst(Each):
    """An asynchronous call on a warm pool returns before the job is done."""

    name, kinds = "handle_first", ("get", "ask", "nap", "wait", "callback", "awaited")

    def wrong(self, trial: Trial) -> str | None:
        returned_ns = trial.call.returned_ns or 0
        if trial.call.result == "handle" and returned_ns < trial.computed_ns:
            return None
        return f"it returned {(returned_ns - trial.computed_ns) / MS:.1f} ms after the job was done"

    def where(self, trial: Trial) -> tuple[int, int]:
        return trial.call.returned_ns or 0, trial.call.caller


class AskAwake(Each):
    """Asking all the time, a pool of processes: the caller sleeps for at most 1 % of the job, waits for the GIL apart.

    Its helper threads take the GIL from it for an instant, and keep it longer if they lose their core meanwhile.
    """

    name, kinds, pools = "ask_awake", ("ask",), ("pool", "processes")

    def wrong(self, trial: Trial) -> str | None:
        from_ns = max(trial.computes_ns, trial.call.returned_ns or 0)
        sleeps = [span for span in trial.sleeps(from_ns, trial.computed_ns) if span.waits_for != "gil"]

        def share(spans: Iterable[Span]) -> float:
            asleep_ns = sum(span.within(from_ns, trial.computed_ns) for span in spans)
            return asleep_ns / max(1, trial.computed_ns - from_ns)

        known = share(span for span in sleeps if span.waits_for)
        if known > AWAKE_SHARE:
            return f"asleep for {100 * known:.1f} % of the job"
        return None if share(sleeps) <= AWAKE_SHARE else ""  # for what it slept the rest nobody could see


class AskGil(Reading):
    """Asking all the time, a pool of threads: the caller and the job fight for the GIL. Counted: sleeps for it."""

    def over(self, trial: Trial) -> Iterable[Verdict]:
        if trial.call.kind != "ask" or trial.pool != "threads":
            return
        sleeps = trial.sleeps(trial.call.returned_ns or 0, trial.computed_ns)
        for_gil = sum(span.waits_for == "gil" for span in sleeps)
        where = next((span.from_ns for span in sleeps if span.waits_for == "gil"), trial.computes_ns)
        verdict = ClaimHeld if for_gil * 2 > len(sleeps) else ClaimBroken
        yield verdict("ask_gil", count=for_gil, of=len(sleeps), task=trial.call.caller, at_ns=where)


class NapCheap(Each):
    """Asking every 10 ms costs next to no CPU time: at most a tenth of the wait."""

    name, kinds = "nap_cheap", ("nap",)

    def wrong(self, trial: Trial) -> str | None:
        share = trial.caller_ns("running") / max(1, trial.call.end_ns - trial.call.from_ns)
        return None if share <= CHEAP_SHARE else f"on a core for {100 * share:.0f} % of the wait"


class NapLate(Reading):
    """Asking every 10 ms costs delay. Counted: the caller learned of the result more than a millisecond late."""

    def over(self, trial: Trial) -> Iterable[Verdict]:
        if trial.call.kind != "nap":
            return
        late_ns = trial.call.end_ns - trial.computed_ns
        task, at_ns = trial.call.caller, trial.computed_ns
        if late_ns > LATE_NS:
            yield ClaimHeld("nap_late", count=1, of=1, task=task, at_ns=at_ns)
        else:
            yield ClaimBroken("nap_late", f"{late_ns / MS:.2f} ms", count=0, of=1, task=task, at_ns=at_ns)


class CallbackThere(Each):
    """A callback runs in the thread that completes the job, not in the caller's."""

    name, kinds = "callback_there", ("callback",)

    def wrong(self, trial: Trial) -> str | None:
        if trial.call.learner is None:
            return "it never ran"
        return "it ran in the caller's thread" if trial.call.learner == trial.call.caller else None

    def where(self, trial: Trial) -> tuple[int, int]:
        return trial.call.learned_ns or 0, trial.call.learner or trial.call.caller


class CallbackHere(Each):
    """Added to a finished future, a callback runs at once, in the caller's own thread."""

    name, kinds, pools = "callback_here", ("callback",), ("processes", "threads")

    def wrong(self, trial: Trial) -> str | None:
        late = next((call for call in trial.calls if call.kind == "late"), None)
        if late is None or late.learned_ns is None or late.returned_ns is None:
            return "it never ran"
        at_once = late.from_ns <= late.learned_ns <= late.returned_ns
        return None if late.learner == late.caller and at_once else "it ran in another thread"

    def where(self, trial: Trial) -> tuple[int, int]:
        return trial.calls[-1].learned_ns or 0, trial.call.caller


class LoopTurns(Each):
    """While a coroutine awaits the result, another one of the same thread has turns."""

    name, kinds = "loop_turns", ("awaited",)

    def wrong(self, trial: Trial) -> str | None:
        return None if (trial.call.count or 0) > 0 else "the other coroutine had no turn"


class LoopStuck(Each):
    """A coroutine that computes, or sleeps in a synchronous call, stops every other one."""

    name, kinds = "loop_stuck", ("stuck", "apply")

    def wrong(self, trial: Trial) -> str | None:
        return f"the other coroutine had {trial.call.count} turns" if trial.call.count else None


class AddsUp(Each):
    """On a core, ready and asleep: the caller's three times are the whole wait; no moment of it is missing in the log.

    Whether the time on a core is what the kernel itself counted is the proof's question, for every task of every run.
    """

    name = "adds_up"

    def wrong(self, trial: Trial) -> str | None:
        wall_ns = max(1, trial.call.end_ns - trial.call.from_ns)
        off = abs(sum(trial.caller_ns(state) for state in ("running", "ready", "blocked")) - wall_ns) / wall_ns
        return None if off <= SUM_SHARE else f"{100 * off:.1f} % are missing"


class Figures(Reading):
    """The numbers that the text shows, by the way of waiting; those of each trial, for the tests and the curious."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._said: set[str] = set()

    def over(self, trial: Trial) -> Iterable[Verdict]:
        call, number = trial.call, trial.number
        figures: list[ValueMeasured] = [
            ValueMeasured("wall_ms", (call.end_ns - call.from_ns) / MS, "ms", number),
            ValueMeasured("running_ms", trial.caller_ns("running") / MS, "ms", number),
            ValueMeasured("ready_ms", trial.caller_ns("ready") / MS, "ms", number),
            ValueMeasured("asleep_ms", trial.caller_ns("blocked") / MS, "ms", number),
            ValueMeasured("late_ms", (call.end_ns - trial.computed_ns) / MS, "ms", number),
            ValueMeasured("job_ms", (trial.computed_ns - trial.computes_ns) / MS, "ms", number),
        ]
        if call.result == "handle":
            figures.append(ValueMeasured("returned_us", ((call.returned_ns or 0) - call.from_ns) / 1000, "us", number))
        if call.count is not None:
            name = "polls" if call.kind in ("ask", "nap") else "turns"
            figures.append(ValueMeasured(name, call.count, "count", number))
        yield from figures
        if call.kind not in self._said:  # the first trial of a kind speaks for it
            self._said.add(call.kind)
            yield from (ValueMeasured(f"{call.kind}_{each.name}", each.value, each.unit) for each in figures)
