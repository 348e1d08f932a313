"""The life of a spawned process between its set-up and its exit: the barrier, the work, the proof."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable
from typing import Any

from ..supervisor import told
from .me import Me
from .proving import prove, say_raised


def perform(fd: int, function: Callable[..., None], args: tuple[Any, ...], start: Callable[[], None]) -> int:
    """The life of a spawned process after its set-up: wait at the barrier, work, prove; gives its exit status.

    An exception is what it is in any Python program: a traceback on stderr and status 1. ``SystemExit`` keeps its
    code.
    """
    me = Me(fd)
    told.write(fd, me.task, "ready", True)
    start()
    status = 0
    try:
        function(me, *args)
        threading._shutdown()  # type: ignore[attr-defined]  # as at any Python's end: wait for its threads
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as error:
        me.output(traceback.format_exc(), "stderr")
        say_raised(fd, None, error)
        status = 1
    prove(fd)
    return status & 0xFF


def wait_at(barrier: int) -> None:
    """Sleep until the launcher opens the barrier: a pipe whose last write end it closes."""
    os.read(barrier, 1)
