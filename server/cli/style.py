"""How the command writes: its language, and colours where a person reads at a terminal; it prints nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

from ..text import command_words
from ..text.labels import Lang, Words

#: Select Graphic Rendition (ECMA-48, 8.3.117): the eight colours that every terminal has.
_SGR = {"strong": "1", "faint": "2", "good": "32", "bad": "31", "running": "32", "ready": "33", "stopped": "35"}
_SIGNS = {**dict.fromkeys("▁▂▃▄▅▆▇█", "running"), "·": "ready", "-": "faint", "=": "stopped", "x": "faint"}
_RUNS = re.compile(r"[▁-█]+|·+|-+|=+|x+")


@dataclass(frozen=True, slots=True)
class Style:
    """The language of a text, and whether it may hold colours."""

    lang: Lang = "en"
    colour: bool = False

    @property
    def words(self) -> Words:
        """The command's words in this language."""
        return command_words.words(self.lang)

    def paint(self, how: str, text: str) -> str:
        """The text in a colour (a key of ``_SGR``), or as it is."""
        return f"\x1b[{_SGR[how]}m{text}\x1b[0m" if self.colour else text

    def lane(self, drawn: str) -> str:
        """A lane whose signs have the colours of their states."""
        return _RUNS.sub(lambda run: self.paint(_SIGNS[run[0][0]], run[0]), drawn) if self.colour else drawn


def of(stream: TextIO | None, lang: Lang, environ: Mapping[str, str] | None = None) -> Style:
    """The style for a stream: colours only on a terminal that has them, and not against NO_COLOR (no-color.org)."""
    env = os.environ if environ is None else environ
    return Style(lang, is_terminal(stream, env) and not env.get("NO_COLOR"))


def is_terminal(stream: TextIO | None, environ: Mapping[str, str] | None = None) -> bool:
    """Whether a person reads there, at a terminal that can move its cursor."""
    env = os.environ if environ is None else environ
    return stream is not None and stream.isatty() and env.get("TERM", "") not in ("", "dumb")
