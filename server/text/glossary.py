"""The glossary: the words a beginner may not have, shared by all lessons, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import yaml_text


@dataclass(frozen=True, slots=True)
class Entry:
    """A term in the language of the page, the other language's word, and one or two sentences."""

    word: str
    other: str
    say: str


@lru_cache(maxsize=2)
def entries(lang: str) -> Mapping[str, Entry]:
    """Key → entry, in the order of the file; the keys are the same in both languages."""
    data = yaml_text.load((Path(__file__).parent / f"glossary.{lang}.yaml").read_text("utf-8"))
    return {key: Entry(**each) for key, each in data.items()}
