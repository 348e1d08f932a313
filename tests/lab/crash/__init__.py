"""Workers that end in every way, and the experiment itself raising if it is asked to."""

from __future__ import annotations

import os
import signal

from server.lesson import Lesson


def divide(me):
    me.step("divide")
    1 / 0  # noqa: B018


def leave(me):
    raise SystemExit(7)


def segfault(me):
    os.kill(os.getpid(), signal.SIGSEGV)


def run(stage, params):
    on_purpose = not params.get("surprise")
    tasks = [stage.spawn(each, name=each.__name__, fails=on_purpose) for each in (divide, leave, segfault)]
    stage.open_barrier()
    stage.wait()
    assert [(task.code, task.signal) for task in tasks] == [(1, None), (7, None), (None, signal.SIGSEGV)]
    if params.get("raise"):
        raise LookupError("on purpose")


LESSON = Lesson(
    run=run,
    after="chatty",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
)
