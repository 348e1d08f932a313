"""A worker that states facts without end."""

from __future__ import annotations

from server.lesson import Lesson


def chatter(me):
    while True:
        me.step("again")


def run(stage, params):
    stage.spawn(chatter, name="chatter")
    stage.open_barrier()
    stage.wait()


LESSON = Lesson(
    run=run,
    after="calm",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
)
