"""What a running task says of itself: the first argument of every spawned function; it changes nothing.

A task is named by its kernel thread id here; the launcher turns ids into task numbers where facts are merged, since
only there the order of births is known. Nothing of this module waits for anybody.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Literal

from ..supervisor import worker_pipe
from .exit_report import report_child_reaped, report_exception, report_own_counters
from .task_main import run_task_function

_CHUNK = 600  # characters of output a line: escaped, each takes at most 6 bytes, and 12 if it is not ASCII
NotifyMethod = Literal["callback", "poll", "wait", "event"]


class Call:
    """One call, from its start until its caller knows the result."""

    def __init__(self, fd: int, owner: int, number: int, style: str, window: bool) -> None:
        self._fd = fd
        self._key = [owner, number]
        self._style = style
        fact: dict[str, Any] = {"kind": "call.started", "task": owner, "call": self._key, "style": style}
        worker_pipe.write_message(fd, owner, "fact", fact | {"window": True} if window else fact)

    def returned(self, result: str | None = None) -> None:
        """The call has come back to the calling thread with ``result``: "value", "handle", "EAGAIN" …"""
        self._state("call.returned", {} if result is None else {"result": result})

    def notified(self, how: NotifyMethod | None = None, count: int | None = None) -> None:
        """The calling side has learned of the result, in the thread that calls this; ``count`` polls it took."""
        extra = {"how": how, "count": count}
        self._state("call.notified", {name: value for name, value in extra.items() if value is not None})

    def _state(self, kind: str, extra: dict[str, Any]) -> None:
        t_ns = time.monotonic_ns()
        tid = threading.get_native_id()
        fact = {"kind": kind, "task": tid, "call": self._key, "style": self._style}
        worker_pipe.write_message(self._fd, tid, "fact", fact | extra, t_ns)


class _IoCall:
    """``with me.io_call(style):`` brackets one I/O call, so that its sleep can be told from waiting for the GIL."""

    def __init__(self, me: TaskContext, style: str) -> None:
        self._me = me
        self._style = style

    def __enter__(self) -> Call:
        self._call = self._me.call(self._style, window=True)
        return self._call

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._call.returned(None if kind is None else kind.__name__)


class Thread(threading.Thread):
    """A registered thread: it is named, and its last act is to read its own counters. ``join()`` waits for it."""

    def __init__(
        self, me: TaskContext, body: Callable[[TaskContext], None], name: str, role: str | None, how: str
    ) -> None:
        super().__init__(name=name)
        self._me = me
        self._body = body
        self._about = {"name": name, "role": role, "how": how}

    def start(self) -> None:
        """Announce it, then start it: a thread may have to wait long before it can speak for itself."""
        worker_pipe.write_message(self._me.fd, threading.get_native_id(), "announce", self._about)
        super().start()

    def run(self) -> None:
        """The thread's life: register, work, prove."""
        from ..supervisor.prctl import (
            name_thread,
        )  # late: a sub-interpreter that imports TaskContext must not load ctypes

        me = self._me.for_this_thread()
        worker_pipe.write_message(me.fd, me.task, "thread", self._about)
        name_thread(self.name)
        try:
            self._body(me)
        except BaseException as error:
            me.output(traceback.format_exc(), "stderr")
            report_exception(me.fd, self.name, error)
        report_own_counters(me.fd)


