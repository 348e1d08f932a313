"""The process table. A task loses its core 300 times and goes on; what the kernel kept of it meanwhile."""

from __future__ import annotations

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, scenes

LESSON = Lesson(
    run=experiment.run,
    after="multiprogramming",
    views=("gaps", "card", "lanes", "code", "claims", "transcript"),
    params=(
        Param("kind", "choice", "taken", choices=("taken", "frozen", "nice", "offset")),
        Param("times", "int", 300, low=20, high=400),
        Param("others", "int", 2, low=1, high=4),
        Param("rounds", "int", 6, low=2, high=20),
        Param("nice", "int", 10, low=0, high=19),
        Param("both", "bool", False),
    ),
    presets=(
        Preset("taken", {"kind": "taken"}),
        Preset("frozen", {"kind": "frozen"}),
        Preset("nice", {"kind": "nice"}),
        Preset("offset", {"kind": "offset"}),
    ),
    claims=(
        Claim("inside", "asserted", claims.Inside, presets=("taken",)),
        Claim("same_sum", "asserted", claims.SameSum, presets=("taken",)),
        Claim("lonely", "counted", claims.Lonely, presets=("taken",)),
        Claim("unchanged", "asserted", claims.Unchanged, presets=("frozen",)),
        Claim("where", "asserted", claims.Where, presets=("frozen",)),
        Claim("weights", "asserted", claims.Weights, presets=("nice",)),
        Claim("nice_down", "asserted", claims.NiceDown, presets=("nice",)),
        Claim("offset_shared", "asserted", claims.OffsetShared, presets=("offset",)),
    ),
    measures=(claims.Figures,),
    answers=("place", "variable", "clock", "never"),
    right="clock",
    drawn={
        "card": {
            "rows": ["state", "pc", "sp", "stack", "map", "cpu_ms", "switches", "file", "nice", "rss_kb"],
            "looks": ["frozen", "later", "thawed", "weighs", "weighed", "before", "after"],
        },
    },
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=1,
    wall_s=30.0,
    shown=("watch", "compute", "again", "busy_with_a_file", "polite", "share_offset", "read_on"),
)
