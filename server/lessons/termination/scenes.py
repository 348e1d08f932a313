"""The pictures of this lesson: all alive, all ended, a shell's numbers, what can be caught, and one zombie."""

from __future__ import annotations

from ...lesson import Moment, Scene
from .ways import WAYS

EVERY = tuple(WAYS)
RULE = Scene(
    "rule",
    "ways",
    Moment.claim("silent", 1).later(2),
    tasks=EVERY,
    views=("exits",),
    select="terminated",
    claim="silent",
    path=True,
)
SCENES = (
    Scene("guess", "ways", Moment.step("end"), tasks=EVERY, views=("exits",), path=True),
    RULE,
    Scene("signal", "ways", Moment.fact("signal.sent", signal=15), around_ms=4, tasks=("terminated", "killed"),
          views=("lanes",), select="terminated", code="life", path=True, play=0.001,
          measure=(Moment.fact("signal.sent", signal=15), Moment.ended("terminated"))),
    Scene("codes", "ways", Moment.claim("codes", 1).later(2), tasks=("returns", "exits", "divides", "leaves", "killed"),
          views=("exits", "lanes"), claim="codes"),
    Scene("shell", "shell", Moment.claim("shell_says", 1).later(2), views=("exits",), claim="shell_says", path=True),
    Scene("caught", "caught", Moment.claim("no_handler", 1).later(2), views=("exits", "code"), code="handles",
          claim="no_handler", path=True),
    Scene("zombie", "zombie", Moment.claim("zombies", 0.5), views=("exits", "card"), select="killed", action="reap",
          claim="zombies", path=True),
    Scene("collected", "zombie", Moment.claim("collected"), around_ms=4, views=("card", "lanes"), select="killed",
          claim="collected"),
    Scene("keep", "ways", Moment.whole("ways"), tasks=EVERY, views=("exits",), path=True),
)  # fmt: skip

HOME = Scene("", "ways", Moment.step("end"), tasks=("returns", "leaves", "terminated", "killed"), views=("lanes",))
