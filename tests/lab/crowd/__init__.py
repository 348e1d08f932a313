"""Many processes that each sleep and compute a little, again and again."""

from __future__ import annotations

import time

from server.lesson import Lesson


def nap(me, naps):
    for _ in range(naps):
        time.sleep(0.005)
        sum(range(2000))


def run(stage, params):
    for number in range(params.get("tasks", 8)):
        stage.spawn(nap, params.get("naps", 20), name=f"T{number}")
    stage.open_barrier()
    stage.wait()


LESSON = Lesson(
    run=run,
    after="ping-pong",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    cores=2,
)
