"""The pictures of this lesson: two calls first, then one more a step, by pools of processes, threads and one loop."""

from __future__ import annotations

from ...lesson import Moment, Scene

BOTH = ("caller", "worker")
TWO = ("direct", "apply")
CALLS = ("calls",)

SCENES = (
    Scene("guess", "pool", Moment.call("apply"), trials=TWO, tasks=BOTH, views=CALLS, path=True),
    Scene("apply", "pool", Moment.claim("apply_asleep", 0.5), trials=TWO, tasks=BOTH, views=CALLS, select="caller",
          code="apply", path=True),
    Scene("io", "io", Moment.claim("both_asleep", 0.5), trials=("apply", "apply_io"), tasks=(*BOTH, "peer"),
          views=CALLS, code="fetch"),
    Scene("handle", "pool", Moment.claim("handle_first"), around_share=0.2, trials=(*TWO, "get"), tasks=BOTH,
          views=CALLS, code="get", path=True),
    Scene("ask", "pool", Moment.claim("ask_awake", 0.5), trials=("apply", "ask_pool", "nap_pool"), tasks=BOTH,
          views=CALLS, code="ask_pool:while"),
    Scene("notify", "pool", Moment.claim("callback_there"), trials=("wait_pool", "callback_pool"),
          tasks=(*BOTH, "_handle_results"), views=CALLS, select="*", code="callback_pool:ring", path=True),
    Scene("threads", "threads", Moment.claim("thread_sleeps", 0.5), trials=("result_threads", "ask_threads"),
          tasks=BOTH, views=CALLS, code="result"),
    Scene("loop", "asyncio", Moment.claim("loop_turns", 0.5),
          trials=("stuck_processes", "held_processes", "awaited_processes"), tasks=BOTH, views=CALLS,
          code="awaited:await future"),
    Scene("card", "all", Moment.call("get", share=0.5), trials=(*TWO, "get", "ask_processes"), tasks=("caller",),
          views=CALLS, path=True),
    Scene("keep", "pool", Moment.call("apply", share=0.9), trials=TWO, tasks=BOTH, views=CALLS, path=True),
)  # fmt: skip

HOME = Scene("", "pool", Moment.call("apply"), around_ms=24, trials=("apply",), tasks=BOTH, views=CALLS)
