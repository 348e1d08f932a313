"""Which styles a preset calls with which pool, the executors, and the socket pair of the job that does I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from socket import socket, socketpair

FORK = get_context("fork")  # said aloud, because since Python 3.14 the default is another one
EXECUTORS: dict[str, Callable[[], Executor]] = {
    "processes": lambda: ProcessPoolExecutor(1, mp_context=FORK),
    "threads": lambda: ThreadPoolExecutor(1),
}

#: For each preset its trials: a style and the pool it is called with.
SETS: dict[str, tuple[tuple[str, str], ...]] = {
    "all": (
        ("direct", "none"), ("apply", "pool"), ("get", "pool"), ("result", "processes"), ("result", "threads"),
        ("ask", "processes"), ("nap", "processes"), ("wait", "processes"), ("callback", "processes"),
        ("awaited", "processes"),
    ),
    "pool": (
        ("direct", "none"), ("apply", "pool"), ("get", "pool"), ("ask_pool", "pool"), ("nap_pool", "pool"),
        ("wait_pool", "pool"), ("callback_pool", "pool"),
    ),
    "io": (("apply", "pool"), ("apply_io", "pool")),
    "processes": (
        ("direct", "none"), ("result", "processes"), ("ask", "processes"), ("nap", "processes"),
        ("wait", "processes"), ("callback", "processes"),
    ),
    "threads": (
        ("direct", "none"), ("result", "threads"), ("ask", "threads"), ("nap", "threads"), ("wait", "threads"),
        ("callback", "threads"),
    ),
    "asyncio": (
        ("stuck", "processes"), ("held", "processes"), ("awaited", "processes"), ("awaited", "threads"),
    ),
}  # fmt: skip


@contextmanager
def closing_pair() -> Iterator[tuple[socket, socket]]:
    near, far = socketpair()
    with near, far:
        yield near, far
