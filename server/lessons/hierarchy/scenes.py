"""The pictures of this lesson: a family at a terminal, a shell's pipelines, a pool, an orphan, a hang-up."""

from __future__ import annotations

from ...lesson import Moment, Scene

KEY = Moment.fact("action.taken", action="ctrl_c")
FAMILY = ("shell", "family", "A", "B", "C")
SCENES = (
    Scene(
        "guess", "family", KEY.later(-20), around_share=1.0, lead=0.9, tasks=FAMILY, views=("tree", "lanes"), path=True
    ),
    Scene(
        "group", "family", Moment.claim("foreground", 1.0), around_ms=8, tasks=FAMILY,
        views=("tree", "terminal", "lanes"), path=True, play=0.001,
    ),
    Scene(
        "inherited", "family", Moment.claim("inherited"), around_ms=60, tasks=FAMILY, views=("tree", "code"),
        code="group", path=True,
    ),
    Scene(
        "pipelines", "bash", Moment.claim("per_pipeline", 0.9), views=("tree", "terminal"), path=True,
    ),
    Scene(
        "keys", "bash", Moment.claim("stops_group", 1.0).later(12), around_ms=60, views=("tree", "terminal", "lanes")
    ),
    Scene(
        "pool", "pool", Moment.claim("tracebacks").later(12), around_ms=60,
        tasks=("pool", "worker", "worker 2", "worker 3"), views=("terminal", "lanes"),
    ),
    Scene("orphan", "orphan", Moment.claim("adopted"), around_ms=60, views=("tree", "lanes"), path=True),
    Scene(
        "hang-up", "family", Moment.claim("hang_up", 1.0), around_ms=60, tasks=("shell", "C"),
        views=("tree", "terminal", "lanes"),
    ),
    Scene("keep", "family", Moment.claim("foreground", 1.0), tasks=FAMILY, views=("tree", "terminal"), path=True),
)  # fmt: skip

HOME = Scene("", "family", KEY, tasks=FAMILY, views=("lanes",))
