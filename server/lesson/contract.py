"""The contract a lesson folder fulfils: what it asks, runs, shows and claims; it knows no web and no kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from ..events import ClaimBroken, ClaimHeld, Entry, ValueMeasured
from .scenes import Scene

#: The fixed vocabulary of views; a new view is one folder in static/js/views and one word here.
View = Literal[
    "lanes", "cores", "stage", "machine", "pipe", "calls", "code", "tree", "memory", "card", "exits", "gaps",
    "terminal", "claims", "transcript", "bars", "repeats", "matrix",
]  # fmt: skip

ClaimResult = ClaimHeld | ClaimBroken | ValueMeasured


class Fold(Protocol):
    """An incremental reading of the log. One instance serves one run and sees each entry once, in log order."""

    def see(self, entry: Entry) -> Iterable[ClaimResult]:
        """Results of claims and values that this entry settles (usually none)."""

    def end(self) -> Iterable[ClaimResult]:
        """What only the end can settle; called once, before ``run.ended``."""


@dataclass(frozen=True, slots=True)
class Param:
    """A typed, bounded parameter. ``choices`` or ``low``..``high`` (both inclusive), never free text in argv."""

    name: str
    type: Literal["int", "bool", "choice"]
    default: int | bool | str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""  # key of the unit's label
    needs: str | None = None  # as Preset.needs: the form offers it only where the machine has that


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of parameters; ``needs`` says what the machine must have, else its recording is shown."""

    name: str
    params: Mapping[str, int | bool | str] = field(default_factory=dict)
    needs: str | None = None  # "subinterpreters", "free-threaded", "slice", "gnu-tail", "bash": asked of stage.machine


@dataclass(frozen=True, slots=True)
class Action:
    """Something a reader may do to a running run; ``text`` marks the one that carries bounded text."""

    name: str
    text: bool = False
    params: tuple[Param, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement the lesson teaches. ``fold`` makes a fresh reader of one run's log.

    ``kind`` "asserted" claims hold on every honest run and are asserted in the tests; "counted" ones are
    reported as "n of m". ``presets`` empty means: in every preset.
    """

    name: str
    kind: Literal["asserted", "counted"]
    fold: Callable[[Mapping[str, Any]], Fold]  # called with the run's params
    presets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """One lesson. Its slug is the folder's name; its place in the order, and the number a reader sees, follow from
    ``after`` alone (``catalog.discover``)."""

    run: Callable[[Any, Mapping[str, Any]], None]  # experiment.run(stage, params), in the launcher
    after: str | None  # slug of the lesson that a reader takes before this one; None: the first
    views: tuple[View, ...]
    params: tuple[Param, ...]
    presets: tuple[Preset, ...]
    claims: tuple[Claim, ...]
    part: str = ""  # key of the part of the path that begins with this lesson; "": it is in the part of the one before
    measures: tuple[Callable[[Mapping[str, Any]], Fold], ...] = ()  # folds that yield ValueMeasured
    actions: tuple[Action, ...] = ()
    answers: tuple[str, ...] = ()  # keys of the answers to the question, in order
    right: str = ""  # the key of the right one
    marks: Mapping[str, float] = field(default_factory=dict)  # answers that are instants: a share of the first trial
    scenes: tuple[Scene, ...] = ()  # one a step, in the order of the text; the first is what the lesson opens with
    home: Scene | None = None  # the home page's picture: the log up to this moment, and nothing after it
    cores: int = 0  # how many cores a run wants (admission); clamped to what the machine has
    wall_s: float = 30.0  # an interactive lesson may declare up to 60
    budget: Callable[[Mapping[str, Any]], str | None] | None = None  # refuses a product of parameters, with a reason
    alone: Mapping[str, int | bool | str] = field(default_factory=dict)  # parameters of a run without a reader
    #: What its views draw by and no fact says (static/js/types.d.ts, Drawn): names of its own steps and roles.
    drawn: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[str, ...] = ()  # symbols of experiment.py that the page shows, in order
