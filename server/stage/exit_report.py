"""The last words of a task: its own kernel counters, and an exception that nobody caught."""

from __future__ import annotations

import os
import threading
import time

from ..supervisor import worker_pipe

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where glibc keeps them, shm_overview(7)


def report_own_counters(fd: int) -> None:
    """The last act of a task: read its own counters, with the instant at which they held, and state them."""
    from ..recorder.procfs import (
        read_own_counters,  # late: a sub-interpreter that imports TaskContext must not load the recorder
    )

    worker_pipe.write_message(fd, threading.get_native_id(), "counters", read_own_counters()._asdict())


def report_exception(fd: int, thread: str | None, error: BaseException) -> None:
    """State that this process, or a thread of it, has met an exception that nobody caught."""
    worker_pipe.write_message(fd, os.getpid(), "raised", [thread, type(error).__name__ + _cause(error)])


def _cause(error: BaseException) -> str:
    """What to do about the one fault of a machine that reaches a task as a bare OSError (sem_open(3))."""
    if not isinstance(error, OSError) or os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return ""
    return f": {SHARED_MEMORY}, where semaphores live, is missing or not writable; mount a tmpfs there"


def report_child_reaped(fd: int, pid: int, returncode: int) -> None:
    """State that the calling task has collected its child ``pid``; ``returncode`` is minus the number of a signal."""
    t_ns, tid = time.monotonic_ns(), threading.get_native_id()
    code, signum = (returncode, None) if returncode >= 0 else (None, -returncode)
    worker_pipe.write_message(fd, tid, "waited", [pid, code, signum], t_ns)
    fact = {"kind": "task.waited", "task": tid, "child": pid, "code": code, "signal": signum}
    worker_pipe.write_message(fd, tid, "fact", fact, t_ns)
