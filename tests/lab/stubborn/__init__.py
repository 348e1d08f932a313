"""An experiment that never waits on the stage."""

from __future__ import annotations

from server.lesson import Lesson


def run(stage, params):
    while True:
        pass


LESSON = Lesson(
    run=run,
    after="program",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    wall_s=1.0,
)
