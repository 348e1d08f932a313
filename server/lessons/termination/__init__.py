"""The end of a process. Ten processes that all want to say bye; who could not, and what is left of them."""

from __future__ import annotations

from ...lesson import Action, Claim, Lesson, Param, Preset
from . import claims, experiment, scenes

OURS = ("ways", "caught", "zombie")  # presets in which this lesson's own program ends

LESSON = Lesson(
    run=experiment.run,
    after="creation",
    views=("exits", "card", "lanes", "code", "claims", "transcript"),
    params=(
        Param("kind", "choice", "ways", choices=("ways", "shell", "caught", "zombie")),
        Param("code", "int", 300, low=-1000, high=1000),
        Param("script", "choice", "reader", choices=("reader", "alone")),
    ),
    presets=(
        Preset("ways", {"kind": "ways"}),
        Preset("shell", {"kind": "shell"}),
        Preset("caught", {"kind": "caught"}),
        Preset("zombie", {"kind": "zombie"}),
    ),
    alone={"script": "alone"},
    claims=(
        Claim("codes", "asserted", claims.Codes, presets=OURS),
        Claim("silent", "asserted", claims.Silent, presets=OURS),
        Claim("zombies", "asserted", claims.Zombies, presets=OURS),
        Claim("kept", "asserted", claims.Kept, presets=OURS),
        Claim("collected", "asserted", claims.Collected, presets=OURS),
        Claim("shell_says", "asserted", claims.ShellSays, presets=("shell",)),
        Claim("no_handler", "asserted", claims.NoHandler, presets=("caught",)),
    ),
    measures=(claims.Figures,),
    actions=(Action("reap"),),
    answers=("kill", "crash", "signals", "nobody"),
    right="signals",
    drawn={
        "exits": {"bye": "bye"},
        "card": {"rows": ["state", "proc", "parent", "cpu_ms", "rss_kb", "maps", "program"], "action": "reap"},
    },
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=1,
    wall_s=60.0,
    shown=("life", "start", "crashes", "memory", "unread", "handles", "defies", "divides_in_hardware", "commands",
           "shells"),
)  # fmt: skip
