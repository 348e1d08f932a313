"""What the recorder's self-test says of this machine, in a reader's language, by its English sentences.

The recorder speaks English, as the API does; it joins sentences by "; ", each perhaps after its tier and a colon.
"""

from __future__ import annotations

import re
from functools import cache

from . import yaml_text
from .labels import TEXT, Lang

_TIER = re.compile(r"(exact\+wake|exact|sampled|recording): ")


@cache
def sentences(lang: Lang) -> dict[str, str]:
    """By each English sentence, with {} for every value in it, the same in a language; empty for English itself."""
    path = TEXT / f"recorder.{lang}.yaml"
    return dict(yaml_text.load(path.read_text("utf-8"))) if path.is_file() else {}


def sentence(said: str, lang: Lang) -> str:
    """A reason or a remedy of a ``SelfTestResult``; a part that is not known stays English."""
    if lang == "en":
        return said
    return "；".join(_part(each, lang) for each in said.split("; "))


def _part(said: str, lang: Lang) -> str:
    tier = _TIER.match(said)
    if tier is not None:
        return f"{tier[1]}：{_part(said[tier.end() :], lang)}"
    for known, words in sentences(lang).items():
        slots = re.fullmatch("(.*)".join(map(re.escape, known.split("{}"))), said)
        if slots is not None:
            return words.format(*slots.groups())
    return said
