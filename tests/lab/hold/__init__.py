"""Takes a core and does nothing with it until it is stopped."""

from __future__ import annotations

import time

from server.lesson import Lesson, Param


def sleep(me, seconds):
    me.step("hold")
    time.sleep(seconds)


def run(stage, _params):
    with stage.trial(label="k1", cores=1):
        stage.spawn(sleep, 60, name="H")
        stage.open_barrier()
        stage.wait()


LESSON = Lesson(
    run=run,
    after="confined",
    views=("lanes",),
    params=(Param("number", "int", 0, low=0, high=1000),),
    presets=(),
    claims=(),
    cores=1,
)
