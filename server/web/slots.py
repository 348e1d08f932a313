"""Fills the slots of a lesson's text for one page: values, claims, code, links, terms."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from html import escape

from ..events import ClaimHeld, ValueMeasured
from ..lesson import Lesson, catalog
from ..text import glossary, labels, prose
from ..text.labels import Lang
from . import listing
from .log_summary import LogSummary

ABSENT = "–"


@dataclass(slots=True)
class PageSlots:
    """One page's slots; it remembers which terms the text has used, so make a new one for every page."""

    lang: Lang
    slug: str
    lesson: Lesson
    front: prose.Front
    log: LogSummary
    step: str = ""  # the step whose text is being filled
    root: str = ""  # the path below which the world sees this server
    offline: bool = False  # a file without a server, which starts nothing and brings along what it links
    _used: set[str] = field(default_factory=set)

    def block(self, name: str, argument: str) -> str:
        """HTML of a slot on its own line; ``KeyError`` for a name the lesson does not have."""
        words = labels.words(self.lang)["lesson"]
        if name in ("more", "teach"):
            return escape(words[name])
        if name == "guess":
            return f'<p class="quiet">{escape(words["guess_first"])}</p>'
        if name == "preset":
            step = f"&amp;step={escape(self.step)}" if self.step else ""
            label = words["preset_link"].format(preset=self.front.presets[argument])
            address = f"?preset={escape(argument)}{step}"
            return f'<p><a class="pill" href="{address}" data-preset="{argument}">{escape(label)}</a></p>'
        if name == "run":
            button = f'<button class="go" type="submit" form="run-form">{escape(words["run"])}</button>'
            return "" if self.offline else f"<p>{button}</p>"
        if name == "lab":
            return (
                f'<p><a href="{escape(self._lab())}" download="lab.py">{escape(words["lab"])}</a> '
                f'<span class="quiet">{escape(words["lab_hint"])}</span></p>'
            )
        if name == "terms":
            return self.terms()
        return self.code(argument) if name == "code" else self.claim(argument)

    def _lab(self) -> str:
        """The address of the experiment; offline, the experiment itself."""
        if not self.offline:
            return f"{self.root}/{self.lang}/lessons/{self.slug}/lab.py"
        text = (catalog.lesson_folder(self.slug) / "lab.py").read_bytes()
        return f"data:text/x-python;base64,{b64encode(text).decode('ascii')}"

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
        text = labels.number(found, self.lang) if isinstance(found, ValueMeasured) else ABSENT
        return f'<output class="value" aria-live="off" data-value="{escape(name)}"{attribute}>{escape(text)}</output>'

    def count(self, claim: str) -> str:
        """How often a counted claim was so in the log on screen, of how many, for scripts to replace: "24 of 32"."""
        found = self.log.claims.get(claim)
        said = labels.words(self.lang)["labels"]["claims.count"]
        text = ABSENT if found is None or found.count is None else said.format(count=found.count, of=found.of)
        return f'<output class="value" aria-live="off" data-count-of="{escape(claim)}">{escape(text)}</output>'

    def term(self, key: str) -> str:
        """A term of the lesson, else of the glossary: at its first use it opens with what it means."""
        own, other, said = self._meaning(key)
        if key in self._used:
            return escape(own)
        self._used.add(key)
        name = "term-" + re.sub(r"[^a-z0-9]+", "-", key.lower())
        tag = "en" if self.lang == "zh" else "zh-Hans"
        return (
            f'<button type="button" class="term" popovertarget="{name}">{escape(own)}</button>'
            f'<span class="meaning" popover id="{name}"><b>{escape(own)}</b> <span lang="{tag}">{escape(other)}</span>'
            f"<span>{said}</span></span>"
        )

    def _meaning(self, key: str) -> tuple[str, str, str]:
        """The word, the other language's, and what it means as HTML."""
        term = next((each for each in self.front.terms if each.en == key), None)
        if term is None:
            entry = glossary.entries(self.lang)[key]
            return entry.word, entry.other, escape(entry.say)
        own, other = (term.zh, term.en) if self.lang == "zh" else (term.en, term.zh)
        return own, other, prose.line(term.say, self)

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

    def claim(self, name: str, *, hidden: bool = False) -> str:
        """A claim with its tick: ``data-held`` is yes, no or open. A counted one says its number, without a tick."""
        said, found, words = self.front.claims[name], self.log.claims.get(name), labels.words(self.lang)["labels"]
        away = " hidden" if hidden else ""
        if any(claim.name == name and claim.kind == "counted" for claim in self.lesson.claims):
            words_said = prose.line(said.say, self)
            return f'<p class="claim" data-claim="{escape(name)}" data-counted{away}><span>{words_said}</span></p>'
        held = "open" if found is None else "yes" if isinstance(found, ClaimHeld) else "no"
        word = words[{"yes": "claims.held", "no": "claims.broken"}.get(held, "claims.open")]
        return (
            f'<p class="claim" data-claim="{escape(name)}" data-held="{held}"{away}><span class="tick"></span>'
            f"<span>{prose.line(said.say, self)} <small>{escape(word)}</small></span></p>"
        )

    def claims(self, preset: str) -> str:
        """All claims, for the view to tick; those that the preset cannot show are hidden."""
        return "".join(
            self.claim(claim.name, hidden=bool(claim.presets) and preset not in claim.presets)
            for claim in self.lesson.claims
        )

    def listings(self) -> str:
        """All shown sources, for the code view to enhance."""
        words = labels.words(self.lang)["lesson"]
        return "".join(
            listing.listing(self.lesson, symbol).html(words["code"].format(symbol=symbol), f"{symbol}()")
            for symbol in self.lesson.shown
        )
