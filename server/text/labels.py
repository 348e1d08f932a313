"""The words of the interface in both languages, and those a lesson adds for the browser; it renders nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from ..events import ValueMeasured
from . import yaml_text
from .prose import Front, plain

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = get_args(Lang)
TEXT = Path(__file__).parent
#: What goes into ``lang=`` attributes and hreflang: simplified Chinese is meant.
TAGS: dict[Lang, str] = {"zh": "zh-Hans", "en": "en"}
SHORT: dict[Lang, str] = {"zh": "中文", "en": "EN"}
NBSP = "\u00a0"
#: The page's script rounds a half upwards (toFixed), the format of floats to even: one figure must not have two forms.
_AS_THE_SCRIPT = Context(prec=400, rounding=ROUND_HALF_UP, traps=[])


class Words(Mapping[str, Any]):
    """A tree of words read by key only, as templates do it; no key may be named like a method of this class."""

    __slots__ = ("_tree",)

    def __init__(self, tree: dict[str, Any]) -> None:
        self._tree = tree

    def __getitem__(self, key: str) -> Any:
        found = self._tree[key]
        return Words(found) if isinstance(found, dict) else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._tree)

    def __len__(self) -> int:
        return len(self._tree)


@cache
def words(lang: Lang) -> Words:
    """All interface words of a language."""
    return Words(yaml_text.load((TEXT / f"{lang}.yaml").read_text("utf-8")))


def known(lang: str) -> Lang | None:
    """The language if it is one of ours."""
    return next((each for each in LANGS if each == lang), None)


def for_browser(lang: Lang, front: Front) -> dict[str, str]:
    """What JavaScript may say on a lesson's page: ``labels`` of the interface, then the lesson's own."""
    return {**words(lang)["labels"], **_units(lang), **dict(_of_lesson(front))}


def _units(lang: Lang) -> dict[str, str]:
    return {f"unit.{name}": unit for name, unit in words(lang)["unit"].items()}


def _of_lesson(front: Front) -> Iterator[tuple[str, str]]:
    plainly = {
        "answer": front.answers, "guess": front.guess, "preset": front.presets, "param": front.params,
        "trial": front.trials, "step": front.steps, "call": front.calls, "lanes.role": front.tasks,
        "action": front.actions, "caption": front.captions, "without": front.without,
        "repeat": front.repeats,
    }  # fmt: skip
    for group, entries in plainly.items():
        for key, said in entries.items():
            yield f"{group}.{key}", plain(said)
    for figure in front.figures:
        yield f"value.{figure.name}", plain(figure.say)
    for name, claim in front.claims.items():
        yield f"claim.{name}", plain(claim.say)


def number(fact: ValueMeasured, lang: Lang) -> str:
    """The value with its unit and a sensible precision: "1.83×", "4.0 ms", "0.31 ms", "412"."""
    size, unit = abs(fact.value), words(lang)["unit"][fact.unit]
    if fact.unit in ("ms", "us"):
        digits = 0 if size >= 100 else 1 if size >= 1 else 2
    elif fact.unit == "percent":  # neither nothing nor everything may look like it
        digits = 1 if 0 < size < 1 or 99 < size < 100 else 0
    else:
        digits = {"s": 2, "x": 2, "cores": 2, "mib": 1}.get(fact.unit, 0)
    rounded = Decimal(fact.value).quantize(Decimal(1).scaleb(-digits), context=_AS_THE_SCRIPT)
    shown = f"{rounded:,f}".replace(",", "\u202f")
    glued = fact.unit in ("x", "percent") or not unit
    return f"{shown}{unit}" if glued else f"{shown}{NBSP}{unit}"
