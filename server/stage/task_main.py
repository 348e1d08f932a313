"""The work of a forked process, and its end as any Python ends: exceptions, SystemExit, Ctrl-C; then the proof."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from .exit_report import report_exception, report_own_counters


class OutputSink(Protocol):
    """What it needs of a :class:`TaskContext`."""

    fd: int

    def output(self, text: str, stream: str = "stdout") -> None:
        """Say that ``text`` was written."""


def run_task_function(
    me: OutputSink, function: Callable[..., None], args: tuple[Any, ...], *, fails: bool = False
) -> int:
    """Run ``function(me, *args)`` and prove; gives the exit status.

    An exception is what it is in any Python program: a traceback on stderr and status 1. ``SystemExit`` keeps its
    code, or its text goes to stderr. KeyboardInterrupt ends CPython by SIGINT itself, so that a shell sees 130: then
    this does not return. ``fails``: an exception is the lesson's subject, and is not stated as a fault of the run.
    """
    status = 0
    try:
        function(me, *args)
        threading._shutdown()  # type: ignore[attr-defined]  # as at any Python's end: wait for its threads
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        if leaving.code is not None and not isinstance(leaving.code, int):
            me.output(f"{leaving.code}\n", "stderr")
    except KeyboardInterrupt:
        me.output(traceback.format_exc(), "stderr")
        report_own_counters(me.fd)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as error:
        me.output(traceback.format_exc(), "stderr")
        if not fails:
            report_exception(me.fd, None, error)
        status = 1
    report_own_counters(me.fd)
    return status & 0xFF
