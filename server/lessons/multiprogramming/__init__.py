"""Multiprogramming. More tasks than cores, and real waits: who runs when, and what an awakened task gets."""

from __future__ import annotations

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, measures, scenes

WITH_IO = ("one_core", "two_cores", "six_tasks", "again")
CORES = ("two_cores", "six_tasks", "again")

LESSON = Lesson(
    run=experiment.run,
    after="concurrency-parallelism",
    views=("stage", "lanes", "cores", "repeats", "code", "claims", "transcript"),
    params=(
        Param("scene", "choice", "mixed", choices=tuple(experiment.SCENES)),
        Param("tasks", "int", 6, low=2, high=8),
        Param("cores", "int", 4, low=1, high=4),
        Param("slice_ms", "int", 0, low=0, high=100, unit="ms", needs="slice"),
    ),
    presets=(
        Preset("six_tasks", {"scene": "mixed", "tasks": 6, "cores": 4}),
        Preset("one_core", {"scene": "mixed", "tasks": 3, "cores": 1}),
        Preset("two_cores", {"scene": "mixed", "tasks": 4, "cores": 2}),
        Preset("again", {"scene": "again", "cores": 4}),
        Preset("slices", {"scene": "slices", "cores": 1}, needs="slice"),
    ),
    claims=(
        Claim("another_ran", "asserted", claims.AnotherRan, presets=WITH_IO),
        Claim("voluntary", "asserted", claims.Voluntary, presets=WITH_IO),
        Claim("never_two", "asserted", claims.NeverTwo),
        Claim("freed_core", "counted", claims.FreedCore, presets=WITH_IO),
        Claim("at_once", "counted", claims.AtOnce, presets=WITH_IO),
        Claim("had_to_wait", "counted", claims.HadToWait, presets=WITH_IO),
        Claim("other_core", "counted", claims.OtherCore, presets=CORES),
        Claim("longer_slice", "counted", claims.LongerSlice, presets=("slices",)),
    ),
    measures=(measures.Figures,),
    answers=("finish", "at_once", "depends"),
    right="depends",
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=4,
    wall_s=30.0,
    drawn={"aside": ["peer"], "arrows": "selected", "guess": False},  # of many wake-ups; a mark at one would judge
    shown=(
        "task", "burn", "sleep", "ask_through_pipes", "read_from_disk", "mixed", "leaver", "stayer", "computer",
    ),
)  # fmt: skip
