"""The shown source of a lesson, taken by symbol from the file that runs, coloured on the server; it runs nothing."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from types import ModuleType
from typing import Any

from pygments import lex
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

from ..lesson import Lesson

_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"), (String, "s"), (Number, "n"), (Keyword, "k"), (Name.Function, "f"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol's source."""

    symbol: str
    first_line: int  # of the symbol within its file, from 1
    lines: tuple[str, ...]  # HTML, one a line

    def html(self, label: str, caption: str, prefix: str = "") -> str:
        """The listing, ``label`` its spoken name; the nth line of the symbol is its nth child.

        ``prefix`` keeps the id of a second copy on a page apart.
        """
        rows = "".join(f'<span class="line">{row or " "}\n</span>' for row in self.lines)
        return (
            f'<figure class="code" data-symbol="{escape(self.symbol)}"><figcaption>{escape(caption)}</figcaption>'
            f'<pre translate="no" tabindex="0" role="group" id="{prefix}code-{escape(self.symbol)}" '
            f'aria-label="{escape(label)}">'
            f"<code>{rows}</code></pre></figure>"
        )


def listing(lesson: Lesson, symbol: str) -> Listing:
    """The source of one of ``lesson.shown``; raises ``KeyError`` for another name."""
    if symbol not in lesson.shown:
        raise KeyError(symbol)
    return _listing(sys.modules[lesson.run.__module__], symbol)


@cache
def _listing(module: ModuleType, symbol: str) -> Listing:
    lines, first = inspect.getsourcelines(getattr(module, symbol))
    return Listing(symbol, first, tuple(_coloured("".join(lines).rstrip("\n"))))


def _style(kind: Any) -> str:
    return next((name for parent, name in _CLASSES if kind in parent), "")


def _coloured(source: str) -> list[str]:
    rows = [""]
    for style, tokens in groupby(lex(source, PythonLexer()), lambda token: _style(token[0])):
        for number, part in enumerate("".join(text for _, text in tokens).split("\n")):
            if number:
                rows.append("")
            if part:
                code = escape(part, quote=False)
                rows[-1] += f'<i class="{style}">{code}</i>' if style else code
    return rows[:-1] if rows[-1] == "" else rows
