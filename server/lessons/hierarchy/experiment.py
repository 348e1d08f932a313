"""The program of this lesson, exactly as it runs and as the page shows it: families of processes at a terminal."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Mapping
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from . import session
from .session import Programs

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext


def shell(me: TaskContext) -> None:
    told(me, signal.SIGINT, dies=True)  # what it starts inherits this
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    pid = me.fork(family, name="family", role="leader")
    told(me, signal.SIGINT, signal.SIGHUP, dies=False)
    group(pid)
    me.wait(pid)
    os.tcsetpgrp(0, os.getpgrp())  # the shell is in front again
    print("$ ", end="", flush=True)
    sleep_on()


def group(pid: int) -> None:
    os.setpgid(pid, pid)  # a process group for this command, led by its first process …
    os.tcsetpgrp(0, pid)  # … and in front: the terminal's foreground group


def family(me: TaskContext) -> None:
    group(os.getpid())  # as every shell does it: in the child too, whoever comes first
    say("family")
    me.fork(child, "A", name="A", role="member")
    me.fork(child, "B", name="B", role="member")
    me.fork(child, "C", name="C", role="outsider")
    sleep_on()


def child(_: TaskContext, name: str) -> None:
    if name == "C":
        os.setpgid(0, 0)  # a group of its own, behind
    say(name)
    sleep_on()


def say(name: str) -> None:
    print(f"{name} {os.getpid()}, group {os.getpgrp()}", flush=True)


def sleep_on() -> None:
    while True:
        signal.pause()


def told(me: TaskContext, *signums: int, dies: bool) -> None:
    def got(signum: int, _: object) -> None:
        me.for_this_thread().signal_received(signum)
        if dies:
            raise KeyboardInterrupt  # as Python does without this handler

    for signum in signums:
        signal.signal(signum, got)


def grandparent(me: TaskContext, done: int) -> None:
    pid = me.fork(parent, done, name="parent", role="parent")
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # asleep until its child has ended
    time.sleep(0.05)  # meanwhile it is a zombie
    me.wait(pid)
    me.step("collected")
    sleep_on()


def parent(me: TaskContext, done: int) -> None:
    me.fork(orphan, os.getpid(), done, name="child", role="child")
    sleep_on()


def orphan(me: TaskContext, mother: int, done: int) -> None:
    while os.getppid() == mother:
        time.sleep(0.005)
    me.step("orphaned")
    for _ in range(4):
        time.sleep(0.005)
        me.step("works")
    os.write(done, b".")  # the run may end
    sleep_on()


def pool(me: TaskContext) -> None:
    me.hook_library_tasks()
    told(me, signal.SIGINT, dies=True)
    try:
        with get_context("fork").Pool(3) as workers:
            workers.map(time.sleep, [60, 60, 60], chunksize=1)
    except KeyboardInterrupt:
        traceback.print_exc()
        raise


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    session.run(stage, params, Programs(shell, grandparent, pool))
