"""The pictures of this lesson: three tasks on one core, then what a task that wakes finds, then longer slices."""

from __future__ import annotations

from ...lesson import Moment, Scene

TASKS = ("worker",)

WORDS = Scene("words", "one_core", Moment.claim("never_two", 0.5), views=("lanes", "cores"))
SCENES = (
    Scene(
        "guess", "one_core", Moment.claim("had_to_wait"), around_ms=60, lead=0.7, tasks=TASKS, views=("lanes",),
        path=True,
    ),
    Scene(
        "look", "one_core", Moment.trial("mixed", 0.4), around_ms=30, tasks=TASKS, views=("stage", "lanes"),
        play=0.003, path=True,
    ),
    Scene(
        "rule", "one_core", Moment.claim("another_ran"), around_ms=16, tasks=TASKS, views=("stage", "lanes"),
        code="task", play=0.001, path=True,
    ),
    Scene(
        "leave", "one_core", Moment.claim("voluntary"), around_ms=8, tasks=TASKS, views=("lanes", "code"), select="*",
        code="ask_through_pipes", play=0.0005,
    ),
    Scene(
        "return", "again", Moment.claim("had_to_wait"), around_ms=40, tasks=TASKS, views=("lanes", "repeats"),
        select="*", code="leaver", path=True,
    ),
    Scene("slices", "slices", Moment.claim("longer_slice"), tasks=TASKS, views=("lanes",), path=True),
    Scene("but", "six_tasks", Moment.trial("mixed", 0.4), around_ms=60, tasks=TASKS, views=("lanes", "cores"),
          code="read_from_disk"),
    WORDS,
    WORDS.repeat_for_step("home", "the reader is at a terminal of their own"),
    Scene("keep", "again", Moment.wake("T1", 6, trial="again", waits_for="sleep"), around_ms=20, tasks=TASKS,
          views=("lanes",), select="*", path=True),
)  # fmt: skip

HOME = Scene("", "one_core", Moment.claim("had_to_wait"), around_ms=50, tasks=TASKS, views=("lanes",))
