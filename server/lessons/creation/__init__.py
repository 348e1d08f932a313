"""Creation. What fork copies and what it shares, and who makes whom: every process has a creator."""

from __future__ import annotations

from ...lesson import Claim, Lesson, Param, Preset
from . import claims, experiment, measures, scenes

LESSON = Lesson(
    run=experiment.run,
    after="sync-async",
    part="family",
    views=("memory", "terminal", "lanes", "code", "claims", "transcript"),
    params=(
        Param("what", "choice", "reads", choices=tuple(experiment.WHAT)),
        Param("thousands", "int", 1500, low=500, high=1500),
        Param("mib", "int", 64, low=16, high=64),
    ),
    presets=(
        Preset("reads", {"what": "reads"}),
        Preset("writes", {"what": "writes"}),
        Preset("prints", {"what": "prints"}),
        Preset("methods", {"what": "methods"}),
    ),
    claims=(
        Claim("fork_copies_nothing", "asserted", claims.ForkCopiesNothing, presets=("reads",)),
        Claim("list_copied", "asserted", claims.ListCopied, presets=("reads",)),
        Claim("array_shared", "asserted", claims.ArrayShared, presets=("reads",)),
        Claim("pss_exact", "asserted", claims.PssExact, presets=("writes",)),
        Claim("two_values", "asserted", claims.TwoValues, presets=("writes",)),
        Claim("same_files", "asserted", claims.SameFiles, presets=("writes",)),
        Claim("twice", "asserted", claims.Twice, presets=("prints",)),
        Claim("sees_x", "asserted", claims.SeesX, presets=("methods",)),
        Claim("other_parent", "asserted", claims.OtherParent, presets=("methods",)),
        Claim("daemon_alone", "asserted", claims.DaemonAlone, presets=("methods",)),
        Claim("every_creator", "asserted", claims.EveryCreator),
        Claim("two_processes", "counted", claims.TwoProcesses, presets=("methods",)),
    ),
    measures=(measures.Figures,),
    answers=("nothing", "nearly", "half", "at_fork"),
    right="nearly",
    scenes=scenes.SCENES,
    home=scenes.HOME,
    wall_s=40.0,
    drawn={"memory": "columns", "starts": "start_ms"},
    shown=("reader", "holder", "writer", "show", "prints", "start", "programs", "leader", "service"),
)