class TaskContext:
    """The calling task. Every method may be used by the thread the object was made for."""

    def __init__(self, fd: int) -> None:
        self.fd = fd  # the told pipe
        self.task = threading.get_native_id()  # what stands for this task in the facts it states
        self._calls = 0

    def for_this_thread(self) -> TaskContext:
        """The same pipe for the thread that calls this."""
        return TaskContext(self.fd)

    def step(self, label: str) -> None:
        """Say where the program is: the caller's line within its function's source, and the function's name."""
        self._say_step(label, sys._getframe(1), 0)

    def step_next_line(self, label: str) -> None:
        """Say what the line below this one is about to do: like :meth:`step`, one line further."""
        self._say_step(label, sys._getframe(1), 1)

    def _say_step(self, label: str, frame: FrameType, ahead: int) -> None:
        t_ns = time.monotonic_ns()
        line = frame.f_lineno - frame.f_code.co_firstlineno + 1 + ahead
        fact = {"kind": "step", "task": self.task, "label": label, "line": line, "code": frame.f_code.co_name}
        worker_pipe.write_message(self.fd, self.task, "fact", fact, t_ns)

    def io_call(self, style: str) -> _IoCall:
        """A context manager around one I/O call; gives the :class:`Call`."""
        return _IoCall(self, style)

    def call(self, style: str, window: bool = False) -> Call:
        """Say that a call is being made now."""
        self._calls += 1
        return Call(self.fd, self.task, self._calls, style, window)

    def thread(self, function: Callable[..., None], *args: Any, name: str, role: str = "worker") -> Thread:
        """Start ``function(me, *args)`` in a registered thread of this process."""
        thread = Thread(self, lambda me: function(me, *args), name, role, "thread")
        thread.start()
        return thread

    def interpreter(
        self, function: Callable[..., None], *args: Any, name: str, role: str = "worker", start: bool = True
    ) -> Thread:
        """The same in a sub-interpreter with a GIL of its own (Python ≥ 3.13, else ``RuntimeError``).

        There the function is found by file and name; ``args`` must be JSON. The interpreter is made at once; ``start``
        False leaves its thread to be started by the caller.
        """
        from .subinterpreter import prepare_subinterpreter

        run = prepare_subinterpreter(function, args)
        thread = Thread(self, lambda me: run(me.fd), name, role, "interpreter")
        if start:
            thread.start()
        return thread

    def hook_library_tasks(self, *workers: str) -> None:
        """Threads and multiprocessing's forks that libraries start from here on register and prove themselves.

        ``workers``: beginnings of the names of threads that do the work; the others are helpers.
        """
        from .library_tasks import LibraryTaskHooks

        LibraryTaskHooks(self.fd, workers)

    def fork(
        self, function: Callable[..., None], *args: Any, name: str, role: str = "worker", fails: bool = False
    ) -> int:
        """fork(2): the child runs ``function(me, *args)``, proves itself and leaves; gives its pid to the parent.

        It ends as any Python does (task_main.py); ``fails``: an exception it does not catch is the lesson's subject.
        Collect it with :meth:`wait`, or leave it a zombie, or an orphan of whom the launcher becomes the parent.
        """
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                status = run_task_function(self.for_this_thread(), function, args, fails=fails)
            finally:
                os._exit(status)
        self.child_started(pid, name, role)
        return pid

    def wait(self, pid: int = -1) -> tuple[int, int]:
        """waitpid(2), and :meth:`child_reaped`; gives pid and return code (minus the number of a signal)."""
        found, status = os.waitpid(pid, 0)
        returncode = os.waitstatus_to_exitcode(status)
        report_child_reaped(self.fd, found, returncode)
        return found, returncode

    def report_own_counters(self) -> None:
        """The last act of a child that was forked by hand: read its own counters."""
        report_own_counters(self.fd)

    def child_reaped(self, pid: int, returncode: int) -> None:
        """Say that this task has collected its child ``pid``, right after wait(2) returned (``task.waited``).

        ``returncode`` as ``os.waitstatus_to_exitcode`` and ``subprocess`` give it: minus the number of a signal.
        Children that nobody tells of are noticed when /proc has lost them, with an error of some milliseconds.
        """
        report_child_reaped(self.fd, pid, returncode)

    def child_started(self, pid: int, name: str, role: str = "worker", how: str = "fork") -> None:
        """Say at once who a child is that this task has made by itself, and how (``task.born.how``).

        Told more than about 20 ms after its birth (3 ms in a run's first 50), it becomes a ``task.renamed``.
        """
        worker_pipe.write_message(self.fd, self.task, "child", [pid, {"name": name, "role": role, "how": how}])

    def signal_received(self, signum: int) -> None:
        """Say that a signal has been delivered: the first thing in its handler (``signal.got``)."""
        self._say({"kind": "signal.got", "task": self.task, "signal": int(signum)})

    def set_affinity(self, *cpus: int) -> None:
        """Use these cores only from here on, and say so (``task.allowed``)."""
        os.sched_setaffinity(0, cpus)
        self._say({"kind": "task.allowed", "task": self.task, "cpus": sorted(cpus)})

    def set_time_slice(self, slice_ns: int) -> int | None:
        """Ask the kernel for time slices of so many ns for the calling thread; what it granted, or None."""
        from ..supervisor.time_slice import set_time_slice

        return set_time_slice(slice_ns)

    def output(self, text: str, stream: str = "stdout") -> None:
        """Say that ``text`` was written; long text becomes several facts."""
        size = _CHUNK if text.isascii() else _CHUNK // 2
        for start in range(0, len(text), size):
            self._say({"kind": "output", "task": self.task, "stream": stream, "text": text[start : start + size]})

    def emit_fact(self, fact: Any) -> None:
        """State a fact of ``server.events``, stamped now; its ``task`` is ``me.task`` (or another kernel tid)."""
        t_ns = time.monotonic_ns()
        from ..events import Entry, to_dict

        worker_pipe.write_message(self.fd, self.task, "fact", to_dict(Entry(0, "told", fact))["fact"], t_ns)

    def _say(self, fact: dict[str, Any]) -> None:
        worker_pipe.write_message(self.fd, self.task, "fact", fact)
