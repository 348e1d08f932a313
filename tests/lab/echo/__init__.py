"""An interactive lesson: it says back what it is told, and ends at "enough"."""

from __future__ import annotations

from server.events import Output
from server.lesson import Action, Lesson


def run(stage, params):
    for said in stage.actions():
        stage.emit_fact(Output(0, "log", said.get("text", "")))
        if said["action"] == "enough":
            break


LESSON = Lesson(
    run=run,
    after="daemon",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    actions=(Action("say", text=True), Action("enough")),
    wall_s=60.0,
)
