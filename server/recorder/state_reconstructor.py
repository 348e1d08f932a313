"""Raw records → facts: the state of every task at every instant, reconstructed; pure: no file, no clock.

Records are applied in order of time up to the instant before which all of them are known (``cut_ns``), each to its
own task; they become transitions, which wait in their task's queue for what may still be learnt of them (why a task
sleeps, when it was woken) and are emitted once they are older than the watermark. A record that comes later is
emitted late: readers fold by time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from ..events import Cause, Entry, LogLost, Source, State, TaskDied, TaskReaped, TaskRenamed, Tier
from .recorded_task import EarlyWakeup, RecordedTask
from .records import COMM, EXIT, FORK, IN, INTERRUPT, LOST, OUT, PREEMPT, UNKNOWN, WAKING, RawRecord
from .task_facts import TaskFacts, birth_fact
from .transitions import PendingFact, PendingTransition, emit_entry
from .wait_reasons import SyscallTable
from .wake_inference import UntimedWakeup

SNAPSHOT_WAIT_NS = 100_000_000  # a sleep without a snapshot is held back no longer
EARLY_WAKEUP_NS = 50_000  # a wake-up this shortly before OUT met a task that was on its way to sleep
_FAR = 1 << 62
_RECORDS_AT_ONCE = 1000  # applied in about 3 ms

_STATE_AND_CAUSE: dict[int, tuple[State, Cause]] = {
    OUT: ("blocked", "waits"), PREEMPT: ("ready", "preempted"), IN: ("running", "dispatched"),
    EXIT: ("zombie", "exited"),
}  # fmt: skip


def _source(record: RawRecord) -> Source:
    """A record with a core was heard, one without was inferred from samples."""
    return "seen" if record[2] >= 0 else "derived"


class StateReconstructor(TaskFacts):
    """The fold of one run's records. Methods are called by one thread; every time is absolute CLOCK_MONOTONIC."""

    def __init__(
        self,
        launcher: int,
        start_ns: int,
        tier: Tier,
        watermark_ns: int = 20_000_000,
        period_ns: int | None = None,
        machine: str = "",
    ) -> None:
        """``launcher``: pid of task 0, whose own switches are not told; ``start_ns``: CLOCK_MONOTONIC at t_ns = 0;
        ``period_ns``: the error of every instant in tier "sampled"; ``machine``: ``uname -m``, default this one."""
        super().__init__(launcher, tier, SyscallTable(machine))
        self._start_ns, self._watermark_ns = start_ns, watermark_ns
        self._period_ns = period_ns or 0
        self._pending: list[RawRecord] = []
        self._cut_ns = self._lost = 0
        self._orphans: dict[int, list[RawRecord]] = {}
        self._cores: dict[int, RecordedTask] = {}
        self._threads: dict[int, int] = {}
        self._notes: list[PendingFact] = []
        self._apply: dict[int, Callable[[RecordedTask, RawRecord], None]] = {
            COMM: self._on_rename, OUT: self._on_switch_out, PREEMPT: self._on_switch_out, WAKING: self._on_wakeup,
            IN: self._on_switch_in,
            EXIT: self._on_exit,
        }  # fmt: skip

    def feed_records(
        self, records: Iterable[RawRecord], cut_ns: int, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Apply records in order of time; those younger than ``cut_ns`` wait, for older ones may still come.

        ``meanwhile()`` is called every few milliseconds of it.
        """
        ready, self._pending = self._pending, []
        ready += records
        ready.sort()
        if ready and ready[-1][0] > cut_ns:
            upto = bisect_right(ready, cut_ns, key=lambda record: record[0])
            ready, self._pending = ready[:upto], ready[upto:]
        self._cut_ns = max(self._cut_ns, cut_ns)
        for start in range(0, len(ready), _RECORDS_AT_ONCE):
            if start:
                meanwhile()
            for record in ready[start : start + _RECORDS_AT_ONCE]:
                self._apply_record(record)

    def _apply_record(self, record: RawRecord) -> None:
        op, tid = record[1], record[4]
        if op == FORK:
            self._on_fork(record)
        elif op != LOST and tid != self._launcher:
            task = self._tids.get(tid)
            if task is None:
                self._orphans.setdefault(tid, []).append(record)
            elif record[0] < task.since_ns and op in _STATE_AND_CAUSE:
                self._on_late_record(task, record)
            else:
                self._apply[op](task, record)

    def _on_fork(self, record: RawRecord) -> None:
        t_ns, _, cpu, pid, tid, ptid, _ = record
        number, parent = len(self._tasks) + 1, self._tids.get(ptid)
        if old := self._tids.get(tid):
            if cpu < 0 and old.exited_ns is None:
                return  # the sampler took over in the middle of the run and sees it for the first time
            old.replaced_ns = t_ns
        source = _source(record)
        transition = PendingTransition(number, t_ns, "ready", "born", None, source, error_ns=self._error_ns(record))
        birth = PendingFact(t_ns, source, LogLost(0))
        up, trial = (parent.task, parent.trial) if parent else (0, None)
        task = RecordedTask(number, pid, tid, up, f"T{number}", trial, t_ns, transition, birth)
        birth.value = birth_fact(task)
        self._tasks.append(task)
        self._tids[tid] = task
        self._live += not task.is_thread
        self._threads[pid] = self._threads.get(pid, 0) + 1
        self._apply_expected_name(task)
        task.enqueue(birth)
        task.enqueue(transition)
        for orphan in self._orphans.pop(tid, ()):
            self._apply_record(orphan)

    def _error_ns(self, record: RawRecord) -> int | None:
        """Tier "sampled" (no core): off by a period, or by what the record says, if that is more."""
        if record[2] >= 0:
            return None
        return self._period_ns if record[1] == FORK else max(self._period_ns, record[5])

    def _add_transition(self, task: RecordedTask, record: RawRecord) -> PendingTransition:
        """The task is, from here on, what a record of this kind means."""
        t_ns, op, cpu = record[:3]
        state, cause = _STATE_AND_CAUSE[op]
        old = task.transition
        old.ended_ns = t_ns
        if old.snapshot and not old.emitted and old.snapshot.to_ns >= t_ns:
            old.discard_snapshot()
        if task.inferred_preemption and not task.inferred_preemption.emitted and task.inferred_preemption.t_ns > t_ns:
            task.queue.remove(task.inferred_preemption)
        if cpu >= 0:
            transition = PendingTransition(task.task, t_ns, state, cause, cpu)
        else:
            transition = PendingTransition(task.task, t_ns, state, cause, None, _source(record))
            transition.error_ns = self._error_ns(record)
        task.transition, task.since_ns, task.inferred_preemption, task.snapshot_taken = transition, t_ns, None, False
        task.enqueue(transition)
        task.switches.add(t_ns, op)
        return transition

    def _on_switch_out(self, task: RecordedTask, record: RawRecord) -> None:
        t_ns, op, cpu = record[:3]
        if self._cores.get(cpu) is task:
            del self._cores[cpu]
        transition = self._add_transition(task, record)
        transition.shares_gil = task.pid in self._gil and self._threads[task.pid] > 1
        if task.early_wakeup and (op != OUT or task.early_wakeup.t_ns < t_ns - EARLY_WAKEUP_NS):
            task.early_wakeup = None

    def _on_switch_in(self, task: RecordedTask, record: RawRecord) -> None:
        t_ns, _, cpu = record[:3]
        last = task.transition
        if last.state in ("blocked", "stopped"):
            self._add_untimed_wakeup(task, t_ns)
        else:
            task.run_delay.add_dispatch(t_ns - last.t_ns if last.state == "ready" else 0)
        task.early_wakeup = None
        self._add_transition(task, record)
        if cpu >= 0:
            self._assign_core(task, t_ns, cpu)

    def _add_untimed_wakeup(self, task: RecordedTask, in_ns: int) -> None:
        """It runs again, and no record says when it was woken: that will be derived."""
        last, early = task.transition, task.early_wakeup
        cause: Cause = "continued" if last.state == "stopped" else "woken"
        transition = PendingTransition(task.task, in_ns, "ready", cause, None, "derived", time_unknown=True)
        if early:
            transition.by, transition.by_name = early.by, early.by_name
        task.enqueue(transition)
        task.run_delay.add_dispatch(None, UntimedWakeup(transition, last, in_ns))

    def _assign_core(self, task: RecordedTask, t_ns: int, cpu: int) -> None:
        """One core, one task: whoever seems to run on it still has left it without a record (or with a late one)."""
        other = self._cores.get(cpu)
        if other and other is not task and other.transition.state == "running" and other.transition.cpu == cpu:
            early, late = (other, task) if other.since_ns <= t_ns else (task, other)
            at = late.since_ns
            guess = PendingTransition(
                early.task, at, "ready", "preempted", cpu, "derived", error_ns=at - early.since_ns
            )
            early.inferred_preemption = early.transition = guess
            early.enqueue(guess)
            task = late
        self._cores[cpu] = task

    def _on_wakeup(self, task: RecordedTask, record: RawRecord) -> None:
        t_ns, _, cpu, soft, _, waker, name = record
        last = task.transition
        if cpu < 0:
            soft, waker = 0, UNKNOWN
        if soft and last.waits_for == "disk":
            waker, name = INTERRUPT, "interrupt"
        number = None if waker == UNKNOWN else self.task_number(waker)
        by: int | None = -1 if number is None and waker != UNKNOWN else number
        by_name = name or None if by == -1 else None
        if last.state not in ("blocked", "stopped") or t_ns < last.t_ns:
            task.early_wakeup = EarlyWakeup(t_ns, by, by_name)
            return
        cause: Cause = "continued" if last.state == "stopped" else "woken"
        last.ended_ns = t_ns
        transition = PendingTransition(task.task, t_ns, "ready", cause, None, _source(record), by=by, by_name=by_name)
        transition.error_ns = self._error_ns(record)
        if last.snapshot and not last.emitted and last.snapshot.to_ns >= t_ns:
            last.discard_snapshot()
        task.transition, task.since_ns = transition, t_ns
        task.enqueue(transition)

    def _on_exit(self, task: RecordedTask, record: RawRecord) -> None:
        t_ns, _, cpu = record[:3]
        if self._cores.get(cpu) is task:
            del self._cores[cpu]
        self._add_transition(task, record)
        self._live -= task.exited_ns is None and not task.is_thread
        task.exited_ns = t_ns
        self._threads[task.pid] -= 1
        if task.is_thread:  # it leaves no zombie
            task.enqueue(PendingFact(t_ns, _source(record), TaskDied(task.task, code=0)))
            task.enqueue(PendingFact(t_ns, "derived", TaskReaped(task.task)))
        elif task.death:
            task.enqueue(PendingFact(t_ns, _source(record), TaskDied(task.task, *task.death)))

    def _on_rename(self, task: RecordedTask, record: RawRecord) -> None:
        t_ns, execed, name = record[0], bool(record[5]), record[6]
        if execed or name != task.name:
            task.name = name
            task.enqueue(PendingFact(t_ns, _source(record), TaskRenamed(task.task, name, execed)))

    def _on_late_record(self, task: RecordedTask, record: RawRecord) -> None:
        """A record older than what was applied already: it is told as it is, late, and changes nothing else."""
        t_ns, op, cpu = record[:3]
        state, cause = _STATE_AND_CAUSE[op]
        task.enqueue(
            PendingTransition(task.task, t_ns, state, cause, cpu if cpu >= 0 else None, _source(record), ended_ns=t_ns)
        )
        task.switches.add(t_ns, op)
        if op == IN:
            task.run_delay.add_dispatch(0)

    # Beside the records ----------------------------------------------------------------------------------------------

    def report_lost(self, total: int, t_ns: int) -> None:
        """The kernel has dropped so many records in all: what is new becomes log.lost."""
        if total <= self._lost:
            return
        self._notes.append(PendingFact(t_ns, "seen", LogLost(total - self._lost, "ring")))
        self._lost = total
        for task in self._tasks:
            task.run_delay.invalidate()  # dispatches can no longer be numbered

    def emit_ready(self, now_ns: int) -> list[Entry]:
        """Entries up to ``now_ns`` minus the watermark, in order of time, but for sleeps that wait for a snapshot."""
        return self._emit(now_ns - self._watermark_ns, now_ns)

    def finish(self) -> list[Entry]:
        """All the rest, once the rings are drained for the last time."""
        self.feed_records((), _FAR)
        return self._emit(_FAR, _FAR)

    def _emit(self, upto_ns: int, now_ns: int) -> list[Entry]:
        found: list[Entry] = []
        for task in self._tasks:
            queue = task.queue
            while queue and queue[0].t_ns <= upto_ns and not self._must_wait(task, queue[0], now_ns):
                found.append(emit_entry(queue.popleft(), self._start_ns))
        if self._notes:
            found += [emit_entry(note, self._start_ns) for note in self._notes if note.t_ns <= upto_ns]
            self._notes = [note for note in self._notes if not note.emitted]
        found.sort(key=lambda each: each.t_ns)
        return found

    @property
    def holds_entries(self) -> bool:
        """Whether something waits to be handed on."""
        return bool(self._pending or self._notes) or any(task.queue for task in self._tasks)

    def _must_wait(self, task: RecordedTask, item: PendingTransition | PendingFact, now_ns: int) -> bool:
        """May more be learnt of it? What cannot be learnt any more is inferred here, just before it goes."""
        if isinstance(item, PendingFact):
            return False
        if item.time_unknown:
            task.run_delay.give_up(item)
        unsure = item.snapshot and item.ended_ns is None and item.snapshot.to_ns > self._cut_ns
        asleep = item is task.transition and item.state == "blocked" and not task.snapshot_taken
        if unsure or (asleep and now_ns < item.t_ns + SNAPSHOT_WAIT_NS):
            return True
        self._infer_wait_reason(task, item)
        return False
