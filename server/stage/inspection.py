"""The stage's looks into the kernel's tables: cards, memory, registers, the tree; each is told as a fact of the run.

All of them read /proc; what may not be read is None or absent, and a lesson says which evidence it has then.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Sequence

from ..events import MemoryMeasured, MemoryPages, SignalSent, TaskAllowed, TaskDescribed
from ..recorder import TaskGone, memory, process_info
from ..recorder.process_info import Mapping, Registers
from ..supervisor import descendants, kcmp
from ..supervisor.children import ChildTask
from ..supervisor.event_loop import WAIT_MS, LauncherLoop
from .process_tree import ProcessTreeWatcher

_SEEN_S = 10.0


class InspectionMixin:
    """What :class:`Stage` inherits: it needs the launcher's loop."""

    _loop: LauncherLoop

    def __init__(self) -> None:
        """Nothing has been told yet."""
        self._described: dict[tuple[int, str], str] = {}

    def describe(self, task: ChildTask | int, *names: str) -> dict[str, str]:
        """Read a task's card and tell what has changed of it (``task.described``); gives all of it.

        ``names``: tell these only, "fd" for all descriptors (default: all). Names: ``process_info.read_process_info``.
        A line that is no longer there is told with an empty text. A task that has gone gives {}.
        """
        pid = _pid(task)
        try:
            found = process_info.read_process_info(pid)
        except TaskGone:
            return {}
        gone = {
            name: "" for (owner, name), text in self._described.items() if owner == pid and text and name not in found
        }
        for name, text in (found | gone).items():
            wanted = not names or name in names or name.split(" ")[0] in names
            if wanted and self._described.get((pid, name), "") != text:
                self._described[pid, name] = text
                self._loop.emit_fact(TaskDescribed(pid, name, text), "seen")
        return found

    def measure_memory(
        self, task: ChildTask | int, what: str, want: Callable[[Mapping], bool]
    ) -> memory.MemoryUsage | None:
        """Measure the mappings that are wanted and tell it as ``memory.measured`` under the name ``what``.

        ``want``: ``memory.at(start, end)`` or ``memory.of_file(inode)`` of ``server.recorder.memory``. None, and
        nothing told, where smaps may not be read or no such mapping is there.
        """
        pid = _pid(task)
        found = memory.memory_usage(pid, want)
        if found is None or not found.mappings:
            return None
        try:
            faults: int | None = process_info.minor_faults(pid)
        except TaskGone:
            faults = None
        fact = MemoryMeasured(
            pid, what, found.rss_kb, found.pss_kb, found.shared_kb, found.private_kb, found.huge_kb or None, faults
        )
        self._loop.emit_fact(fact, "seen")
        return found

    def compare_pages(
        self, task: ChildTask | int, other: ChildTask | int, what: str, start: int, end: int
    ) -> str | None:
        """Compare the page frames of [start, end) in two processes and tell it as ``memory.pages``.

        Gives the run-length map (``memory.compare``); None, and nothing told, for whoever may not see frames.
        """
        mine, others = memory.page_frames(_pid(task), start, end), memory.page_frames(_pid(other), start, end)
        if mine is None or others is None:
            return None
        found = memory.compare_frames(mine, others)
        self._loop.emit_fact(MemoryPages(_pid(task), _pid(other), what, found), "seen")
        return found

    def share_kernel_object(
        self, one: ChildTask | int, other: ChildTask | int, what: kcmp.KernelObject, fds: tuple[int, int] = (0, 0)
    ) -> bool | None:
        """Whether two processes share a kernel object ("vm", "file" with ``fds``, …); None: not to be known here."""
        return kcmp.share_kernel_object(_pid(one), _pid(other), what, fds)

    def registers(self, task: ChildTask | int) -> Registers | None:
        """System call, SP and PC of a task that is not running: freeze it first, or it may have gone on meanwhile."""
        return process_info.registers(_pid(task))

    def freeze(self, task: ChildTask, timeout_s: float = _SEEN_S) -> bool:
        """SIGSTOP, and wait until every thread of the process is stopped (T); False if that did not come in time."""
        self._send(task, signal.SIGSTOP)
        return self._soon(lambda: process_info.thread_states(task.pid).strip("Tt") == "" and not task.dead, timeout_s)

    def thaw(self, task: ChildTask, timeout_s: float = _SEEN_S) -> bool:
        """SIGCONT, and wait until none of its threads is stopped; False if that did not come in time."""
        self._send(task, signal.SIGCONT)
        return self._soon(lambda: not set(process_info.thread_states(task.pid)) & set("Tt"), timeout_s)

    def wait_until_asleep(self, task: ChildTask | int, program: str | None = None, timeout_s: float = _SEEN_S) -> bool:
        """Wait until a task sleeps (S) and, if ``program`` (a path) is given, has become that file; False: not in time.

        A fixed pause lies on a busy machine: between fork and exec a process still is its parent's program.
        """
        file = None if program is None else os.stat(program)
        return self._soon(process_info.sleep_predicate(_pid(task), file), timeout_s)

    def set_affinity(self, task: ChildTask | int, cpus: Sequence[int]) -> None:
        """Let a task use these cores only, and say so (``task.allowed``)."""
        os.sched_setaffinity(_pid(task), cpus)
        self._loop.emit_fact(TaskAllowed(_pid(task), sorted(cpus)))

    def process_tree(self) -> ProcessTreeWatcher:
        """A poll source (``with stage.polling(stage.process_tree())``): ``task.moved`` of every descendant."""
        return ProcessTreeWatcher(self._loop.session.task_number, self._loop.emit_fact)

    def live_pids(self, among: Collection[str] = ()) -> list[int]:
        """Pids of the run's living processes now, those the tasks made included; ``among``: in these states only."""
        found = descendants.list_descendants(os.getpid())
        return [pid for pid in found if not among or process_info.task_state(pid) in among]

    def _send(self, task: ChildTask, signum: signal.Signals) -> None:
        self._loop.emit_fact(SignalSent(task.pid, int(signum), 0))
        if not task.reaped:
            os.kill(task.pid, signum)

    def _soon(self, done: Callable[[], bool], timeout_s: float) -> bool:
        return self._loop.run_until(done, time.monotonic_ns() + int(timeout_s * 1e9), WAIT_MS)


def _pid(task: ChildTask | int) -> int:
    return task if isinstance(task, int) else task.pid
