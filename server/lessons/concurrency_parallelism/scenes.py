"""The pictures of this lesson: jobs on one core, then on two, then threads under the GIL, then one GIL each."""

from __future__ import annotations

from ...lesson import Moment, Scene

JOBS = ("worker",)

WORDS = Scene("words", "processes", Moment.trial("k2", 0.5), tasks=JOBS, trials=("k1", "k2"), views=("lanes",))
SCENES = (
    Scene("guess", "processes", Moment.trial("k1"), trials=("k1",), tasks=JOBS, views=("lanes",), path=True),
    Scene(
        "look", "processes", Moment.trial("k1", 0.1), around_ms=48, tasks=JOBS, views=("lanes",),
        play=0.005, path=True,
    ),
    Scene(
        "rule", "processes", Moment.claim("first_ends_late"), around_share=0.05, lead=0.9, tasks=JOBS, views=("lanes",),
        select="*", play=0.01, path=True,
        measure=(Moment.ended("worker", 1, trial="k1"), Moment.ended("worker", -1, trial="k1")),
    ),
    Scene(
        "slices", "processes", Moment.span("ready", "T1", 6, trial="k1"), around_turns=3, tasks=JOBS,
        views=("lanes", "code"), select="T1", code="burn", play=0.002,
    ),
    Scene(
        "two-cores", "processes", Moment.claim("two_at_once"), around_ms=60, trials=("k2",), tasks=JOBS,
        views=("lanes", "cores", "bars"), play=0.005, path=True,
    ),
    Scene(
        "gil", "threads", Moment.claim("gil_instants").later(2.5), around_ms=24, trials=("k2",), tasks=JOBS,
        views=("lanes", "cores", "bars"), code="member:gate.wait", path=True,
    ),
    Scene(
        "own-gil", "subinterpreters", Moment.claim("two_at_once"), trials=("k2",), tasks=JOBS,
        views=("lanes", "cores", "bars"), code="guest", claim="many_cores",
    ),
    WORDS,
    WORDS.repeat_for_step("home", "the reader is at a terminal of their own"),
    Scene("keep", "processes", Moment.whole("k1"), trials=("k1",), tasks=JOBS, views=("lanes",), path=True),
)  # fmt: skip

#: So early that nobody sees yet who gets what share.
HOME = Scene(
    "", "processes", Moment.step("compute", 2, trial="k1").later(3), around_ms=16, trials=("k1",), tasks=JOBS,
    views=("lanes",),
)  # fmt: skip
