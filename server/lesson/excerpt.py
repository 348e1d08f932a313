"""Which lines of the shown source a scene's ``code`` means: at most twelve of one symbol, and those that are lit."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass

from .contract import Lesson

MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of one symbol, counted within it from 1, both ends inclusive; ``lit`` is empty if none is lit."""

    symbol: str
    first: int
    last: int
    lit: tuple[int, int] | None


def excerpt(lesson: Lesson, code: str) -> Excerpt:
    """The lines of ``"symbol"`` or ``"symbol:text"``; lit is the first line that holds the text, with its block.

    Raises ``ValueError`` if the symbol is not shown, the text is not in it, or a symbol without a text is too long.
    """
    symbol, _, text = code.partition(":")
    if symbol not in lesson.shown:
        raise ValueError(f"{symbol!r} is none of the shown symbols")
    lines = inspect.getsource(getattr(sys.modules[lesson.run.__module__], symbol)).rstrip("\n").split("\n")
    if not text:
        if len(lines) > MOST_LINES:
            raise ValueError(f"{symbol} has {len(lines)} lines, more than {MOST_LINES}: name a line by symbol:text")
        return Excerpt(symbol, 1, len(lines), None)
    at = next((number for number, line in enumerate(lines, start=1) if text in line), None)
    if at is None:
        raise ValueError(f"no line of {symbol} holds {text!r}")
    first = max(1, min(at - 3, len(lines) - MOST_LINES + 1))
    last = min(len(lines), first + MOST_LINES - 1)
    return Excerpt(symbol, first, last, (at, min(last, _block_end(lines, at))))


def _block_end(lines: list[str], at: int) -> int:
    """The last line of the block that begins on a line: those below it that are indented deeper."""
    depth = _indent(lines[at - 1])
    end = at
    for number in range(at + 1, len(lines) + 1):
        if lines[number - 1].strip() and _indent(lines[number - 1]) <= depth:
            break
        end = number
    return end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
