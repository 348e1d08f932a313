"""Blocking and non-blocking. One recv in many ways; what differs is what the thread does meanwhile."""

from __future__ import annotations

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, scenes

FOURS = ("four", "later")  # the same ways to wait, for an answer that comes twice as late
SPINS = (*FOURS, "waits", "matrix")  # presets with a trial that asks all the time
NAPS = ("waits", "matrix")
THREES = (*FOURS, "three", "matrix")

LESSON = Lesson(
    run=experiment.run,
    after="process-table",
    part="waiting",
    views=("calls", "matrix", "code", "claims", "transcript"),
    params=(
        Param("show", "choice", "four", choices=tuple(experiment.SETS)),
        Param("delay_ms", "int", 100, low=20, high=400, unit="ms"),
    ),
    presets=(
        Preset("four", {"show": "four"}),
        Preset("waits", {"show": "waits", "delay_ms": 400}),  # so long that late wake-ups take no nap past the answer
        *(Preset(name, {"show": name}) for name in ("three", "files", "matrix")),
        Preset("later", {"show": "four", "delay_ms": 200}),
    ),
    claims=(
        Claim("asleep", "asserted", claims.Asleep, presets=(*FOURS, "matrix")),
        Claim("spin_awake", "asserted", claims.SpinAwake, presets=SPINS),
        Claim("spin_asks", "asserted", claims.SpinAsks, presets=SPINS),
        Claim("nobody_wakes", "asserted", claims.NobodyWakes, presets=NAPS),
        Claim("nap_cheap", "asserted", claims.NapCheap, presets=NAPS),
        Claim("timeout_polls", "asserted", claims.TimeoutPolls, presets=("waits",)),
        Claim("epoll_asleep", "asserted", claims.EpollAsleep, presets=FOURS),
        Claim("three_sleeps", "asserted", claims.ThreeSleeps, presets=THREES),
        Claim("three_slowest", "asserted", claims.ThreeSlowest, presets=THREES),
        Claim("turns_sum", "asserted", claims.TurnsSum, presets=("three",)),
        Claim("cached_awake", "asserted", claims.CachedAwake, presets=("files", "matrix")),
        Claim("cold_sleeps", "counted", claims.ColdSleeps, presets=("files",)),
        Claim("handle_first", "asserted", claims.HandleFirst, presets=("matrix",)),
        Claim("helper_asleep", "asserted", claims.HelperAsleep, presets=("matrix",)),
    ),
    measures=(claims.Figures,),
    answers=("kernel", "helper", "nobody"),
    right="nobody",
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=1,
    drawn={"done": ["answers"], "aside": ["peer"]},
    shown=(
        "blocking", "spin", "nap", "timeout", "epoll", "handle", "work", "turns", "three", "awaited", "gathered",
        "answer", "cold", "cached", "read_pieces", "own_file", "peer", "caller", "run",
    ),
)  # fmt: skip
