"""How a lesson's page asks, answers and closes: question, verdict and recall as values (templates/story.html)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from ..text import prose
from ..text.quiz_front_matter import QuizFrontMatter, Recall
from .recorded_slots import of_recall
from .render import safe
from .screen import Screen
from .slots import PageSlots

LEFT, WIDTH = 158, 900  # of the empty lanes in a drawing 1170 wide: an eighth of them is left for half a button
LANE, PITCH, TOP = 48, 72, 40


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One line of "On stage"."""

    who: tuple[str, ...]
    core: str
    say: Markup


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its number is its key on the keyboard and its mark in the picture."""

    key: str
    number: int
    say: Markup
    note: Markup
    because: Markup
    right: bool
    picked: bool
    x: int  # of its mark, in the drawing of the empty lanes
    eighths: int  # … and its share of the lanes: story.css puts its button under 4, 6 and 8


@dataclass(frozen=True, slots=True)
class Lane:
    """One empty lane."""

    name: str
    y: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """One question of the closing."""

    ask: Markup
    answer: Markup
    because: Markup
    step: str
    answers: list[tuple[str, Markup, bool]]
    preset: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class QuizOnPage:
    """Question, verdict and closing."""

    question: str
    cast: list[LegendLine]
    choose: Markup
    answers: list[Answer]
    marked: bool  # answers are instants on empty lanes
    lanes: list[Lane]
    height: int  # of the drawing of the empty lanes
    answer: Markup
    number: Markup
    detail: Markup
    see_step: str
    see: Markup
    right: str  # key of the right answer
    decided: bool  # the verdict is shown at once: for whoever has no script
    keep: Markup
    recall: list[Recalled]
    first: str  # ids of the question's step, the one after it, and the last
    second: str
    last: str
    keys: list[str]


def quiz(screen: Screen, slots: PageSlots) -> QuizOnPage | None:
    """The quiz of a screen's lesson; None if its text has none yet."""
    said = screen.text.front.story
    if said is None:
        return None
    steps = [step.id for step in screen.text.steps]
    answers = _answers(screen, said, slots)
    names = [name for each in said.cast for name in each.who][:4]
    lanes = [Lane(name, TOP + index * PITCH) for index, name in enumerate(names)]

    def line(words: str) -> Markup:
        return safe(prose.line(words, slots))

    return QuizOnPage(
        question=screen.text.front.question,
        cast=[LegendLine(each.who, each.core, line(each.say)) for each in said.cast],
        choose=line(said.choose), answers=answers, marked=bool(screen.lesson.marks), lanes=lanes,
        height=TOP + len(lanes) * PITCH + 40,
        answer=line(said.answer), number=line(said.number), detail=line(said.detail),
        see_step=said.see.step, see=line(said.see.say), right=screen.lesson.right,
        decided=bool(screen.guess), keep=line(said.keep),
        recall=[_recalled(each, slots) for each in said.recall],
        first=steps[0], second=steps[1] if len(steps) > 1 else steps[0], last=steps[-1],
        keys=[str(each.number) for each in answers],
    )  # fmt: skip


def _answers(screen: Screen, said: QuizFrontMatter, slots: PageSlots) -> list[Answer]:
    front, lesson = screen.text.front, screen.lesson
    made: list[Answer] = []
    for number, (key, words) in enumerate(front.answers.items(), 1):
        made.append(
            Answer(
                key, number, safe(prose.line(words, slots)), safe(prose.line(said.notes.get(key, ""), slots)),
                safe(prose.line(said.because.get(key, ""), slots)), key == lesson.right, key == screen.guess,
                LEFT + round(WIDTH * lesson.marks.get(key, 0)), round(8 * lesson.marks.get(key, 0)),
            )
        )  # fmt: skip
    return made


def _recalled(each: Recall, slots: PageSlots) -> Recalled:
    recorded = of_recall(each, slots)

    def line(words: str) -> Markup:
        return safe(prose.line(words, recorded))

    answers = [(key, line(words), key == each.right) for key, words in each.answers.items()]
    return Recalled(
        line(each.ask), line(each.answer), line(each.because), each.step, answers, each.preset, dict(each.params)
    )
