"""Raw records → facts: the heart of the recorder, pure; it reads no file and asks no clock.

Records are applied in order of time up to the instant before which all of them are known (``cut_ns``), each to its
own task; they become edges, which wait in their task's queue for what may still be learnt of them (why a task sleeps,
when it was woken) and are handed on once they are older than the watermark. A record that comes later than that is
handed on late: readers fold by time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable

from ..events import Cause, Entry, LogLost, Source, State, TaskDied, TaskReaped, TaskRenamed, Tier
from .edges import Edge, Note, entry
from .raw import COMM, EXIT, FORK, IN, INTERRUPT, LOST, OUT, PREEMPT, UNKNOWN, WAKING, Raw
from .reasons import Table
from .task import Task, Waking
from .task_facts import TaskFacts, fact_of
from .wakes import Wake

HOLD_NS = 100_000_000  # a sleep nobody has looked at yet is held back no longer
SAME_NS = 50_000  # a wake-up this shortly before OUT met a task that was on its way to sleep
_FAR = 1 << 62

_MEANS: dict[int, tuple[State, Cause]] = {
    OUT: ("blocked", "waits"), PREEMPT: ("ready", "preempted"), IN: ("running", "dispatched"),
    EXIT: ("zombie", "exited"),
}  # fmt: skip


def _source(raw: Raw) -> Source:
    """A record with a core was heard, one without was inferred from samples."""
    return "seen" if raw[2] >= 0 else "derived"


class RecordFolder(TaskFacts):
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
        super().__init__(launcher, tier, Table(machine))
        self._start_ns, self._watermark_ns = start_ns, watermark_ns
        self._period_ns = period_ns or 0
        self._pending: list[Raw] = []
        self._cut_ns = self._lost = 0
        self._orphans: dict[int, list[Raw]] = {}
        self._cores: dict[int, Task] = {}
        self._threads: dict[int, int] = {}
        self._notes: list[Note] = []
        self._apply: dict[int, Callable[[Task, Raw], None]] = {
            COMM: self._renamed, OUT: self._left, PREEMPT: self._left, WAKING: self._waking, IN: self._in,
            EXIT: self._exited,
        }  # fmt: skip

    def feed(self, raws: Iterable[Raw], cut_ns: int) -> None:
        """Apply records in order of time; those younger than ``cut_ns`` wait, for older ones may still come."""
        pending = self._pending
        pending += raws
        pending.sort()
        upto = bisect_right(pending, cut_ns, key=lambda raw: raw[0])
        self._cut_ns = max(self._cut_ns, cut_ns)
        ready, self._pending = pending[:upto], pending[upto:]
        for raw in ready:
            self._one(raw)

    def _one(self, raw: Raw) -> None:
        op, tid = raw[1], raw[4]
        if op == FORK:
            self._fork(raw)
        elif op != LOST and tid != self._launcher:
            task = self._tids.get(tid)
            if task is None:
                self._orphans.setdefault(tid, []).append(raw)
            elif raw[0] < task.since_ns and op in _MEANS:
                self._straggler(task, raw)
            else:
                self._apply[op](task, raw)

    def _fork(self, raw: Raw) -> None:
        t_ns, _, cpu, pid, tid, ptid, _ = raw
        number, parent = len(self._tasks) + 1, self._tids.get(ptid)
        if old := self._tids.get(tid):
            if cpu < 0 and old.exited_ns is None:
                return  # the sampler took over in the middle of the run and sees it for the first time
            old.replaced_ns = t_ns
        source = _source(raw)
        edge = Edge(number, t_ns, "ready", "born", None, source, error_ns=self._error_ns(raw))
        birth = Note(t_ns, source, LogLost(0))
        up, trial = (parent.task, parent.trial) if parent else (0, None)
        task = Task(number, pid, tid, up, f"T{number}", trial, t_ns, edge, birth)
        birth.said = fact_of(task)
        self._tasks.append(task)
        self._tids[tid] = task
        self._threads[pid] = self._threads.get(pid, 0) + 1
        self._name(task)
        task.put(birth)
        task.put(edge)
        for orphan in self._orphans.pop(tid, ()):
            self._one(orphan)

    def _error_ns(self, raw: Raw) -> int | None:
        """Tier "sampled" (no core): off by a period, or by what the record says, if that is more."""
        if raw[2] >= 0:
            return None
        return max(self._period_ns, raw[5]) if raw[1] in (OUT, PREEMPT, IN) else self._period_ns

    def _edge(self, task: Task, raw: Raw) -> Edge:
        """The task is, from here on, what a record of this kind means."""
        t_ns, op, cpu = raw[:3]
        state, cause = _MEANS[op]
        old = task.edge
        old.ended_ns = t_ns
        if old.look and not old.given and old.look.to_ns >= t_ns:
            old.forget_look()
        if task.guess and not task.guess.given and task.guess.t_ns > t_ns:
            task.queue.remove(task.guess)
        edge = Edge(task.task, t_ns, state, cause, cpu if cpu >= 0 else None, _source(raw))
        edge.error_ns = self._error_ns(raw)
        task.edge, task.since_ns, task.guess, task.looked = edge, t_ns, None, False
        task.put(edge)
        task.tally.note(t_ns, op)
        return edge

    def _left(self, task: Task, raw: Raw) -> None:
        t_ns, op, cpu = raw[:3]
        if self._cores.get(cpu) is task:
            del self._cores[cpu]
        edge = self._edge(task, raw)
        edge.crowded = task.pid in self._gil and self._threads[task.pid] > 1
        if task.early and (op != OUT or task.early.t_ns < t_ns - SAME_NS):
            task.early = None

    def _in(self, task: Task, raw: Raw) -> None:
        t_ns, _, cpu = raw[:3]
        last = task.edge
        if last.state in ("blocked", "stopped"):
            self._unheard(task, t_ns)
        else:
            task.delays.dispatched(t_ns - last.t_ns if last.state == "ready" else 0)
        task.early = None
        self._edge(task, raw)
        if cpu >= 0:
            self._take(task, t_ns, cpu)

    def _unheard(self, task: Task, in_ns: int) -> None:
        """It runs again, and no record says when it was woken: that will be derived."""
        last, early = task.edge, task.early
        cause: Cause = "continued" if last.state == "stopped" else "woken"
        edge = Edge(task.task, in_ns, "ready", cause, None, "derived", open=True)
        if early:
            edge.by, edge.by_name = early.by, early.by_name
        task.put(edge)
        task.delays.dispatched(None, Wake(edge, last, in_ns))

    def _take(self, task: Task, t_ns: int, cpu: int) -> None:
        """One core, one task: whoever seems to run on it still has left it without a record (or with a late one)."""
        other = self._cores.get(cpu)
        if other and other is not task and other.edge.state == "running" and other.edge.cpu == cpu:
            early, late = (other, task) if other.since_ns <= t_ns else (task, other)
            at = late.since_ns
            guess = Edge(early.task, at, "ready", "preempted", cpu, "derived", error_ns=at - early.since_ns)
            early.guess = early.edge = guess
            early.put(guess)
            task = late
        self._cores[cpu] = task

    def _waking(self, task: Task, raw: Raw) -> None:
        t_ns, _, _, soft, _, waker, name = raw
        last = task.edge
        if soft and last.waits_for == "disk":
            waker, name = INTERRUPT, "interrupt"
        number = None if waker == UNKNOWN else self.task_of(waker)
        by: int | None = -1 if number is None and waker != UNKNOWN else number
        by_name = name or None if by == -1 else None
        if last.state not in ("blocked", "stopped") or t_ns < last.t_ns:
            task.early = Waking(t_ns, by, by_name)
            return
        cause: Cause = "continued" if last.state == "stopped" else "woken"
        last.ended_ns = t_ns
        edge = Edge(task.task, t_ns, "ready", cause, None, _source(raw), by=by, by_name=by_name)
        edge.error_ns = self._error_ns(raw)
        if last.look and not last.given and last.look.to_ns >= t_ns:
            last.forget_look()
        task.edge, task.since_ns = edge, t_ns
        task.put(edge)

    def _exited(self, task: Task, raw: Raw) -> None:
        t_ns, _, cpu = raw[:3]
        if self._cores.get(cpu) is task:
            del self._cores[cpu]
        self._edge(task, raw)
        task.exited_ns = t_ns
        self._threads[task.pid] -= 1
        if task.is_thread:  # it leaves no zombie
            task.put(Note(t_ns, _source(raw), TaskDied(task.task, code=0)))
            task.put(Note(t_ns, "derived", TaskReaped(task.task)))
        elif task.death:
            task.put(Note(t_ns, _source(raw), TaskDied(task.task, *task.death)))

    def _renamed(self, task: Task, raw: Raw) -> None:
        t_ns, execed, name = raw[0], bool(raw[5]), raw[6]
        if execed or name != task.name:
            task.name = name
            task.put(Note(t_ns, _source(raw), TaskRenamed(task.task, name, execed)))

    def _straggler(self, task: Task, raw: Raw) -> None:
        """A record older than what was applied already: it is told as it is, late, and changes nothing else."""
        t_ns, op, cpu = raw[:3]
        state, cause = _MEANS[op]
        task.put(Edge(task.task, t_ns, state, cause, cpu if cpu >= 0 else None, _source(raw), ended_ns=t_ns))
        task.tally.note(t_ns, op)
        if op == IN:
            task.delays.dispatched(0)

    # Beside the records ----------------------------------------------------------------------------------------------

    def losses(self, total: int, t_ns: int) -> None:
        """The kernel has dropped so many records in all: what is new becomes log.lost."""
        if total <= self._lost:
            return
        self._notes.append(Note(t_ns, "seen", LogLost(total - self._lost, "ring")))
        self._lost = total
        for task in self._tasks:
            task.delays.torn()  # dispatches can no longer be numbered

    def advance(self, now_ns: int) -> list[Entry]:
        """Everything up to ``now_ns`` minus the watermark, in order of time, but for sleeps that wait for a look."""
        return self._hand_on(now_ns - self._watermark_ns, now_ns)

    def close(self) -> list[Entry]:
        """All the rest, once the rings are drained for the last time."""
        self.feed((), _FAR)
        return self._hand_on(_FAR, _FAR)

    def _hand_on(self, upto_ns: int, now_ns: int) -> list[Entry]:
        found: list[Entry] = []
        for task in self._tasks:
            queue = task.queue
            while queue and queue[0].t_ns <= upto_ns and not self._held(task, queue[0], now_ns):
                found.append(entry(queue.popleft(), self._start_ns))
        found += [entry(note, self._start_ns) for note in self._notes if note.t_ns <= upto_ns]
        self._notes = [note for note in self._notes if not note.given]
        found.sort(key=lambda each: each.t_ns)
        return found

    def _held(self, task: Task, item: Edge | Note, now_ns: int) -> bool:
        """May more be learnt of it? What cannot be learnt any more is inferred here, just before it goes."""
        if isinstance(item, Note):
            return False
        if item.open:
            task.delays.give_up(item)
        unsure = item.look and item.ended_ns is None and item.look.to_ns > self._cut_ns
        asleep = item is task.edge and item.state == "blocked" and not task.looked
        if unsure or (asleep and now_ns < item.t_ns + HOLD_NS):
            return True
        self._infer(task, item)
        return False
