"""The states of a process. `tail -f access.log | grep 404`, asleep, woken, stopped, resumed, ended."""

from __future__ import annotations

from ...lesson import Action, Claim, Lesson, Param, Preset
from . import claims, experiment, measures, scenes
from .running import PATTERN

TOLD = ("plain", "buffered", "small")  # presets in which the kernel tells tail of changes
PRINTING = ("plain", "small", "polling")

LESSON = Lesson(
    run=experiment.run,
    after=None,
    part="one-process",
    views=("pipe", "machine", "lanes", "terminal", "code", "claims", "transcript"),
    params=(
        Param("buffered", "bool", False),
        Param("pipe", "choice", "65536", choices=("4096", "65536")),
        Param("inotify", "bool", True),
        Param("script", "choice", "reader", choices=("reader", "tour")),
    ),
    presets=(
        Preset("plain", {"buffered": False, "pipe": "65536", "inotify": True}, needs="gnu-tail"),
        Preset("small", {"buffered": False, "pipe": "4096", "inotify": True}, needs="gnu-tail"),
        Preset("buffered", {"buffered": True, "pipe": "65536", "inotify": True}, needs="gnu-tail"),
        Preset("polling", {"buffered": False, "pipe": "65536", "inotify": False}, needs="gnu-tail"),
    ),
    alone={"script": "tour"},
    claims=(
        Claim("idle", "asserted", claims.Idle, presets=TOLD),
        Claim("wakes", "asserted", claims.WakesInOrder, presets=TOLD),
        Claim("full", "asserted", claims.BackPressure),
        Claim("every_line", "asserted", claims.EveryLine),
        Claim("per_line", "asserted", claims.PerLine, presets=("plain", "small")),
        Claim("in_blocks", "asserted", claims.InBlocks, presets=("buffered",)),
        Claim("tail_ends", "asserted", claims.TailEnds, presets=PRINTING),
        Claim("epipe", "asserted", claims.DeadPipe, presets=PRINTING),
        Claim("asks", "asserted", claims.Asks, presets=("polling",)),
    ),
    measures=(measures.Wakes, measures.Figures),
    actions=(
        Action("append"), Action("other"), Action("text", text=True), Action("burst"), Action("stop"),
        Action("resume"), Action("end"), Action("close"), Action("buffered"), Action("pipe"), Action("inotify"),
    ),
    answers=("ready", "running", "blocked"),
    right="blocked",
    drawn={
        "writes": {"append": 1, "burst": experiment.BURST_LINES},
        "outside": ["writer", "late"],
        "pattern": PATTERN,
        "command": [
            ("tail",), ("---disable-inotify", "inotify", False), ("-f access.log | grep",),
            ("--line-buffered", "buffered", False), (f"-F -e {PATTERN} --",),
        ],
    },
    scenes=scenes.SCENES,
    home=scenes.HOME,
    cores=0,
    wall_s=60.0,
    shown=("writer", "append", "burst", "connect", "tail_command", "grep_command", "late_writer"),
)  # fmt: skip
