"""The process hierarchy. Ctrl-C is typed once at a real terminal; groups decide who gets SIGINT, not the tree."""

from __future__ import annotations

from ...lesson import Action, Claim, Lesson, Param, Preset
from . import claims, experiment, scenes, session

LESSON = Lesson(
    run=experiment.run,
    after="termination",
    views=("tree", "terminal", "lanes", "code", "claims", "transcript"),
    params=(
        Param("kind", "choice", "family", choices=("family", "bash", "orphan", "pool")),
        Param("script", "choice", "reader", choices=("reader", "alone")),
    ),
    presets=(
        Preset("family", {"kind": "family"}),
        Preset("bash", {"kind": "bash"}),
        Preset("orphan", {"kind": "orphan"}),
        Preset("pool", {"kind": "pool"}),
    ),
    alone={"script": "alone"},
    claims=(
        Claim("foreground", "asserted", claims.Foreground, presets=("family", "bash")),
        Claim("inherited", "asserted", claims.Inherited, presets=("family", "pool")),
        Claim("child_outside", "asserted", claims.ChildOutside, presets=("family",)),
        Claim("per_pipeline", "asserted", claims.PerPipeline, presets=("bash",)),
        Claim("stops_group", "asserted", claims.StopsGroup, presets=("bash",)),
        Claim("quits_group", "asserted", claims.QuitsGroup, presets=("bash",)),
        Claim("tracebacks", "counted", claims.Tracebacks, presets=("pool",)),
        Claim("adopted", "asserted", claims.Adopted, presets=("family", "orphan")),
        Claim("works", "asserted", claims.Works, presets=("orphan",)),
        Claim("hang_up", "asserted", claims.HangUp, presets=("family", "bash")),
    ),
    measures=(claims.Figures,),
    actions=tuple(Action(name) for name in session.ACTIONS),
    answers=("front", "children", "group", "all"),
    right="group",
    drawn={
        "tree": {
            "keys": {
                "ctrl_c": (2, "SIGINT"),
                "quit": (3, "SIGQUIT"),
                "ctrl_z": (20, "SIGTSTP"),
                "hang_up": (1, "SIGHUP"),
            }
        }
    },
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=0,
    wall_s=60.0,
    shown=("shell", "group", "family", "child", "told", "grandparent", "parent", "orphan", "pool"),
)
