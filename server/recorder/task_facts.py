"""What is known of a run's tasks beside the records: names, barriers, GILs, I/O calls, /proc snapshots, exits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast, get_args

from ..events import Fact, ProofChecked, TaskBorn, TaskDied, TaskReaped, TaskRenamed, Tier, WaitsFor
from ..events import How as Made
from .recorded_task import RecordedTask
from .records import Counters, SnapshotRequest, TaskSnapshot
from .switch_proof import ProofMethod, SwitchTally, check_counters
from .transitions import PendingFact, PendingTransition
from .tree_proof import ReapedUsage, TreeMember, prove_trees
from .wait_reasons import SyscallTable

GIL_WAIT_NS = 8_000_000  # CPython waits for the GIL 5 ms at a time (sys.getswitchinterval); its timer may be late
_REASONS = frozenset(get_args(WaitsFor))


class TaskFacts:
    """The tasks of a run and what was told about them."""

    def __init__(self, launcher: int, tier: Tier, table: SyscallTable) -> None:
        """``launcher``: pid of task 0."""
        self._launcher, self._tier, self._table = launcher, tier, table
        self._counted: list[tuple[int, ProofMethod, Counters]] = []
        self._tasks: list[RecordedTask] = []
        self._tids: dict[int, RecordedTask] = {}
        self._live = 0  # processes whose end has not been heard
        self._usages: list[ReapedUsage] = []
        self._barriers: set[str] = set()
        self._gil: dict[int, tuple[int, int]] = {}
        self._expected: dict[int, tuple[str, Made, str | None, int | None]] = {}

    def expect_task(
        self, pid: int, name: str, how: Made = "fork", role: str | None = None, trial: int | None = None
    ) -> None:
        """The stage created this process (or, by its tid, this thread): its name on the lanes, and what it is.

        Told before its birth is handed on, it becomes part of task.born; later, only the name does, as task.renamed.
        """
        self._expected[pid] = (name, how, role, trial)
        if task := self._tids.get(pid):
            self._apply_expected_name(task)

    def _apply_expected_name(self, task: RecordedTask) -> None:
        """Complete a task's birth with what the stage expects, if it has said so."""
        if task.tid not in self._expected:
            return
        name, how, role, trial = self._expected.pop(task.tid)
        born = cast(TaskBorn, task.birth.value)
        if task.birth.emitted:
            task.enqueue(
                PendingFact(task.since_ns, "told", TaskRenamed(task.task, name, how=None if how == born.how else how))
            )
        else:
            task.trial = trial if trial is not None else task.trial
            task.birth.value = replace(born, name=name, how=how, role=role, trial=task.trial)
        task.name = name

    def add_barrier(self, target: str) -> None:
        """Reading from this pipe (``os.readlink`` of the descriptor in /proc) is waiting at a barrier."""
        self._barriers.add(target)

    def set_gil_range(self, pid: int, start: int, end: int) -> None:
        """The threads of this process share one GIL, whose futexes lie in [start, end)."""
        self._gil[pid] = (start, end)

    def io_started(self, tid: int, t_ns: int, style: str = "") -> None:
        """A thread said that one I/O call begins; a style named like a reason says why it would sleep in it."""
        if task := self._tids.get(tid):
            task.io_windows.append([t_ns])
            task.io_styles.append(style)

    def io_returned(self, tid: int, t_ns: int) -> None:
        """A thread said that its I/O call has returned."""
        task = self._tids.get(tid)
        if task and task.io_windows and len(task.io_windows[-1]) == 1:
            task.io_windows[-1].append(t_ns)

    def snapshot_requests(self) -> list[SnapshotRequest]:
        """Snapshots that are wanted now: of sleeping tasks that have none yet, of wake-ups whose time is unknown."""
        found = []
        for task in self._tids.values():
            asleep = not task.snapshot_taken and task.transition.state == "blocked"
            untimed = bool(task.run_delay.untimed)
            if asleep or untimed:
                found.append(SnapshotRequest(task.pid, task.tid, asleep, untimed))
        return found

    def apply_snapshot(self, snapshot: TaskSnapshot) -> None:
        """Apply a snapshot; it counts only if no record of the task falls between its first and its last read."""
        task = self._tids.get(snapshot.tid)
        if task is None:
            return
        if snapshot.dispatches is not None and snapshot.ready_ns is not None and task.transition.state != "ready":
            task.run_delay.add_schedstat(snapshot.dispatches, snapshot.ready_ns)
        transition = task.transition
        if (
            snapshot.state is None
            or transition.state != "blocked"
            or transition.t_ns > snapshot.from_ns
            or task.snapshot_taken
        ):
            return
        task.snapshot_taken = snapshot.state in "SDITt"
        if snapshot.state in "Tt":
            self._stopped(task, snapshot)
        elif task.snapshot_taken and not transition.emitted:
            transition.waits_for = self._table.wait_reason(snapshot, self._barriers, self._gil.get(task.pid, (0, 0)))
            transition.syscall = snapshot.syscall if transition.waits_for else None
            transition.snapshot = snapshot

    def _stopped(self, task: RecordedTask, snapshot: TaskSnapshot) -> None:
        transition = task.transition
        if transition.emitted:  # told as blocked already: correct it from the snapshot on
            late = snapshot.from_ns - transition.t_ns
            transition = PendingTransition(
                task.task, snapshot.from_ns, "stopped", "stopped", transition.cpu, "derived", error_ns=late
            )
            task.transition = transition
            task.enqueue(transition)
        transition.state, transition.cause, transition.snapshot = "stopped", "stopped", snapshot

    def process_died(self, pid: int, t_ns: int, code: int | None = None, signal: int | None = None) -> None:
        """How a process ended, as waitid told: task.died bears the instant of its EXIT record, at most ``t_ns``."""
        if task := self._tids.get(pid):
            task.death = (code, signal)
            if task.exited_ns is not None:
                task.enqueue(PendingFact(min(t_ns, task.exited_ns), "seen", TaskDied(task.task, code, signal)))

    def process_reaped(self, pid: int, t_ns: int, voluntary: int | None = None, involuntary: int | None = None) -> None:
        """The launcher has reaped this process, whose rusage said so many switches of it and what it had waited for."""
        if task := self._tids.get(pid):
            task.reaped = True
            task.enqueue(PendingFact(t_ns, "told", TaskReaped(task.task)))
            if voluntary is not None and involuntary is not None:
                self._usages.append(ReapedUsage(task.task, voluntary, involuntary))

    def reaped_by_parent(
        self, pid: int, t_ns: int, code: int | None, signal: int | None, error_ns: int | None = None
    ) -> None:
        """Its own parent has reaped this process: as the parent told, or (``error_ns``) as it was found to be gone."""
        task = self._tids.get(pid)
        if task is None or task.reaped:
            return
        task.reaped = True
        if task.death is None:
            self.process_died(pid, t_ns, code, signal)
        task.enqueue(PendingFact(t_ns, "told" if error_ns is None else "derived", TaskReaped(task.task, error_ns)))

    def unreaped_processes(self) -> list[tuple[int, int]]:
        """Processes that have ended and are not known to be reaped: pid, instant of the end."""
        tasks = (task for task in self._tasks if not (task.is_thread or task.reaped))
        return [(task.pid, task.exited_ns) for task in tasks if task.exited_ns is not None]

    def add_counters(self, tid: int, counters: Counters, how: ProofMethod = "self") -> None:
        """A task's own counters: read by itself as its last act ("self"), or by the launcher ("zombie")."""
        self._counted.append((tid, how, counters))
        if task := self._tids.get(tid):
            task.run_delay.add_schedstat(counters.dispatches, counters.ready_ns)

    def proofs(self) -> list[ProofChecked]:
        """The proof of every task so far, in their order; call it after the last drain."""
        return [self._proof(task) for task in self._tasks]

    def prove_trees(self, checked: Sequence[ProofChecked]) -> tuple[list[ProofChecked], list[ProofChecked]]:
        """Proofs of whole trees, and ``checked`` (of every task) with what those prove; tree_proof.py says how."""
        if self._tier == "sampled":
            return [], list(checked)
        members = [
            TreeMember(task.task, task.parent, task.is_thread, task.reaped, task.switches) for task in self._tasks
        ]
        return prove_trees(members, self._usages, checked)

    def _proof(self, task: RecordedTask) -> ProofChecked:
        mine = [(how, kept) for tid, how, kept in self._counted if tid == task.tid and task.existed_at(kept)]
        how: ProofMethod = "none"
        counters: Counters | None = None
        if mine:
            how, counters = min(mine, key=lambda each: each[0] != "self")
        if self._tier == "sampled":
            return check_counters(
                task.task, task.switches, counters, "none", "sampling sees no single switch, only totals"
            )
        return check_counters(task.task, task.switches, counters, how)

    def task_number(self, tid: int) -> int | None:
        """Number of a task; 0 is the launcher, None a task not heard of yet."""
        if tid == self._launcher:
            return 0
        task = self._tids.get(tid)
        return task.task if task else None

    def birth_count(self) -> int:
        """How many tasks were born so far."""
        return len(self._tasks)

    def switch_tally(self, task: int) -> SwitchTally:
        """The switches of a task, for the proof."""
        return self._tasks[task - 1].switches

    @property
    def live_count(self) -> int:
        """How many processes there are whose end has not been heard."""
        return self._live

    def sleepers(self) -> set[int] | None:
        """Kernel ids of the tasks that sleep; None while a look at one of them could tell more."""
        found = set()
        for task in self._tids.values():
            state = task.transition.state
            if task.run_delay.untimed or (state == "blocked" and not task.snapshot_taken):
                return None
            if state in ("blocked", "stopped"):
                found.add(task.tid)
        return found

    def _infer_wait_reason(self, task: RecordedTask, transition: PendingTransition) -> None:
        """For a wait that ended before a snapshot was taken: the told I/O call it lies in gives the reason.

        A thread under the GIL, asleep outside every told call, and no longer than CPython's timed
        wait, waits for the GIL; inside one it may be either, and nothing is said.
        """
        if transition.state != "blocked" or transition.waits_for or transition.snapshot or transition.ended_ns is None:
            return
        style = task.io_style_at(transition.t_ns)
        if not transition.shares_gil and style in _REASONS:
            transition.waits_for = cast(WaitsFor, style)
        elif transition.shares_gil and style is None and transition.ended_ns - transition.t_ns <= GIL_WAIT_NS:
            transition.waits_for = "gil"


def birth_fact(task: RecordedTask) -> Fact:
    """The birth of a task nobody has named."""
    kind: Literal["thread", "process"] = "thread" if task.is_thread else "process"
    how: Made = "thread" if task.is_thread else "fork"
    return TaskBorn(task.task, task.pid, task.tid, task.parent, task.name, kind, how, task.trial)
