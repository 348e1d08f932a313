"""Tasks that an experiment's own libraries start (pools, executors) register and prove themselves; it starts none.

A thread that has ended has left /proc, and a process that its own parent reaps was never the launcher's zombie. So
each of them has to read its own counters as its last act, as every task of the stage does (docs/design.md, "The
proof"). Threads are caught where ``threading`` begins them, forked processes of ``multiprocessing`` by a finalizer
that runs after all others.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection
from multiprocessing import util
from multiprocessing.process import current_process
from typing import Any

from ..supervisor import worker_pipe
from .exit_report import report_child_reaped, report_own_counters

_LAST = -1_000_000  # exit priority of a finalizer: every other one runs before it


class LibraryTaskHooks:
    """What is started in this process and below it, from here on, belongs to the stage.

    ``workers``: beginnings of the names of threads that do the work; every other thread is a helper.
    """

    def __init__(self, fd: int, workers: Collection[str]) -> None:
        self._fd = fd
        self._workers = tuple(workers)
        began: Any = threading.Thread._bootstrap  # type: ignore[attr-defined]  # no public hook sees a thread's end
        adoption = self

        def bootstrap(thread: threading.Thread) -> None:
            adoption.register(thread_name(thread), adoption.role(thread.name), "thread")
            try:
                began(thread)
            finally:
                report_own_counters(fd)

        threading.Thread._bootstrap = bootstrap  # type: ignore[attr-defined]
        waitpid = os.waitpid

        def waited(pid: int, options: int) -> tuple[int, int]:
            found, status = waitpid(pid, options)
            if found:
                report_child_reaped(fd, found, os.waitstatus_to_exitcode(status))
            return found, status

        os.waitpid = waited  # multiprocessing and subprocess collect their children by it
        util.register_after_fork(self, LibraryTaskHooks.after_fork)

    def role(self, name: str) -> str:
        """What a thread of this name is in the lesson."""
        return "worker" if name.startswith(self._workers) else "helper"

    def register(self, name: str, role: str, how: str) -> None:
        """Say who the calling thread is."""
        worker_pipe.write_message(
            self._fd, threading.get_native_id(), "thread", {"name": name, "role": role, "how": how}
        )

    def after_fork(self) -> None:
        """In a process that multiprocessing has just forked: it will prove itself as its last act."""
        self.register(process_name(current_process().name), "worker", "fork")
        util.Finalize(None, report_own_counters, args=(self._fd,), exitpriority=_LAST)


def thread_name(thread: threading.Thread) -> str:
    """The function it runs, or its class, where the library gave it no name of its own.

    ``threading`` calls such a thread "Thread-3 (_handle_results)".
    """
    if not thread.name.startswith("Thread-"):
        return thread.name
    inner = thread.name.partition("(")[2].removesuffix(")")
    kind = type(thread).__name__
    return kind if not inner or kind != "Thread" else inner


def process_name(name: str) -> str:
    """``ForkPoolWorker-1`` and ``ForkProcess-1`` are workers: the number is that of the pool's own counting."""
    return "worker" if name.endswith("-1") else f"worker {name.rpartition('-')[2]}"
