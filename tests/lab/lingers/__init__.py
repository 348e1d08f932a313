"""An interactive lesson that waits for its last worker once its time is up: closing it takes longer than it may run."""

from __future__ import annotations

import threading

from server.lesson import Action, Lesson


def stay(me):
    me.step("stays")
    threading.Event().wait()


def run(stage, params):
    with stage.trial():
        stage.spawn(stay, name="stays")
        stage.open_barrier()
        for _ in stage.actions():
            pass
        stage.wait()


LESSON = Lesson(
    run=run,
    after="kin",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    actions=(Action("say"),),
    wall_s=1.5,
)
