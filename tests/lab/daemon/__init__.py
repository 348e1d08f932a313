"""A worker whose grandchild has left its session and its parent, as a daemon does; then all wait for ever."""

from __future__ import annotations

import os
import signal

from server.lesson import Lesson


def daemonise(me):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            me.for_this_thread().step("daemon")
            while True:
                signal.pause()
        os._exit(0)
    os.wait()
    me.step("parent")
    while True:
        signal.pause()


def run(stage, params):
    stage.spawn(daemonise, name="parent")
    stage.open_barrier()
    stage.wait(timeout_s=params.get("seconds"))


LESSON = Lesson(
    run=run,
    after="crash",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    wall_s=20.0,
)
