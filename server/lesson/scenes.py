"""What a lesson's ``scenes.py`` declares: a scene a step, with moments that are predicates on a log and never times.

docs/design.md, "Scenes", says what each field does; :mod:`.resolver` turns a scene and a log into a window and a
playhead, and :mod:`.scene_json` is the form in which the page carries scenes to its script.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from ..events import State, WaitsFor

WaitReason = WaitsFor | Literal[""]  # "": any
MomentKind = Literal["claim", "caption", "fact", "span", "wake", "ended", "call", "trial", "end"]


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant or a stretch of a log, found by what happened there. Make one by its class methods.

    ``who`` is a task's name or role, ``trial`` the label of a trial; where one is left out, any will do. ``n`` counts
    in order of time from 1, or from the last by -1. ``share`` is the place of the playhead within a stretch, 0 its
    beginning and 1 its end.
    """

    kind: MomentKind
    name: str = ""  # of the claim, caption or trial; the kind of fact; the state of a span; the style of a call
    who: str = ""
    in_trial: str = ""
    n: int = 1
    share: float = 0.0
    waits_for: str = ""  # of a span or wake-up: the reason of the sleep
    where: tuple[tuple[str, Any], ...] = ()  # of a fact: what its fields must be
    offset_ms: float = 0.0  # the instant lies so much later

    @classmethod
    def claim(cls, name: str, share: float = 0.0, *, trial: str = "") -> Moment:
        """Where a claim's last verdict says that it can be seen: its ``at_ns`` … ``to_ns``; without them its trial."""
        return cls("claim", name, share=share, in_trial=trial)

    @classmethod
    def caption(cls, name: str) -> Moment:
        """Where a caption shows: the moment of the claim of this name, or of the first step of this label."""
        return cls("caption", name)

    @classmethod
    def fact(cls, kind: str, n: int = 1, *, who: str = "", trial: str = "", **where: Any) -> Moment:
        """The nth fact of a kind (``events.FACTS``) whose fields are as given, such as ``signal=19``."""
        return cls("fact", kind, who, trial, n, where=tuple(sorted(where.items())))

    @classmethod
    def step(cls, label: str, n: int = 1, *, who: str = "", trial: str = "") -> Moment:
        """The nth time that a program said that it is at this step."""
        return cls.fact("step", n, who=who, trial=trial, label=label)

    @classmethod
    def span(cls, state: State, who: str, n: int = 1, *, trial: str = "", share: float = 0.0) -> Moment:
        """The nth stretch that a task spends in a state."""
        return cls("span", state, who, trial, n, share)

    @classmethod
    def block(cls, who: str, n: int = 1, *, trial: str = "", share: float = 0.0, waits_for: WaitReason = "") -> Moment:
        """The nth sleep of a task, from its beginning on."""
        return cls("span", "blocked", who, trial, n, share, waits_for)

    @classmethod
    def wake(cls, who: str, n: int = 1, *, trial: str = "", waits_for: WaitReason = "") -> Moment:
        """The nth time that a task is woken."""
        return cls("wake", "", who, trial, n, waits_for=waits_for)

    @classmethod
    def ended(cls, who: str, n: int = 1, *, trial: str = "") -> Moment:
        """The end of a task: the nth of those that are meant, in order of time."""
        return cls("ended", "", who, trial, n)

    @classmethod
    def call(cls, style: str, n: int = 1, *, share: float = 0.0, trial: str = "") -> Moment:
        """The nth call of a style, from the call until its caller knows the result."""
        return cls("call", style, "", trial, n, share)

    @classmethod
    def trial(cls, label: str = "", share: float = 0.0) -> Moment:
        """A share of a trial; of the first one, or of a run without trials, if no label is given."""
        return cls("trial", label, share=share)

    @classmethod
    def whole(cls, label: str = "") -> Moment:
        """A whole trial, seen from its end."""
        return cls.trial(label, 1.0)

    @classmethod
    def end(cls) -> Moment:
        """The end of the log."""
        return cls("end", share=1.0)

    def later(self, ms: float) -> Moment:
        """The same moment, so many milliseconds later (earlier if negative)."""
        return replace(self, offset_ms=self.offset_ms + ms)


@dataclass(frozen=True, slots=True)
class Scene:
    """The picture of one step. What is left at its default follows from the moment, the preset and the lesson."""

    step: str  # id of the step in both texts
    preset: str  # whose log is on screen: the reader's own run of it, else its shipped recording
    at: Moment  # where the playhead stands
    around_ms: float | None = None  # the window, in milliseconds …
    around_share: float | None = None  # … or as a share of the trial …
    around_turns: int | None = None  # … or so many running spans of the moment's task; none of them: the trial
    lead: float = 0.5  # the share of the window before the playhead
    trials: tuple[str, ...] = ()  # labels: the trials that are drawn; none: all
    tasks: tuple[str, ...] = ()  # names or roles, in ``trials`` or else in the moment's: the lanes drawn; none: all
    views: tuple[str, ...] = ()  # of the lesson's views, those this step shows, in order; none: all
    veiled: tuple[str, ...] = ()  # of ``tasks``: lanes that the home page draws as a question; they would answer
    select: str = ""  # the task that is selected, by name or role; "*": the moment's own
    code: str = ""  # "symbol", or "symbol:text" with the first line that holds the text and its block lit
    claim: str = ""  # the claim this step is about, where ``at`` is not its moment
    action: str = ""  # in an interactive run: the action that brings the moment about
    play: float | tuple[Moment, float] | None = None  # what plays once: its speed, or its beginning and speed
    measure: tuple[Moment, Moment] | None = None  # two instants between which the picture measures, as a bracket
    same: str = ""  # why the picture is that of the step before, if it is
    path: bool = False  # of the ten-minute path

    def repeat_for_step(self, step: str, same: str) -> Scene:
        """The same picture for the next step, with the reason why it does not change."""
        return replace(self, step=step, same=same, play=None, action="", path=False)

    @property
    def own_claim(self) -> str:
        """The claim whose verdict this scene must show, or ""."""
        return self.claim or (self.at.name if self.at.kind == "claim" else "")
