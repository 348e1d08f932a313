"""The pictures of this lesson: one recv in many ways, then three at once, then files, and the four cells."""

from __future__ import annotations

from ...lesson import Moment, Scene

BOTH = ("caller", "peer")

CARD = Scene("card", "matrix", Moment.trial("nap", 0.5), views=("matrix",))
SCENES = (
    Scene("look", "four", Moment.trial("blocking", 0.4), trials=("blocking", "spin"), views=("calls",),
          code="blocking", path=True),
    Scene("guess", "four", Moment.trial("spin"), trials=("spin",), views=("calls",), path=True),
    Scene("nobody", "four", Moment.claim("spin_awake"), around_share=0.3, trials=("spin",), tasks=BOTH,
          views=("calls",), select="caller", code="spin:recv", path=True),
    Scene("asleep", "four", Moment.claim("asleep"), trials=("blocking",), tasks=BOTH, views=("calls",),
          select="caller", code="peer:answer", path=True),
    Scene("polling", "waits", Moment.claim("nap_cheap"), trials=("nap", "timeout"), views=("calls",), code="nap:sleep",
          path=True),
    Scene("three", "four", Moment.claim("three_sleeps"), trials=("epoll", "awaited"), views=("calls",), path=True),
    Scene("files", "files", Moment.claim("cold_sleeps"), around_share=0.5, trials=("cold", "cached"), views=("calls",)),
    Scene("matrix", "matrix", Moment.claim("handle_first"), trials=("handle",), views=("calls", "matrix"), path=True),
    CARD,
    CARD.again("home", "the reader is at a terminal of their own"),
)  # fmt: skip

HOME = Scene("", "four", Moment.trial("spin", 0.5), trials=("blocking", "spin"), views=("calls",))
