"""How a lesson's text asks, answers and closes: the front matter's ``story`` section, read into values.

docs/design.md, "Lesson prose", is the format. Every sentence may hold inline slots; whoever renders fills them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class QuizFormatError(ValueError):
    """A ``story`` section that does not keep to the format; the message names the key."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of "On stage": tasks by name, or a core by its words, and what to know of them before the guess."""

    say: str
    who: tuple[str, ...] = ()
    core: str = ""


@dataclass(frozen=True, slots=True)
class See:
    """The link of the verdict: the step whose scene shows it, and the link's words."""

    step: str
    say: str


@dataclass(frozen=True, slots=True)
class Recall:
    """A question after the lesson; one with ``answers`` is a prediction, decided by ``preset`` run with ``params``."""

    ask: str
    answer: str
    because: str
    step: str  # where the lesson shows it
    answers: Mapping[str, str] = field(default_factory=dict)
    right: str = ""  # key of the right one of ``answers``
    preset: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QuizFrontMatter:
    """Question, verdict and closing of a lesson in one language."""

    cast: Sequence[LegendEntry]
    choose: str  # what to do, beside the answers
    notes: Mapping[str, str]  # a line under an answer, by its key
    answer: str  # the right answer in the question's words
    number: str  # the one number of this run that decides: an inline slot
    detail: str  # what the number is made of
    because: Mapping[str, str]  # for every answer: the reason, or the instant that refutes it
    see: See
    keep: str  # the one sentence to keep
    recall: Sequence[Recall]


_KEYS = {"cast", "choose", "notes", "answer", "number", "detail", "because", "see", "keep", "recall"}


def read(data: Any) -> QuizFrontMatter:
    """The section as YAML gives it; :class:`QuizFormatError` names what is missing, unknown or of the wrong shape."""
    if not isinstance(data, Mapping):
        raise QuizFormatError("story is no mapping")
    for key in sorted(set(data) ^ _KEYS - {"notes"}):
        if key != "notes":
            raise QuizFormatError(f"story: the key {key!r} is {'unknown' if key in data else 'missing'}")
    try:
        return QuizFrontMatter(
            cast=tuple(
                LegendEntry(each["say"], tuple(each.get("who", ())), each.get("core", "")) for each in data["cast"]
            ),
            choose=data["choose"],
            notes=_texts(data.get("notes") or {}),
            answer=data["answer"],
            number=data["number"],
            detail=data["detail"],
            because=_texts(data["because"]),
            see=See(**data["see"]),
            keep=data["keep"],
            recall=tuple(_recall(each) for each in data["recall"]),
        )
    except (TypeError, KeyError, AttributeError) as error:
        raise QuizFormatError(f"story: {error}") from error


def _texts(data: Mapping[Any, Any]) -> dict[str, str]:
    """Text for keys and values: YAML reads ``1`` and ``no`` as something else."""
    return {str(key): str(value) for key, value in data.items()}


def _recall(data: Mapping[str, Any]) -> Recall:
    answers = _texts(data.get("answers") or {})
    recall = Recall(**{**data, "answers": answers, "right": str(data.get("right", ""))})
    if answers and (recall.right not in answers or not recall.preset):
        raise QuizFormatError(f"story: the prediction {recall.ask!r} needs its right answer and a preset")
    return recall


def sentences(story: QuizFrontMatter) -> list[tuple[str, str]]:
    """Every sentence with its place, for those who check words."""
    found = [(f"story.{name}", getattr(story, name)) for name in ("choose", "answer", "number", "detail", "keep")]
    found += [(f"story.cast.{number}", each.say) for number, each in enumerate(story.cast, 1)]
    found += [
        (f"story.{group}.{key}", text) for group in ("notes", "because") for key, text in getattr(story, group).items()
    ]
    found.append(("story.see", story.see.say))
    for number, each in enumerate(story.recall, 1):
        found += [(f"story.recall.{number}.{part}", getattr(each, part)) for part in ("ask", "answer", "because")]
        found += [(f"story.recall.{number}.answers.{key}", text) for key, text in each.answers.items()]
    return found
