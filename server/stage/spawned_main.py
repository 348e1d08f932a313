"""The life of a spawned process between its set-up and its exit: the barrier, the work, the proof."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ..supervisor import worker_pipe
from .task_context import TaskContext
from .task_main import run_task_function


def run_spawned_function(
    fd: int, function: Callable[..., None], args: tuple[Any, ...], start: Callable[[], None]
) -> int:
    """The life of a spawned process after its set-up: wait at the barrier, then :func:`live`; gives its exit status."""
    me = TaskContext(fd)
    worker_pipe.write_message(fd, me.task, "ready", True)
    start()
    return run_task_function(me, function, args)


def wait_at_barrier(barrier: int) -> None:
    """Sleep until the launcher opens the barrier: a pipe whose last write end it closes."""
    os.read(barrier, 1)
