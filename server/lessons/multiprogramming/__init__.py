"""Lesson 3: multiprogramming. More tasks than cores, and real waits: who runs when, and what an awakened task gets."""

from __future__ import annotations

from server.lesson import Lesson, Param, Preset
from server.lessons.multiprogramming import experiment

LESSON = Lesson(
    run=experiment.run,
    number=3,
    after="concurrency-parallelism",
    views=("stage", "lanes", "cores", "code", "claims", "transcript"),
    params=(
        Param("scene", "choice", "mixed", choices=tuple(experiment.SCENES)),
        Param("tasks", "int", 6, low=2, high=8),
        Param("cores", "int", 4, low=1, high=4),
        Param("slice_ms", "int", 0, low=0, high=100, unit="ms"),
    ),
    presets=(Preset("six_tasks", {"tasks": 6}),),
    claims=(),
    cores=4,
)
