"""What the records do not say: names, barriers, GILs, told I/O calls, looks into /proc; it folds no record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast, get_args

from ..events import Fact, ProofChecked, TaskBorn, TaskDied, TaskReaped, TaskRenamed, Tier, WaitsFor
from ..events import How as Made
from .edges import Edge, Note
from .proof import How, Tally, check
from .raw import Counters, Look, Want
from .reasons import Table
from .task import Task
from .tree import Member, Usage, prove_trees

GIL_WAIT_NS = 8_000_000  # CPython waits for the GIL 5 ms at a time (sys.getswitchinterval); its timer may be late
_REASONS = frozenset(get_args(WaitsFor))


class TaskFacts:
    """The tasks of a run and what was told about them."""

    def __init__(self, launcher: int, tier: Tier, table: Table) -> None:
        """``launcher``: pid of task 0."""
        self._launcher, self._tier, self._table = launcher, tier, table
        self._counted: list[tuple[int, How, Counters]] = []
        self._tasks: list[Task] = []
        self._tids: dict[int, Task] = {}
        self._usages: list[Usage] = []
        self._barriers: set[str] = set()
        self._gil: dict[int, tuple[int, int]] = {}
        self._expected: dict[int, tuple[str, Made, str | None, int | None]] = {}

    def expect(
        self, pid: int, name: str, how: Made = "fork", role: str | None = None, trial: int | None = None
    ) -> None:
        """The stage created this process (or, by its tid, this thread): its name on the lanes, and what it is.

        Told before its birth is handed on, it becomes part of task.born; later, only the name does, as task.renamed.
        """
        self._expected[pid] = (name, how, role, trial)
        if task := self._tids.get(pid):
            self._name(task)

    def _name(self, task: Task) -> None:
        """Complete a task's birth with what the stage expects, if it has said so."""
        if task.tid not in self._expected:
            return
        name, how, role, trial = self._expected.pop(task.tid)
        born = cast(TaskBorn, task.birth.said)
        if task.birth.given:
            task.put(Note(task.since_ns, "told", TaskRenamed(task.task, name, how=None if how == born.how else how)))
        else:
            task.trial = trial if trial is not None else task.trial
            task.birth.said = replace(born, name=name, how=how, role=role, trial=task.trial)
        task.name = name

    def barrier(self, target: str) -> None:
        """Reading from this pipe (``os.readlink`` of the descriptor in /proc) is waiting at a barrier."""
        self._barriers.add(target)

    def interpreter(self, pid: int, start: int, end: int) -> None:
        """The threads of this process share one GIL, whose futexes lie in [start, end)."""
        self._gil[pid] = (start, end)

    def opened(self, tid: int, t_ns: int, style: str = "") -> None:
        """A thread said that one I/O call begins; a style named like a reason says why it would sleep in it."""
        if task := self._tids.get(tid):
            task.windows.append([t_ns])
            task.styles.append(style)

    def closed(self, tid: int, t_ns: int) -> None:
        """A thread said that its I/O call has returned."""
        task = self._tids.get(tid)
        if task and task.windows and len(task.windows[-1]) == 1:
            task.windows[-1].append(t_ns)

    def wanted(self) -> list[Want]:
        """Looks that would tell something now: at sleepers not looked at yet, at wake-ups not timed yet."""
        found = []
        for task in self._tids.values():
            asleep = not task.looked and task.edge.state == "blocked"
            untimed = bool(task.delays.unsolved)
            if asleep or untimed:
                found.append(Want(task.pid, task.tid, asleep, untimed))
        return found

    def looked(self, look: Look) -> None:
        """Take what a look found; it counts only if no record of the task falls into it."""
        task = self._tids.get(look.tid)
        if task is None:
            return
        if look.dispatches is not None and look.ready_ns is not None and task.edge.state != "ready":
            task.delays.reading(look.dispatches, look.ready_ns)
        edge = task.edge
        if look.state is None or edge.state != "blocked" or edge.t_ns > look.from_ns or task.looked:
            return
        task.looked = look.state in "SDITt"
        if look.state in "Tt":
            self._stopped(task, look)
        elif task.looked and not edge.given:
            edge.waits_for = self._table.why(look, self._barriers, self._gil.get(task.pid, (0, 0)))
            edge.syscall = look.syscall if edge.waits_for else None
            edge.look = look

    def _stopped(self, task: Task, look: Look) -> None:
        edge = task.edge
        if edge.given:  # told as blocked already: correct it from the look on
            late = look.from_ns - edge.t_ns
            edge = Edge(task.task, look.from_ns, "stopped", "stopped", edge.cpu, "derived", error_ns=late)
            task.edge = edge
            task.put(edge)
        edge.state, edge.cause, edge.look = "stopped", "stopped", look

    def died(self, pid: int, t_ns: int, code: int | None = None, signal: int | None = None) -> None:
        """How a process ended, as waitid told: task.died bears the instant of its EXIT record, at most ``t_ns``."""
        if task := self._tids.get(pid):
            task.death = (code, signal)
            if task.exited_ns is not None:
                task.put(Note(min(t_ns, task.exited_ns), "seen", TaskDied(task.task, code, signal)))

    def reaped(self, pid: int, t_ns: int, voluntary: int | None = None, involuntary: int | None = None) -> None:
        """The launcher has reaped this process, whose rusage said so many switches of it and what it had waited for."""
        if task := self._tids.get(pid):
            task.reaped = True
            task.put(Note(t_ns, "told", TaskReaped(task.task)))
            if voluntary is not None and involuntary is not None:
                self._usages.append(Usage(task.task, voluntary, involuntary))

    def collected(self, pid: int, t_ns: int, code: int | None, signal: int | None, error_ns: int | None = None) -> None:
        """Its own parent has reaped this process: as the parent told, or (``error_ns``) as it was found to be gone."""
        task = self._tids.get(pid)
        if task is None or task.reaped:
            return
        task.reaped = True
        if task.death is None:
            self.died(pid, t_ns, code, signal)
        task.put(Note(t_ns, "told" if error_ns is None else "derived", TaskReaped(task.task, error_ns)))

    def uncollected(self) -> list[tuple[int, int]]:
        """Processes that have ended and are not known to be reaped: pid, instant of the end."""
        tasks = (task for task in self._tasks if not (task.is_thread or task.reaped))
        return [(task.pid, task.exited_ns) for task in tasks if task.exited_ns is not None]

    def counted(self, tid: int, counters: Counters, how: How = "self") -> None:
        """A task's own counters: read by itself as its last act ("self"), or by the launcher ("zombie")."""
        self._counted.append((tid, how, counters))
        if task := self._tids.get(tid):
            task.delays.reading(counters.dispatches, counters.ready_ns)

    def proofs(self) -> list[ProofChecked]:
        """The proof of every task so far, in their order; call it after the last drain."""
        return [self._proof(task) for task in self._tasks]

    def trees(self, checked: Sequence[ProofChecked]) -> tuple[list[ProofChecked], list[ProofChecked]]:
        """Proofs of whole trees, and ``checked`` (of every task) with what those prove; tree.py says how."""
        if self._tier == "sampled":
            return [], list(checked)
        members = [Member(task.task, task.parent, task.is_thread, task.reaped, task.tally) for task in self._tasks]
        return prove_trees(members, self._usages, checked)

    def _proof(self, task: Task) -> ProofChecked:
        mine = [(how, kept) for tid, how, kept in self._counted if tid == task.tid and task.lived(kept)]
        how: How = "none"
        counters: Counters | None = None
        if mine:
            how, counters = min(mine, key=lambda each: each[0] != "self")
        if self._tier == "sampled":
            return check(task.task, task.tally, counters, "none", "sampling sees no single switch, only totals")
        return check(task.task, task.tally, counters, how)

    def task_of(self, tid: int) -> int | None:
        """Number of a task; 0 is the launcher, None a task not heard of yet."""
        if tid == self._launcher:
            return 0
        task = self._tids.get(tid)
        return task.task if task else None

    def born(self) -> int:
        """How many tasks were born so far."""
        return len(self._tasks)

    def tally(self, task: int) -> Tally:
        """The switches of a task, for the proof."""
        return self._tasks[task - 1].tally

    def alive(self) -> list[int]:
        """Pids of the processes whose end has not been heard."""
        return [task.pid for task in self._tasks if task.exited_ns is None and not task.is_thread]

    def _infer(self, task: Task, edge: Edge) -> None:
        """For a wait that ended before anybody could look: the told I/O call it lies in gives the reason.

        Kernel.md section 5: a thread under the GIL, asleep outside every told call, and no longer than CPython's timed
        wait, waits for the GIL; inside one it may be either, and nothing is said.
        """
        if edge.state != "blocked" or edge.waits_for or edge.look or edge.ended_ns is None:
            return
        style = task.style_at(edge.t_ns)
        if not edge.crowded and style in _REASONS:
            edge.waits_for = cast(WaitsFor, style)
        elif edge.crowded and style is None and edge.ended_ns - edge.t_ns <= GIL_WAIT_NS:
            edge.waits_for = "gil"


def fact_of(task: Task) -> Fact:
    """The birth of a task nobody has named."""
    kind: Literal["thread", "process"] = "thread" if task.is_thread else "process"
    how: Made = "thread" if task.is_thread else "fork"
    return TaskBorn(task.task, task.pid, task.tid, task.parent, task.name, kind, how, task.trial)
