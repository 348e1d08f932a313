"""The pictures of this lesson: two calls first, then one more a step, by pools of processes, threads and one loop."""

from __future__ import annotations

from ...lesson import Moment, Scene

BOTH = ("caller", "worker")

CARD = Scene("card", "all", Moment.call("direct", share=0.5), tasks=BOTH, views=("calls",))
SCENES = (
    Scene("look", "pool", Moment.call("direct", share=0.5), trials=("direct", "apply"), tasks=BOTH, views=("calls",),
          code="apply", path=True),
    Scene("guess", "pool", Moment.call("apply"), trials=("apply",), tasks=BOTH, views=("calls",), path=True),
    Scene("apply", "pool", Moment.claim("apply_asleep"), trials=("direct", "apply"), tasks=BOTH, views=("calls",),
          select="caller", path=True),
    Scene("handle", "pool", Moment.claim("handle_first"), around_share=0.2, trials=("apply", "get"), tasks=BOTH,
          views=("calls",), code="get", path=True),
    Scene("ask", "pool", Moment.claim("ask_awake"), trials=("ask_pool", "nap_pool"), tasks=BOTH, views=("calls",)),
    Scene("notify", "pool", Moment.claim("callback_there"), trials=("wait_pool", "callback_pool"), views=("calls",),
          path=True),
    Scene("threads", "threads", Moment.claim("thread_sleeps"), trials=("result_threads", "ask_threads"), tasks=BOTH,
          views=("calls",)),
    Scene("loop", "asyncio", Moment.claim("loop_turns"), trials=("stuck_processes", "awaited_processes"), tasks=BOTH,
          views=("calls",), path=True),
    CARD,
    CARD.again("home", "the reader is at a terminal of their own"),
)  # fmt: skip

HOME = Scene("", "pool", Moment.call("apply", share=0.5), trials=("direct", "apply"), tasks=BOTH, views=("calls",))
