"""Keeps a core busy beside what is measured; it measures nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: It ends with whoever started it, however that ended.
_BUSY = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
if sys.argv[2] == "idle":
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    try:
        with open("/proc/self/autogroup", "w") as group:  # a session counts as one task: sched(7), autogroup
            group.write("19")
    except OSError:
        pass  # no autogroups: the policy alone says it
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy(*cpus: int, policy: str = "normal") -> Iterator[None]:
    """A process of ours computes on each of these cores meanwhile.

    ``policy`` "idle" is SCHED_IDLE (sched(7)): it only keeps the core out of its idle state, and anybody displaces it.
    """
    command = [sys.executable, "-c", _BUSY]
    children = [subprocess.Popen([*command, str(cpu), policy], start_new_session=True) for cpu in cpus]
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.wait()
