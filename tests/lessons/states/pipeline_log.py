"""Hand-made logs of one pipeline of lesson states, every instant known, and what the lesson's folds say of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from server.events import (
    Entry,
    Fact,
    Output,
    PipeFilled,
    SignalSent,
    Step,
    TaskBorn,
    TaskState,
    TrialStarted,
    ValueMeasured,
)
from server.lesson import ClaimResult
from tests.lessons import module_of

from .pipeline import SETTING

measures = module_of(__package__, "measures")

WRITER, TAIL, GREP, LATE = 1, 2, 3, 4


def ns(ms: float) -> int:
    return round(ms * 1_000_000)


def at(ms: float, fact: Fact) -> Entry:
    return Entry(ns(ms), "seen", fact)


def moves(ms: float, task: int, *states: str, **more: Any) -> Entry:
    state, cause = states
    return at(ms, TaskState(task, state, cause, **more))  # type: ignore[arg-type]


def start(**setting: Any) -> list[Entry]:
    roles = {WRITER: "writer", TAIL: "tail", GREP: "grep", LATE: "late"}
    born = [TaskBorn(n, 100 + n, 100 + n, 0, role, "process", "exec", 1, role) for n, role in roles.items()]
    return [
        at(0, TrialStarted(1, {**SETTING, **setting})),
        *(at(0, each) for each in born),
        moves(0.5, WRITER, "blocked", "waits", waits_for="pipe_read"),
        moves(1, TAIL, "blocked", "waits", waits_for="poll"),
        moves(2, GREP, "blocked", "waits", waits_for="pipe_read"),
    ]


def line(ms: float, text: str = "GET /x 404\n", out: str | None = None, by: int = TAIL) -> list[Entry]:
    """One line appended while both sleep, and all that follows."""
    printed = [at(ms + 0.5, Output(GREP, "terminal", out))] if out else []
    return [
        at(ms, Output(WRITER, "log", text)),
        at(ms, Step(WRITER, "append")),
        moves(ms + 0.1, TAIL, "ready", "woken", by=WRITER),
        moves(ms + 0.2, TAIL, "running", "dispatched"),
        moves(ms + 0.3, GREP, "ready", "woken", by=by),
        moves(ms + 0.35, GREP, "running", "dispatched"),
        moves(ms + 0.4, TAIL, "blocked", "waits", waits_for="poll"),
        *printed,
        moves(ms + 0.6, GREP, "blocked", "waits", waits_for="pipe_read"),
    ]


def freeze(ms: float) -> list[Entry]:
    return [at(ms, SignalSent(GREP, 19, 0)), moves(ms, GREP, "stopped", "stopped")]


def burst(ms: float, level: int = 65536) -> list[Entry]:
    return [
        at(ms, Step(WRITER, "burst")),
        moves(ms + 1, TAIL, "blocked", "waits", waits_for="pipe_write"),
        at(ms + 2, PipeFilled(level, 65536)),
    ]


def judge(fold: Any, log: Iterable[Entry]) -> list[ClaimResult]:
    reading = fold(SETTING)
    return [verdict for entry in log for verdict in reading.see(entry)] + list(reading.end())


def names(fold: Any, log: Iterable[Entry]) -> list[str]:
    return [f"{each.claim} {type(each).__name__}" for each in judge(fold, log) if not isinstance(each, ValueMeasured)]


def values(log: Iterable[Entry], fold: Any = measures.Figures) -> dict[str, float]:
    """The last value of each name, as the page names them."""
    told = [each for each in judge(fold, log) if isinstance(each, ValueMeasured)]
    return {f"{each.name}@{each.trial}" if each.trial else each.name: each.value for each in told}


def looks(ms: float, role: int = TAIL, reason: str = "sleep") -> list[Entry]:
    """One of them gets a core for a moment with nothing written."""
    return [
        moves(ms, role, "ready", "woken", by=-1),
        moves(ms + 0.1, role, "running", "dispatched"),
        moves(ms + 0.2, role, "blocked", "waits", waits_for=reason),
    ]


def polling() -> list[Entry]:
    return [*start(inotify=False), moves(3, TAIL, "blocked", "waits", waits_for="sleep")]


QUIET = Step(WRITER, "quiet")


MANY = "GET /x 404\n" * 400


def collected(*printed: str, text: str = MANY, held: int | None = None) -> list[Entry]:
    """A burst matched by a grep that collects, what came out in one read each, and then its tank."""
    out = [at(60 + n, Output(GREP, "terminal", each)) for n, each in enumerate(printed)]
    tank = [] if held is None else [at(80, PipeFilled(held, 4096, "stdio"))]
    return [*start(buffered=True), at(50, Output(WRITER, "log", text)), *out, *tank]
