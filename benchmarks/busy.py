"""Keeps a core busy beside what is measured; it measures nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: It says when it has begun, and ends with whoever started it, however that ended. A session counts as one task,
#: whatever class its processes have (sched(7), autogroup); without privilege only ten settings a second pass.
_BUSY = """
import errno, os, sys, time
os.sched_setaffinity(0, {int(sys.argv[1])})
parent = int(sys.argv[3])
if sys.argv[2] == "idle":
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while os.path.exists("/proc/self/autogroup"):
        try:
            with open("/proc/self/autogroup", "w") as group:
                group.write("19")
            break
        except OSError as error:
            if error.errno != errno.EAGAIN:
                raise
            time.sleep(0.1)
os.write(1, b"!")
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def busy(*cpus: int, policy: str = "normal") -> Iterator[None]:
    """A process of ours computes on each of these cores meanwhile; RuntimeError if one cannot.

    ``policy`` "idle" is SCHED_IDLE (sched(7)): it only keeps the core out of its idle state, and anybody displaces it.
    """
    children = []
    try:
        for cpu in cpus:
            command = [sys.executable, "-c", _BUSY, str(cpu), policy, str(os.getpid())]
            children.append(subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE))
        for child in children:
            if child.stdout is None or child.stdout.read(1) != b"!":
                raise RuntimeError("a core could not be kept busy: see the traceback above")
        yield
    finally:
        for child in children:
            child.kill()
            child.communicate()
