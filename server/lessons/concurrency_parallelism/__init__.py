"""Concurrency and parallelism. Equal jobs, first on one core, then on two; what differs is who runs when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, scenes

#: One run computes tasks × millions iterations on one core, then on two; beyond this it would outlast patience.
MILLIONS_IN_ALL = 120
PARALLEL = ("processes", "subinterpreters", "free_threads")


def budget(params: Mapping[str, Any]) -> str | None:
    """Why these parameters together are too much work, or None."""
    work = int(params["tasks"]) * int(params["millions"])
    if work <= MILLIONS_IN_ALL:
        return None
    return f"tasks x millions must be at most {MILLIONS_IN_ALL}"


LESSON = Lesson(
    run=experiment.run,
    after="states",
    part="many-tasks",
    views=("lanes", "cores", "bars", "code", "claims", "transcript"),
    params=(
        Param("kind", "choice", "processes", choices=tuple(experiment.KINDS)),
        Param("tasks", "int", 2, low=2, high=6),
        Param("cores", "int", 2, low=1, high=2),
        Param("millions", "int", 20, low=8, high=40, unit="million"),
    ),
    presets=(
        Preset("processes", {"kind": "processes"}),
        Preset("three", {"tasks": 3, "cores": 1}),
        Preset("threads", {"kind": "threads"}),
        Preset("subinterpreters", {"kind": "subinterpreters"}, needs="subinterpreters"),
        Preset("free_threads", {"kind": "free_threads"}, needs="free-threaded"),
    ),
    claims=(
        Claim("interleave", "asserted", claims.Interleaved),
        Claim("never_two", "asserted", claims.NeverTwo),
        Claim("first_ends_late", "asserted", claims.FirstEndsLate),
        Claim("two_at_once", "asserted", claims.TwoAtOnce, presets=PARALLEL),
        Claim("many_cores", "counted", claims.ManyCores, presets=PARALLEL),
        Claim("gil_one_core", "asserted", claims.GilOneCore, presets=("threads",)),
        Claim("gil_instants", "counted", claims.GilInstants, presets=("threads",)),
    ),
    measures=(claims.Figures,),
    answers=("alone", "between", "last"),
    right="last",
    marks={"alone": 0.5, "between": 0.75, "last": 1.0},
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=2,
    wall_s=30.0,
    budget=budget,
    shown=("burn", "job", "processes", "run", "team", "member", "guests", "guest"),
)
