"""The text of a lesson: Markdown with front matter, steps and slots into HTML; it knows no run and no request.

docs/design.md, "Lesson prose", is the format. Slots are filled by whoever renders (:class:`Slots`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from . import markdown_rules, yaml_text
from .quiz_front_matter import QuizFormatError, QuizFrontMatter
from .quiz_front_matter import read as read_story

_STEP = re.compile(r"^## +(.+?) +\{#([a-z][a-z0-9-]*)\} *$", re.M)


class Malformed(ValueError):
    """A lesson's text does not keep to the format; the message names file and place."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim in words: what it says, why it holds, what to say if this run did not show it."""

    say: str
    why: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the large numbers under the picture: a ``value.measured`` (``name`` or ``name@trial``) and its words."""

    value: str
    say: str

    @property
    def name(self) -> str:
        return self.value.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the field in both languages, with its definition in the language of the page."""

    zh: str
    en: str
    say: str = ""


@dataclass(frozen=True, slots=True)
class Front:
    """The front matter: every word of a lesson that is not in its steps."""

    title: str
    question: str
    summary: str
    instant: str = ""  # what happens at the instant where the home page's picture ends, in a word
    answers: Mapping[str, str] = field(default_factory=dict)
    guess: Mapping[str, str] = field(default_factory=dict)
    presets: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    actions: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)  # of an action that carries text: an example of it
    claims: Mapping[str, Statement] = field(default_factory=dict)
    trials: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    figures: Sequence[Figure] = ()
    repeats: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)
    terms: Sequence[Term] = ()
    story: QuizFrontMatter | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the text: an id, a title, and Markdown that is not yet rendered."""

    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Prose:
    """A lesson in one language."""

    front: Front
    steps: tuple[Step, ...]


class Slots(Protocol):
    """Fills the slots of a text; both answers are HTML."""

    def block(self, name: str, argument: str) -> str:
        """A slot on its own line: code, claim, guess, preset, run, lab, terms."""

    def inline(self, name: str, argument: str) -> str:
        """A slot within a sentence: value, count, term."""

    def holds(self, claim: str) -> bool:
        """Whether the run on screen has shown the claim: ``::: when`` is then seen, ``::: unless`` is not."""


def read(path: Path) -> Prose:
    """The text of a file, read anew only when the file has changed; raises :class:`Malformed` or ``OSError``."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _changed_ns: int) -> Prose:
    try:
        return parse(path.read_text("utf-8"))
    except (Malformed, yaml_text.YAMLError) as error:
        raise Malformed(f"{path.name} of {path.parent.name}: {error}") from error


def parse(text: str) -> Prose:
    """Front matter and steps of a text; raises :class:`Malformed`."""
    head = re.match(r"---\n(.*?)\n---\n", text, re.S)
    if head is None:
        raise Malformed("it does not begin with front matter between two lines of ---")
    rest = text[head.end() :]
    found = list(_STEP.finditer(rest))
    if rest[: found[0].start() if found else None].strip():
        raise Malformed("text stands before the first step, a line such as '## Title {#id}'")
    ends = [*(each.start() for each in found[1:]), len(rest)][: len(found)]
    steps = tuple(Step(each[2], each[1], rest[each.end() : end].strip()) for each, end in zip(found, ends, strict=True))
    if len({step.id for step in steps}) != len(steps):
        raise Malformed("two steps have the same id")
    return Prose(_front(yaml_text.load(head[1])), steps)


def _front(data: Any) -> Front:
    if not isinstance(data, dict):
        raise Malformed("its front matter is no mapping")
    names = {each.name for each in fields(Front)}
    strange = sorted(set(data) - names)
    if strange:
        raise Malformed(f"its front matter has the unknown key {strange[0]!r}")
    lists = {"figures": Figure, "terms": Term}
    try:
        for name, made in lists.items():
            data[name] = tuple(made(**each) for each in data.get(name) or ())
        if "story" in data:
            data["story"] = read_story(data["story"])
        data["claims"] = {key: Statement(**each) for key, each in (data.get("claims") or {}).items()}
        return Front(**{key: _worded(value) for key, value in data.items() if value is not None})
    except (TypeError, QuizFormatError) as error:
        raise Malformed(f"its front matter: {error}") from error


def _worded(value: Any) -> Any:
    """Mappings with text for keys and values: YAML reads ``1`` and ``no`` as something else."""
    if isinstance(value, dict):
        return {str(key): _worded(each) for key, each in value.items()}
    return value if isinstance(value, (str, tuple, Statement, QuizFrontMatter)) else str(value)


def render(markdown: str, slots: Slots) -> str:
    """A step's body as HTML. Its first paragraph has the class ``say``."""
    return "".join(render_disclosure(markdown, slots))


def render_disclosure(markdown: str, slots: Slots) -> tuple[str, ...]:
    """The same in three parts: up to what the passage ``::: more`` holds, that ("" if there is none), and the rest."""
    tool, env = markdown_rules.tool(), {"slots": slots}
    tokens = tool.parse(markdown_rules.joined(markdown), env)
    ends = [at for at, token in enumerate(tokens) if token.type in ("container_more_open", "container_more_close")]
    start, end = (ends[0] + 1, ends[1]) if ends else (len(tokens), len(tokens))
    parts = (tokens[:start], tokens[start:end], tokens[end:])
    return tuple(str(tool.renderer.render(part, tool.options, env)) for part in parts)


def render_say(markdown: str, slots: Slots) -> str:
    """The step's first paragraph alone, which says what its picture shows; "" if it has none."""
    tool, env = markdown_rules.tool(), {"slots": slots}
    tokens = tool.parse(markdown_rules.joined(markdown), env)
    start = next((at for at, token in enumerate(tokens) if token.attrGet("class") == "say"), None)
    if start is None:
        return ""
    return str(tool.renderer.render(tokens[start : start + 3], tool.options, env))


def line(markdown: str, slots: Slots) -> str:
    """A sentence of the front matter as HTML without a paragraph around it."""
    return str(markdown_rules.tool().renderInline(markdown_rules.joined(markdown), {"slots": slots}))


def plain(markdown: str) -> str:
    """A sentence of the front matter without its marks, for text that takes none; what a run fills in is "…"."""
    return re.sub(r"\*\*|`", "", markdown_rules.INLINE.sub("…", markdown))
