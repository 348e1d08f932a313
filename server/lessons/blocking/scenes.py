"""The pictures of this lesson: one recv in many ways, then three at once, then files, and the four cells."""

from __future__ import annotations

from ...lesson import Moment, Scene

BOTH = ("caller", "peer")
CALLS = ("calls",)

SCENES = (
    Scene("guess", "four", Moment.call("spin"), trials=("spin",), tasks=BOTH, views=CALLS, path=True),
    Scene("nobody", "four", Moment.claim("spin_awake", 0.5), trials=("spin",), tasks=BOTH, views=CALLS,
          select="caller", code="spin:recv", path=True),
    Scene("asleep", "four", Moment.claim("asleep", 0.5), trials=("blocking", "spin"), tasks=BOTH, views=CALLS,
          select="caller", code="blocking", path=True),
    Scene("polling", "waits", Moment.claim("nobody_wakes"), trials=("spin", "nap", "timeout"), tasks=BOTH, views=CALLS,
          code="nap:sleep", path=True),
    Scene("three", "four", Moment.claim("three_sleeps", 0.5), trials=("epoll", "awaited"), views=CALLS,
          tasks=("caller", "peer"), code="three:poller.poll", path=True),
    Scene("files", "files", Moment.claim("cached_awake", 1.0), around_share=0.5, trials=("cold", "cached"), views=CALLS,
          code="cold"),
    Scene("card", "matrix", Moment.call("nap", share=0.5), trials=("blocking", "cached", "handle", "nap"),
          tasks=("caller",), views=CALLS, path=True),
    Scene("matrix", "matrix", Moment.claim("handle_first"), trials=("handle",), views=("calls", "matrix"),
          code="handle:future = pool"),
    Scene("keep", "four", Moment.call("spin", share=1.0), trials=("blocking", "spin"), tasks=BOTH, views=CALLS,
          path=True),
)  # fmt: skip

HOME = Scene("", "four", Moment.call("spin"), around_ms=12, trials=("spin",), tasks=BOTH, views=CALLS)
