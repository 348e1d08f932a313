"""Fills the slots of a lesson's text for one page: values, claims, code, links, terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

from ..events import ClaimHeld, ValueMeasured
from ..lesson import Lesson
from ..text import glossary, labels, prose
from ..text.labels import Lang
from . import listing
from .log_summary import LogSummary

_ABSENT = "–"


@dataclass(slots=True)
class PageSlots:
    """One page's slots; it remembers which terms the text has used, so make a new one for every page."""

    lang: Lang
    slug: str
    lesson: Lesson
    front: prose.Front
    log: LogSummary
    _used: set[str] = field(default_factory=set)

    def block(self, name: str, argument: str) -> str:
        """HTML of a slot on its own line; ``KeyError`` for a name the lesson does not have."""
        words = labels.words(self.lang)["lesson"]
        if name in ("more", "teach"):
            return escape(words[name])
        if name == "guess":
            return f'<p class="quiet">{escape(words["guess_first"])}</p>'
        if name == "preset":
            label = words["preset_link"].format(preset=self.front.presets[argument])
            return (
                f'<p><a class="pill" href="?preset={escape(argument)}" data-preset="{argument}">{escape(label)}</a></p>'
            )
        if name == "run":
            return f'<p><button class="go" type="submit" form="run-form">{escape(words["run"])}</button></p>'
        if name == "lab":
            return (
                f'<p><a href="/{self.lang}/lessons/{self.slug}/lab.py" download>{escape(words["lab"])}</a> '
                f'<span class="quiet">{escape(words["lab_hint"])}</span></p>'
            )
        if name == "terms":
            return self.terms()
        return self.code(argument) if name == "code" else self.claim(argument)

    def inline(self, name: str, argument: str) -> str:
        """HTML of a slot within a sentence."""
        return {"value": self.value, "count": self.count, "term": self.term}[name](argument)

    def holds(self, claim: str) -> bool:
        """Whether the log on screen holds the claim; scripts show and hide what depends on it from then on."""
        return isinstance(self.log.claims.get(claim), ClaimHeld)

    def value(self, key: str) -> str:
        """A number of the run on screen, for scripts to replace; "–" where it is not known."""
        name, _, trial = key.partition("@")
        attribute = f' data-trial="{escape(trial)}"' if trial else ""
        found = self.log.values.get(key)
        text = labels.number(found, self.lang) if isinstance(found, ValueMeasured) else _ABSENT
        return f'<output class="value" aria-live="off" data-value="{escape(name)}"{attribute}>{escape(text)}</output>'

    def count(self, claim: str) -> str:
        """How often a counted claim was so in the log on screen, of how many, for scripts to replace: "24 of 32"."""
        found = self.log.claims.get(claim)
        said = labels.words(self.lang)["labels"]["claims.count"]
        text = _ABSENT if found is None or found.count is None else said.format(count=found.count, of=found.of)
        return f'<output class="value" aria-live="off" data-count-of="{escape(claim)}">{escape(text)}</output>'

    def term(self, en: str) -> str:
        """A term of the field, with the other language's word at its first use."""
        term = next((each for each in self.front.terms if each.en == en), None)
        if term is None:
            entry = glossary.entries(self.lang)[en]
            own, other, tag = entry.word, entry.other, "en" if self.lang == "zh" else "zh-Hans"
        else:
            own, other, tag = (term.zh, term.en, "en") if self.lang == "zh" else (term.en, term.zh, "zh-Hans")
        if en in self._used:
            return escape(own)
        self._used.add(en)
        left, right = ("（", "）") if self.lang == "zh" else (" (", ")")
        return f'<strong class="term">{escape(own)}</strong>{left}<span lang="{tag}">{escape(other)}</span>{right}'

    def terms(self) -> str:
        """All terms of the lesson with their definitions."""
        rows = []
        for each in self.front.terms:
            own, other, tag = (each.zh, each.en, "en") if self.lang == "zh" else (each.en, each.zh, "zh-Hans")
            said = prose.line(each.say, self)
            rows.append(f'<div><dt>{escape(own)} <span lang="{tag}">{escape(other)}</span></dt><dd>{said}</dd></div>')
        return f'<dl class="terms">{"".join(rows)}</dl>'

    def code(self, symbol: str) -> str:
        """The source of a symbol, as it ran."""
        words = labels.words(self.lang)["lesson"]
        label = words["code"].format(symbol=symbol)
        return listing.listing(self.lesson, symbol).html(label, label, "text-")

    def claim(self, name: str) -> str:
        """A claim with its tick: ``data-held`` is yes, no or open. A counted one says its number, without a tick."""
        said, found, words = self.front.claims[name], self.log.claims.get(name), labels.words(self.lang)["labels"]
        if any(claim.name == name and claim.kind == "counted" for claim in self.lesson.claims):
            words_said = prose.line(said.say, self)
            return f'<p class="claim" data-claim="{escape(name)}" data-counted><span>{words_said}</span></p>'
        held = "open" if found is None else "yes" if isinstance(found, ClaimHeld) else "no"
        states = "".join(
            f'<span class="when-{key}">{escape(words[f"claims.{label}"])}</span>'
            for key, label in (("yes", "held"), ("no", "broken"), ("open", "open"))
        )
        return (
            f'<p class="claim" data-claim="{escape(name)}" data-held="{held}"><span class="tick"></span>'
            f"<span>{prose.line(said.say, self)} <small>{states}</small></span></p>"
        )

    def claims(self, preset: str) -> str:
        """The claims that a preset can show, for the view to tick."""
        names = (claim.name for claim in self.lesson.claims if not claim.presets or preset in claim.presets)
        return "".join(self.claim(name) for name in names)

    def listings(self) -> str:
        """All shown sources, for the code view to enhance."""
        words = labels.words(self.lang)["lesson"]
        return "".join(
            listing.listing(self.lesson, symbol).html(words["code"].format(symbol=symbol), f"{symbol}()")
            for symbol in self.lesson.shown
        )
