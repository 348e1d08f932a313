"""The pictures of this lesson: all asleep, woken by a line, stopped, a full pipe, a full buffer, and the ends."""

from __future__ import annotations

from ...lesson import Moment, Scene

PIPELINE = ("tail", "grep")
VIEWS = ("pipe", "machine", "lanes")

END = Scene(
    "end",
    "plain",
    Moment.claim("tail_ends"),
    around_ms=60,
    tasks=("tail", "grep", "late"),
    views=VIEWS,
    code="late_writer",
    action="end",
    path=True,
)
SCENES = (
    Scene("guess", "plain", Moment.trial(""), tasks=PIPELINE, views=("pipe",), path=True),
    Scene("asleep", "plain", Moment.claim("idle", 0.5), tasks=PIPELINE, views=VIEWS, path=True),
    Scene("wake", "plain", Moment.claim("wakes"), around_ms=2, tasks=PIPELINE, views=("pipe", "lanes", "terminal"),
          select="grep", code="append", play=0.0001, path=True),
    Scene("states", "plain", Moment.span("stopped", "grep", 1, share=0.1), around_ms=400, tasks=PIPELINE, views=VIEWS,
          select="grep", action="stop"),
    Scene("full", "plain", Moment.claim("full").later(150), around_ms=320, tasks=PIPELINE, views=VIEWS, select="tail",
          path=True),
    Scene("buffered", "buffered", Moment.claim("in_blocks"), tasks=PIPELINE,
          views=("pipe", "lanes", "terminal"), code="grep_command", path=True),
    Scene("polling", "polling", Moment.claim("asks"), around_share=0.4, tasks=("tail",), views=("pipe", "lanes"),
          select="tail", code="tail_command"),
    END,
    END.repeat_for_step("home", "the reader is at a terminal of their own"),
    Scene("keep", "plain", Moment.whole(""), tasks=PIPELINE, views=("pipe", "lanes"), path=True),
)  # fmt: skip

#: The lane of grep is a question: what it does while it prints nothing would answer.
HOME = Scene(
    "", "plain", Moment.trial("").later(45), around_ms=80, tasks=("writer", "tail", "grep"), veiled=("grep",),
    views=("lanes",),
)  # fmt: skip
