"""What an experiment may touch: trials, spawned tasks, programs, signals, actions; it draws and judges nothing.

``experiment.run(stage, params)`` runs in the launcher, which has one thread. Everything that waits is a method here,
because while it waits the loop drains the kernel's records.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from ..events import ActionTaken, Fact, SignalSent, Source, TrialEnded, TrialStarted
from ..supervisor import process_limit
from ..supervisor.children import ChildTask
from ..supervisor.event_loop import WAIT_MS, LauncherLoop, RunTerminated
from ..supervisor.poll_source import PollSource
from . import child_setup, foreign_interpreter
from .inspection import InspectionMixin
from .machine import Machine
from .pipes import PipeLevel, TerminalReader
from .pty import Pty

_READY_S = 10.0  # a worker that has not reached its barrier by then never will
_LAST_S = 1.0  # an interactive run ends itself so long before its wall bound would end it
_MOST_TRIALS = 20
_NO_CORES = (
    "this machine does not let a run choose cores {} (sched_setaffinity: {}); in a container, allow that call "
    "and these cores"
)


class Stage(InspectionMixin):
    """The launcher's side. Each waiting method may raise ``RunTerminated`` (a BaseException): let it pass."""

    def __init__(
        self, loop: LauncherLoop, run_config: child_setup.RunConfig, cpus: Sequence[int], machine: Machine
    ) -> None:
        super().__init__()
        self.cpus = tuple(cpus)  # cores this run may use
        self.machine = machine  # what there is beyond this Python: .python("3.13"), .has("slice")
        self._loop = loop
        self._run_config = run_config
        self._barrier: tuple[int, int] | None = None  # read and write end of the pipe that the waiting tasks read
        self._waiting: list[ChildTask] = []
        self._trial_tasks: list[ChildTask] = []
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
        number, self._trial_tasks = self._trials, []
        self._loop.session.trial = number
        self._loop.emit_fact(TrialStarted(number, params, label))
        yield number
        self._loop.kill_and_reap_all()
        self._close_barrier()
        self._trial_tasks = []
        self._loop.session.trial = None
        self._loop.emit_fact(TrialEnded(number))

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
    ) -> ChildTask:
        """Fork a process that will run ``function(me, *args)`` once :meth:`go` opens the barrier.

        ``cpus``: the cores it may use (default: all of the run). ``hold``: it stays a zombie until :meth:`reap`.
        ``fails``: an exception it does not catch belongs to the lesson; without it the run fails with that exception.
        ``session``: it leads a session of its own (else a process group of its own, within the launcher's session).
        ``terminal``: it leads a session whose terminal this is, and has it as its descriptors 0, 1, 2.
        """
        barrier, where = self._open_barrier(), self.cpus if cpus is None else tuple(cpus)
        pid = self._fork(
            where,
            lambda: child_setup.call_in_child(self._child_config(name, session, terminal), function, args, barrier),
        )
        task = self._add_child(ChildTask(pid, name, role, "fork", hold, fails))
        self._waiting.append(task)
        return task

    def spawn_python(
        self,
        version: str,
        function: Callable[..., None],
        *args: Any,
        name: str,
        cpus: Sequence[int] | None = None,
        role: str = "worker",
    ) -> ChildTask:
        """The same in another Python ("3.13", "3.13t", "subinterpreters", "free-threaded"), exec'd.

        There ``function`` is found by file and name, and ``args`` must be JSON. The run ends with a sentence if the
        machine has no such Python: ask ``stage.machine`` first.
        """
        path = self.machine.interpreter_path(version)
        if path is None:
            raise RunTerminated("failed", f"this machine has no Python for this: {version}")
        barrier, told_fd = self._open_barrier(), self._run_config.worker_pipe
        argv = foreign_interpreter.command_line(path, function, args, told_fd, barrier[0])
        life = self._child_config(name, False, None)
        task = self._exec(argv, life, cpus, role, False, (None, None, None), (barrier[0], told_fd), None)
        self._waiting.append(task)
        return task

    def spawn_program(
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
    ) -> ChildTask:
        """Fork and exec a program at once; descriptors default to /dev/null. Status 127 if it cannot be run.

        ``session`` and ``terminal`` as for :meth:`spawn`; ``env`` replaces the environment (default: the launcher's).
        """
        life = self._child_config(name, session, terminal)
        return self._exec(argv, life, cpus, role, hold, (stdin, stdout, stderr), (), env)

    def open_barrier(self) -> None:
        """Open the barrier of all waiting tasks at once, as soon as each has arrived there."""
        if self._barrier is None:
            return
        waiting, deadline = self._waiting, time.monotonic_ns() + int(_READY_S * 1e9)
        if not self._loop.run_until(lambda: all(task.ready or task.dead for task in waiting), deadline, WAIT_MS):
            raise RunTerminated("failed", "a task did not reach the start")
        self._loop.poll_fast()
        self._close_barrier()

    def wait(self, *tasks: ChildTask, timeout_s: float | None = None) -> bool:
        """Wait until these (default: all of the trial) have died; False if ``timeout_s`` passed first."""
        wanted = tasks or tuple(self._trial_tasks)
        deadline = None if timeout_s is None else time.monotonic_ns() + int(timeout_s * 1e9)
        return self._loop.run_until(lambda: all(task.dead for task in wanted), deadline)

    def sleep(self, seconds: float) -> None:
        """Let the run go on for so long."""
        self._loop.run_until(lambda: False, time.monotonic_ns() + int(seconds * 1e9))

    def until(self, done: Callable[[], bool], timeout_s: float) -> bool:
        """Let the run go on until ``done()``, which is asked at every turn; False if ``timeout_s`` passed first."""
        return self._loop.run_until(done, time.monotonic_ns() + int(timeout_s * 1e9))

    @contextmanager
    def polling(self, source: PollSource) -> Iterator[None]:
        """Poll ``source`` on every turn, as long as the block lasts."""
        self._loop.poll_sources.append(source)
        try:
            yield
        finally:
            self._loop.poll_sources.remove(source)

    def pipe_level(self, fd: int) -> PipeLevel:
        """A poll source of the pipe whose write end ``fd`` is: ``pipe.filled`` whenever its level has changed."""
        return PipeLevel(fd, self._loop.emit_fact)

    def read_terminal(self, fd: int, task: ChildTask) -> TerminalReader:
        """A poll source that reads what ``task`` prints into the pipe ``fd``: ``output`` of the stream "terminal"."""
        return TerminalReader(fd, task.task, self._loop.emit_fact)

    def pty(self, rows: int = 24, columns: int = 80) -> Pty:
        """A new pseudo-terminal for ``spawn`` or ``spawn_program``; closed at the end of the run, or by ``hang_up``."""
        made = Pty(rows, columns)
        self._ptys.append(made)
        return made

    def read_pty(self, pty: Pty, task: ChildTask) -> TerminalReader:
        """A poll source that reads what appears on ``pty``: ``output`` of the stream "terminal", by ``task``."""
        reader = TerminalReader(pty.master, task.task, self._loop.emit_fact)
        pty.reader = reader
        return reader

    def signal(self, task: ChildTask, signum: int) -> None:
        """Send a signal and say so; one to a task that has gone is said and goes nowhere."""
        self.emit_fact(SignalSent(task.pid, int(signum), 0))
        if not task.reaped:
            os.kill(task.pid, signal.Signals(signum))

    def reap(self, task: ChildTask) -> None:
        """Wait for a held task: from a zombie to nothing."""
        task.hold = False
        self._loop.run_until(lambda: task.reaped)

    def actions(self, over: Callable[[], bool] = lambda: False) -> Iterator[dict[str, Any]]:
        """Actions of readers as they come: ``{"action", "text"?, "params"?}``; ends shortly before the wall bound.

        Also once ``over()``, which is asked at every turn, says that nothing can be done any more. A run whose time is
        up has ended as planned: however long it then takes to close on a crowded machine, it has not failed.
        """
        waiting, end = self._loop.actions, self._loop.deadline_ns - int(_LAST_S * 1e9)
        while self._loop.run_until(lambda: over() or bool(waiting), end):
            if over():
                return
            while waiting:
                said = waiting.popleft()
                self.emit_fact(ActionTaken(said["action"], said.get("text")))
                yield said
        self._loop.closes = True

    def emit_fact(self, fact: Fact, source: Source = "told") -> None:
        """State a fact, stamped now; a task in it is ``task.task``, the launcher 0."""
        self._loop.emit_fact(fact, source)

    def _exec(
        self,
        argv: Sequence[str],
        life: child_setup.ChildConfig,
        cpus: Sequence[int] | None,
        role: str,
        hold: bool,
        streams: Sequence[int | None],
        keep: Sequence[int],
        env: Mapping[str, str] | None,
    ) -> ChildTask:
        where = self.cpus if cpus is None else tuple(cpus)
        pid = self._fork(where, lambda: child_setup.exec_in_child(life, argv, streams, keep, env))
        return self._add_child(ChildTask(pid, life.name, role, "exec", hold))

    def _child_config(self, name: str, session: bool, terminal: Pty | None) -> child_setup.ChildConfig:
        masters = tuple(pty.master for pty in self._ptys if not pty.closed)
        return child_setup.ChildConfig(
            self._run_config, name, session, terminal.path if terminal is not None else None, masters
        )

    def _fork(self, cpus: Sequence[int], life: Callable[[], NoReturn]) -> int:
        """Fork a child that is born on one of its own cores: one that has to move there is seen to block on the way."""
        try:
            os.sched_setaffinity(0, cpus)
        except OSError as error:
            raise RunTerminated("failed", _NO_CORES.format(", ".join(map(str, cpus)), error.strerror)) from error
        try:
            pid = os.fork()
        except BlockingIOError:
            if not process_limit.lift_limit():
                raise
            pid = os.fork()
        if pid == 0:
            try:
                life()
            finally:
                os._exit(child_setup.SETUP_FAILED)  # whatever happens, a child never goes on as a second launcher
        os.sched_setaffinity(0, self._everywhere)
        self._loop.session.collect()  # the births of many at once fill the rings between two turns of the loop
        return pid

    def _add_child(self, task: ChildTask) -> ChildTask:
        self._loop.children.add(task)
        self._loop.session.expect_task(task)
        self._trial_tasks.append(task)
        self._loop.run_once()
        return task

    def _open_barrier(self) -> tuple[int, int]:
        if self._barrier is None:
            self._barrier = os.pipe()
            self._loop.session.add_barrier(os.readlink(f"/proc/self/fd/{self._barrier[0]}"))
        return self._barrier

    def _close_barrier(self) -> None:
        for fd in self._barrier or ():
            os.close(fd)
        self._barrier, self._waiting = None, []
