"""Synchronous and asynchronous calls. One job, many ways to call it; what differs is what the caller does."""

from __future__ import annotations

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, scenes
from .readings import BEGINS, DONE
from .trials import SETS

POOLS = ("pool", "processes", "threads", "all")

LESSON = Lesson(
    run=experiment.run,
    after="blocking",
    views=("calls", "code", "claims", "transcript"),
    params=(
        Param("executor", "choice", "pool", choices=tuple(SETS)),
        Param("millions", "int", 8, low=4, high=30, unit="million"),
    ),
    presets=tuple(
        Preset(name, {"executor": name}) for name in ("pool", "io", "processes", "threads", "asyncio", "all")
    ),
    claims=(
        Claim("direct_awake", "asserted", claims.DirectAwake, presets=POOLS),
        Claim("apply_asleep", "asserted", claims.Asleep),
        Claim("both_asleep", "asserted", claims.BothAsleep, presets=("io",)),
        Claim("thread_sleeps", "asserted", claims.ThreadSleeps, presets=("threads", "all")),
        Claim("handle_first", "asserted", claims.HandleFirst, presets=(*POOLS, "asyncio")),
        Claim("ask_awake", "asserted", claims.AskAwake, presets=("pool", "processes", "all")),
        Claim("ask_gil", "counted", claims.AskGil, presets=("threads",)),
        Claim("nap_cheap", "asserted", claims.NapCheap, presets=POOLS),
        Claim("nap_late", "counted", claims.NapLate, presets=POOLS),
        Claim("callback_there", "asserted", claims.CallbackThere, presets=POOLS),
        Claim("callback_here", "asserted", claims.CallbackHere, presets=("processes", "threads", "all")),
        Claim("loop_turns", "asserted", claims.LoopTurns, presets=("asyncio", "all")),
        Claim("loop_stuck", "asserted", claims.LoopStuck, presets=("asyncio",)),
        Claim("adds_up", "counted", claims.AddsUp),
    ),
    measures=(claims.Figures,),
    # Each is a state of the caller's thread, so that the guess can be drawn beside the measured one.
    answers=("running", "ready", "blocked"),
    right="blocked",
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=2,
    drawn={"begins": list(BEGINS), "done": list(DONE), "aside": ["peer"]},
    shown=(
        "work", "job", "fetch", "peer", "direct", "apply", "apply_io", "get", "ask_pool", "nap_pool", "wait_pool",
        "callback_pool", "result", "ask", "nap", "wait", "callback", "awaited", "stuck", "held", "beat", "caller",
        "with_pool", "with_executor", "run",
    ),
)  # fmt: skip
