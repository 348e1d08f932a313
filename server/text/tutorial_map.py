"""The tutorial that this site grew from, sentence by sentence: what is shown where, and what is said of it.

``tutorial/map.yaml`` says section, lesson, step and verdict, ``tutorial/{zh,en}.yaml`` the words. No sentence
holds a number of its own: ``::value{…}`` and ``::count{…}`` are those of the recording that the entry's link shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from . import yaml_text

FOLDER = Path(__file__).parent / "tutorial"
ReviewStatus = Literal["shown", "corrected", "absent"]
REVIEW_STATUSES: tuple[ReviewStatus, ...] = get_args(ReviewStatus)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the tutorial and the moment that is about it."""

    id: str  # section and number, "3-10"
    verdict: ReviewStatus  # absent: nothing on a machine like this can show it; the lesson is then the nearest thing
    quote: str
    say: str  # with inline slots
    lesson: str = ""  # a slug; "": no lesson is near
    step: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the tutorial."""

    key: str
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Tutorial:
    """The page's words and its sections, in the tutorial's order."""

    words: Mapping[str, Any]  # title, lead, figures, count, verdicts, nearest
    sections: tuple[Section, ...]

    @property
    def sentences(self) -> list[Sentence]:
        """All of them, in order."""
        return [each for section in self.sections for each in section.sentences]


def read(lang: str) -> Tutorial:
    """The map in one language, read anew when a file has changed."""
    return _read(lang, changed_ns())


def changed_ns() -> int:
    """When a file of the map changed last."""
    return max(path.stat().st_mtime_ns for path in FOLDER.glob("*.yaml"))


@lru_cache(maxsize=4)
def _read(lang: str, _changed_ns: int) -> Tutorial:
    where = yaml_text.load((FOLDER / "map.yaml").read_text("utf-8"))
    words = yaml_text.load((FOLDER / f"{lang}.yaml").read_text("utf-8"))
    titles, said = words.pop("sections"), words.pop("sentences")
    return Tutorial(
        words,
        tuple(
            Section(key, titles[key], tuple(Sentence(**entry, **said[entry["id"]]) for entry in entries))
            for key, entries in where.items()
        ),
    )
