"""Programs and processes. Copies of one program run, its file is deleted, and they run on: only a name has gone."""

from __future__ import annotations

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, scenes

FILE = ("program",)

LESSON = Lesson(
    run=experiment.run,
    after="states",
    views=("memory", "lanes", "code", "claims", "transcript"),
    params=(
        Param("what", "choice", "program", choices=tuple(experiment.WHAT)),
        Param("copies", "int", 3, low=2, high=5),
    ),
    presets=(Preset("program", {"what": "program"}), Preset("script", {"what": "script"})),
    claims=(
        Claim("one_file", "asserted", claims.OneFile, presets=FILE),
        Claim("separate", "asserted", claims.Separate, presets=FILE),
        Claim("together", "counted", claims.Together, presets=FILE),
        Claim("runs_on", "asserted", claims.RunsOn, presets=FILE),
        Claim("name_gone", "asserted", claims.NameGone, presets=FILE),
        Claim("rescued", "asserted", claims.Rescued, presets=FILE),
        Claim("others_stay", "asserted", claims.OthersStay, presets=FILE),
        Claim("script_not_there", "asserted", claims.ScriptNotThere, presets=("script",)),
    ),
    measures=(claims.Figures,),
    answers=("crash", "later", "on", "refused"),
    right="on",
    scenes=scenes.SCENES,
    home=scenes.HOME,
    drawn={"memory": "copies"},
    shown=("starts", "deletes", "compare", "say_equal", "scripts", "search"),
)
