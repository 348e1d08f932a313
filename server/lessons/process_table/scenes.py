"""The pictures of this lesson: a core taken away, gaps and absences, a frozen task's table entry, and priority."""

from __future__ import annotations

from ...lesson import Moment, Scene

WATCHED = ("watcher",)
SHARING = ("watcher", "other")
SCENES = (
    Scene("guess", "taken", Moment.span("ready", "watcher", 4), around_ms=30, tasks=SHARING, views=("lanes",),
          path=True),
    Scene("away", "taken", Moment.span("ready", "watcher", 12, share=0.5), around_ms=24, tasks=SHARING,
          views=("lanes",), select="watcher", code="compute", path=True, play=0.002),
    Scene("gaps", "taken", Moment.claim("lonely").later(4), around_ms=30, views=("gaps",), tasks=WATCHED,
          select="watcher", code="watch:GAP_NS", claim="lonely", path=True),
    Scene("same", "taken", Moment.claim("same_sum").later(1), trials=("alone",), tasks=("alone",),
          views=("lanes", "code"), code="again"),
    Scene("saved", "frozen", Moment.fact("task.described", -1), tasks=("burner",), views=("card", "lanes"),
          claim="unchanged", path=True),
    Scene("where", "frozen", Moment.claim("where").later(30), around_ms=200, tasks=("burner",),
          views=("card",), claim="where"),
    Scene("priority", "nice", Moment.fact("task.described", -1).later(1), tasks=("plain", "nice"),
          views=("lanes", "card"), select="nice", claim="weights", path=True),
    Scene("offset", "offset", Moment.fact("task.described", -1).later(1), views=("card", "lanes"), code="share_offset",
          claim="offset_shared"),
    Scene("keep", "taken", Moment.trial("taken", 0.5), around_ms=60, tasks=WATCHED, views=("gaps", "lanes"),
          path=True),
)  # fmt: skip

HOME = Scene("", "taken", Moment.span("ready", "watcher", 12), around_ms=24, tasks=SHARING, views=("lanes",))
