"""The pictures of this lesson: fork copies nothing, reading copies, an array does not; then writes, prints, methods."""

from __future__ import annotations

from ...lesson import Moment, Scene

TWO = ("parent", "child")
LOOK = ("memory", "lanes")
SCENES = (
    Scene(
        "guess", "reads", Moment.step("forks", trial="list"), around_ms=200, lead=0.8, trials=("list",),
        tasks=("parent",), views=LOOK, path=True,
    ),
    Scene(
        "fork", "reads", Moment.claim("fork_copies_nothing"), around_ms=200, lead=0.8, trials=("list",), tasks=TWO,
        views=LOOK, path=True,
    ),
    Scene(
        "counter", "reads", Moment.claim("list_copied"), trials=("list",), tasks=TWO, views=(*LOOK, "code"),
        code="reader:total +=", play=(Moment.step("forks", trial="list"), 0.3), path=True,
    ),
    Scene(
        "array", "reads", Moment.claim("array_shared"), trials=("array",), tasks=TWO, views=(*LOOK, "code"),
        code="holder", path=True,
    ),
    Scene(
        "half", "writes", Moment.claim("pss_exact", 1.0), tasks=TWO, views=(*LOOK, "code"), code="writer:region[at]",
        path=True,
    ),
    Scene(
        "apart", "writes", Moment.claim("two_values", 1.0), around_ms=200, lead=0.8, tasks=TWO,
        views=("lanes", "code", "transcript"), code="show",
    ),
    Scene(
        "twice", "prints", Moment.claim("twice"), trials=("pipe",), views=("terminal", "lanes", "code"), code="prints",
        path=True,
    ),
    Scene(
        "methods", "methods", Moment.whole("forkserver"), trials=("forkserver",), claim="other_parent",
        views=("memory", "lanes", "code"),
        code="start:context.Process", path=True,
    ),
    Scene(
        "creators", "methods", Moment.claim("daemon_alone"), trials=("daemon",), views=("lanes", "code"),
        code="leader",
    ),
    Scene("keep", "reads", Moment.claim("list_copied").later(2), trials=("list",), tasks=TWO, views=LOOK, path=True),
)  # fmt: skip

HOME = Scene(
    "", "reads", Moment.step("forks", trial="list"), around_ms=200, lead=0.8, trials=("list",), tasks=("parent",),
    views=("lanes",),
)  # fmt: skip
