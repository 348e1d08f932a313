"""Text in a terminal's columns, of which a Chinese character takes two: width, padding, line breaks."""

from __future__ import annotations

import re
import unicodedata

#: Where a line may break: behind a blank, and on either side of a character that is written without blanks.
_PIECE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff][\u3001\u3002\uff00-\uffef]*|[^\s\u2e80-\u9fff\uf900-\ufaff]+\s*|\s+")


def width(text: str) -> int:
    """Columns that a text takes (Unicode annex 11: wide and fullwidth characters take two, combining ones none)."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """The text with blanks behind it up to so many columns."""
    return text + " " * max(0, columns - width(text))


def clip(text: str, columns: int) -> str:
    """As much of the text as fits into so many columns."""
    while width(text) > columns:
        text = text[:-1]
    return text


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most so many columns; a word that is longer than a line keeps one of its own."""
    lines = [""]
    for piece in _PIECE.findall(" ".join(text.split())):
        if lines[-1] and width((lines[-1] + piece).rstrip()) > columns:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]
