"""What an experiment may touch: trials, spawned tasks, programs, signals, actions; it draws and judges nothing.

``experiment.run(stage, params)`` runs in the launcher, which has one thread. Everything that waits is a method here,
because while it waits the pump drains the kernel's records.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from ..events import ActionTaken, Fact, SignalSent, Source, TrialEnded, TrialStarted
from ..supervisor import bound
from ..supervisor.children import Task
from ..supervisor.pump import WAIT_MS, Ended, Gauge, Pump
from . import guest, worker
from .looks import Looks
from .machine import Machine
from .plumbing import Level, Terminal
from .pty import Pty

_READY_S = 10.0  # a worker that has not reached its barrier by then never will
_LAST_S = 1.0  # an interactive run ends itself so long before its wall bound would end it
_MOST_TRIALS = 20
_NO_CORES = (
    "this machine does not let a run choose cores {} (sched_setaffinity: {}); in a container, allow that call "
    "and these cores"
)


class Stage(Looks):
    """The launcher's side. Each waiting method may raise ``Ended`` (a BaseException): let it pass."""

    def __init__(self, pump: Pump, setting: worker.Setting, cpus: Sequence[int], machine: Machine) -> None:
        super().__init__()
        self.cpus = tuple(cpus)  # cores this run may use
        self.machine = machine  # what there is beyond this Python: .python("3.13"), .has("slice")
        self._pump = pump
        self._setting = setting
        self._barrier: tuple[int, int] | None = None  # read and write end of the pipe that the waiting tasks read
        self._waiting: list[Task] = []
        self._here: list[Task] = []
        self._trials = 0
        self._ptys: list[Pty] = []
        self._everywhere = os.sched_getaffinity(0)

    @contextmanager
    def trial(self, label: str | None = None, **params: Any) -> Iterator[int]:
        """One trial: ``trial.started``, the block, then whatever still lives is killed, then ``trial.ended``.

        Gives its number, dense from 1; at most 20 in a run.
        """
        if self._trials == _MOST_TRIALS:
            raise ValueError(f"a run has at most {_MOST_TRIALS} trials")
        self._trials += 1
        number, self._here = self._trials, []
        self._pump.watch.trial = number
        self._pump.tell(TrialStarted(number, params, label))
        yield number
        self._pump.clear()
        self._close_barrier()
        self._here = []
        self._pump.watch.trial = None
        self._pump.tell(TrialEnded(number))

    def spawn(
        self,
        function: Callable[..., None],
        *args: Any,
        name: str,
        cpus: Sequence[int] | None = None,
        role: str = "worker",
        hold: bool = False,
        fails: bool = False,
        session: bool = False,
        terminal: Pty | None = None,
    ) -> Task:
        """Fork a process that will run ``function(me, *args)`` once :meth:`go` opens the barrier.

        ``cpus``: the cores it may use (default: all of the run). ``hold``: it stays a zombie until :meth:`reap`.
        ``fails``: an exception it does not catch belongs to the lesson; without it the run fails with that exception.
        ``session``: it leads a session of its own (else a process group of its own, within the launcher's session).
        ``terminal``: it leads a session whose terminal this is, and has it as its descriptors 0, 1, 2.
        """
        barrier, where = self._open_barrier(), self.cpus if cpus is None else tuple(cpus)
        pid = self._fork(where, lambda: worker.call(self._life(name, session, terminal), function, args, barrier))
        task = self._born(Task(pid, name, role, "fork", hold, fails))
        self._waiting.append(task)
        return task

    def python(
        self,
        version: str,
        function: Callable[..., None],
        *args: Any,
        name: str,
        cpus: Sequence[int] | None = None,
        role: str = "worker",
    ) -> Task:
        """The same in another Python ("3.13", "3.13t", "subinterpreters", "free-threaded"), exec'd.

        There ``function`` is found by file and name, and ``args`` must be JSON. The run ends with a sentence if the
        machine has no such Python: ask ``stage.machine`` first.
        """
        path = self.machine.python(version)
        if path is None:
            raise Ended("failed", f"this machine has no Python for this: {version}")
        barrier, told_fd = self._open_barrier(), self._setting.told
        argv = guest.argv(path, function, args, told_fd, barrier[0])
        life = self._life(name, False, None)
        task = self._exec(argv, life, cpus, role, False, (None, None, None), (barrier[0], told_fd), None)
        self._waiting.append(task)
        return task

    def execute(
        self,
        argv: Sequence[str],
        name: str,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        role: str = "worker",
        cpus: Sequence[int] | None = None,
        hold: bool = False,
        session: bool = False,
        terminal: Pty | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Task:
        """Fork and exec a program at once; descriptors default to /dev/null. Status 127 if it cannot be run.

        ``session`` and ``terminal`` as for :meth:`spawn`; ``env`` replaces the environment (default: the launcher's).
        """
        life = self._life(name, session, terminal)
        return self._exec(argv, life, cpus, role, hold, (stdin, stdout, stderr), (), env)

    def go(self) -> None:
        """Open the barrier of all waiting tasks at once, as soon as each has arrived there."""
        if self._barrier is None:
            return
        waiting, deadline = self._waiting, time.monotonic_ns() + int(_READY_S * 1e9)
        if not self._pump.until(lambda: all(task.ready or task.dead for task in waiting), deadline, WAIT_MS):
            raise Ended("failed", "a task did not reach the start")
        self._pump.poll_fast()
        self._close_barrier()

    def wait(self, *tasks: Task, timeout_s: float | None = None) -> bool:
        """Wait until these (default: all of the trial) have died; False if ``timeout_s`` passed first."""
        wanted = tasks or tuple(self._here)
        deadline = None if timeout_s is None else time.monotonic_ns() + int(timeout_s * 1e9)
        return self._pump.until(lambda: all(task.dead for task in wanted), deadline)

    def sleep(self, seconds: float) -> None:
        """Let the run go on for so long."""
        self._pump.until(lambda: False, time.monotonic_ns() + int(seconds * 1e9))

    def until(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Let the run go on until ``done()``, which is asked at every turn; False if ``timeout_s`` passed first."""
        return self._pump.until(done, time.monotonic_ns() + int(timeout_s * 1e9))

    @contextmanager
    def gauge(self, gauge: Gauge) -> Iterator[None]:
        """Look at ``gauge`` on every turn, as long as the block lasts."""
        self._pump.gauges.append(gauge)
        try:
            yield
        finally:
            self._pump.gauges.remove(gauge)

    def level(self, fd: int) -> Level:
        """A gauge of the pipe that has ``fd`` as its write end: ``pipe.filled`` whenever its level has changed."""
        return Level(fd, self._pump.tell)

    def terminal(self, fd: int, task: Task) -> Terminal:
        """A gauge that reads what ``task`` prints into the pipe ``fd``: ``output`` of the stream "terminal"."""
        return Terminal(fd, task.task, self._pump.tell)

    def pty(self, rows: int = 24, columns: int = 80) -> Pty:
        """A new pseudo-terminal for ``spawn`` or ``execute``; closed at the end of the run, or by ``hang_up``."""
        made = Pty(rows, columns)
        self._ptys.append(made)
        return made

    def screen(self, pty: Pty, task: Task) -> Terminal:
        """A gauge that reads what appears on ``pty``: ``output`` of the stream "terminal", by ``task``."""
        reader = Terminal(pty.master, task.task, self._pump.tell)
        pty.reader = reader
        return reader

    def signal(self, task: Task, signum: int) -> None:
        """Send a signal and say so; one to a task that has gone is said and goes nowhere."""
        self.tell(SignalSent(task.pid, int(signum), 0))
        if not task.reaped:
            os.kill(task.pid, signal.Signals(signum))

    def reap(self, task: Task) -> None:
        """Wait for a held task: from a zombie to nothing."""
        task.hold = False
        self._pump.until(lambda: task.reaped)

    def actions(self, over: Callable[[], bool] = lambda: False) -> Iterator[dict[str, Any]]:
        """Actions of readers as they come: ``{"action", "text"?, "params"?}``; ends shortly before the wall bound.

        Also once ``over()``, which is asked at every turn, says that nothing can be done any more.
        """
        waiting, end = self._pump.actions, self._pump.deadline_ns - int(_LAST_S * 1e9)
        while self._pump.until(lambda: over() or bool(waiting), end):
            if over():
                return
            while waiting:
                said = waiting.popleft()
                self.tell(ActionTaken(said["action"], said.get("text")))
                yield said

    def tell(self, fact: Fact, source: Source = "told") -> None:
        """State a fact, stamped now; a task in it is ``task.task``, the launcher 0."""
        self._pump.tell(fact, source)

    def _exec(
        self,
        argv: Sequence[str],
        life: worker.Life,
        cpus: Sequence[int] | None,
        role: str,
        hold: bool,
        streams: Sequence[int | None],
        keep: Sequence[int],
        env: Mapping[str, str] | None,
    ) -> Task:
        where = self.cpus if cpus is None else tuple(cpus)
        pid = self._fork(where, lambda: worker.execute(life, argv, streams, keep, env))
        return self._born(Task(pid, life.name, role, "exec", hold))

    def _life(self, name: str, session: bool, terminal: Pty | None) -> worker.Life:
        masters = tuple(pty.master for pty in self._ptys if not pty.closed)
        return worker.Life(self._setting, name, session, terminal.path if terminal is not None else None, masters)

    def _fork(self, cpus: Sequence[int], life: Callable[[], NoReturn]) -> int:
        """Fork a child that is born on one of its own cores: one that has to move there is seen to block on the way."""
        try:
            os.sched_setaffinity(0, cpus)
        except OSError as error:
            raise Ended("failed", _NO_CORES.format(", ".join(map(str, cpus)), error.strerror)) from error
        try:
            pid = os.fork()
        except BlockingIOError:
            if not bound.lift():
                raise
            pid = os.fork()
        if pid == 0:
            try:
                life()
            finally:
                os._exit(worker.BROKEN)  # whatever happens, a child never goes on as a second launcher
        os.sched_setaffinity(0, self._everywhere)
        return pid

    def _born(self, task: Task) -> Task:
        self._pump.children.add(task)
        self._pump.watch.expect(task)
        self._here.append(task)
        self._pump.turn()
        return task

    def _open_barrier(self) -> tuple[int, int]:
        if self._barrier is None:
            self._barrier = os.pipe()
            self._pump.watch.barrier(os.readlink(f"/proc/self/fd/{self._barrier[0]}"))
        return self._barrier

    def _close_barrier(self) -> None:
        for fd in self._barrier or ():
            os.close(fd)
        self._barrier, self._waiting = None, []
