"""Processes that do nothing but fork."""

from __future__ import annotations

import contextlib
import os

from server.lesson import Lesson


def bomb(me):
    while True:
        with contextlib.suppress(OSError):
            os.fork()


def run(stage, params):
    stage.spawn(bomb, name="bomb")
    stage.open_barrier()
    stage.wait()


LESSON = Lesson(
    run=run,
    after="echo",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    wall_s=3.0,
)
