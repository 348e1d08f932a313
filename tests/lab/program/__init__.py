"""Programs: one that prints into a pipe, one that cannot be found; one held as a zombie."""

from __future__ import annotations

import os

from server.events import Output
from server.lesson import Lesson


def run(stage, params):
    read, write = os.pipe()
    good = stage.spawn_program(["echo", "hello"], name="echo", stdout=write)
    bad = stage.spawn_program(["/no/such/program"], name="missing", hold=True)
    os.close(write)
    stage.wait(good, bad)
    text = os.read(read, 100).decode()
    os.close(read)
    stage.emit_fact(Output(good.task, "stdout", text))
    stage.reap(bad)
    assert (good.code, bad.code) == (0, 127)


LESSON = Lesson(
    run=run,
    after="hang",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
)
