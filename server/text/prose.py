"""The text of a lesson: Markdown with front matter, steps and slots into HTML; it knows no run and no request.

docs/design.md, "Lesson prose", is the format. Slots are filled by whoever renders (:class:`Slots`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Protocol

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from . import yaml_text
from .story import Story, StoryError
from .story import read as read_story

_STEP = re.compile(r"^## +(.+?) +\{#([a-z][a-z0-9-]*)\} *$", re.M)
_BLOCK = re.compile(r"::(code|claim|guess|preset|run|lab|terms)(?:\{([^{}]*)\})? *")
_INLINE = re.compile(r"::(value|count|term)\{([^{}]+)\}")
_CONDITION = re.compile(r"(when|unless) +([a-z][a-z0-9_]*)")
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2018-\u201d\u2026\u2014"
_SOFT = re.compile(f"(?<=[{_CJK}])[ \t]*\n(?=[{_CJK}])")


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
    story: Story | None = None


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
    except (TypeError, StoryError) as error:
        raise Malformed(f"its front matter: {error}") from error


def _worded(value: Any) -> Any:
    """Mappings with text for keys and values: YAML reads ``1`` and ``no`` as something else."""
    if isinstance(value, dict):
        return {str(key): _worded(each) for key, each in value.items()}
    return value if isinstance(value, (str, tuple, Statement, Story)) else str(value)


def render(markdown: str, slots: Slots) -> str:
    """A step's body as HTML. Its first paragraph has the class ``say``."""
    return "".join(render_folded(markdown, slots))


def render_folded(markdown: str, slots: Slots) -> tuple[str, ...]:
    """The same in three parts: up to what the passage ``::: more`` holds, that ("" if there is none), and the rest."""
    tool, env = _markdown(), {"slots": slots}
    tokens = tool.parse(_SOFT.sub("", markdown), env)
    ends = [at for at, token in enumerate(tokens) if token.type in ("container_more_open", "container_more_close")]
    start, end = (ends[0] + 1, ends[1]) if ends else (len(tokens), len(tokens))
    parts = (tokens[:start], tokens[start:end], tokens[end:])
    return tuple(str(tool.renderer.render(part, tool.options, env)) for part in parts)


def line(markdown: str, slots: Slots) -> str:
    """A sentence of the front matter as HTML without a paragraph around it."""
    return str(_markdown().renderInline(_SOFT.sub("", markdown), {"slots": slots}))


def plain(markdown: str) -> str:
    """A sentence of the front matter without its marks, for text that takes none; what a run fills in is "…"."""
    return re.sub(r"\*\*|`", "", _INLINE.sub("…", markdown))


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    made.block.ruler.before("paragraph", "slot", _block_rule, {"alt": ["paragraph", "list", "blockquote"]})
    made.inline.ruler.before("emphasis", "slot", _inline_rule)
    made.inline.ruler.before("emphasis", "strong", _strong_rule)
    made.core.ruler.push("say", lambda state: _mark_say(state.tokens))
    for name in ("more", "teach"):
        container_plugin(made, name, render=_folded)
    for name in ("when", "unless"):
        container_plugin(made, name, validate=_names_a_claim, render=_conditional)
    made.add_render_rule("slot", _slot)
    made.add_render_rule("inline_slot", _slot)
    return made


def _block_rule(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    source = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    found = _BLOCK.fullmatch(source)
    if found is None:
        return False
    if not silent:
        token = state.push("slot", "", 0)
        token.meta = {"name": found[1], "argument": found[2] or ""}
        token.map = [start, start + 1]
        state.line = start + 1
    return True


def _inline_rule(state: StateInline, silent: bool) -> bool:
    found = _INLINE.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("inline_slot", "", 0).meta = {"name": found[1], "argument": found[2]}
    state.pos = found.end()
    return True


def _strong_rule(state: StateInline, silent: bool) -> bool:
    """``**…**`` whatever stands beside it: CommonMark's flanking rules fail between Chinese punctuation and words."""
    start = state.pos
    if not state.src.startswith("**", start):
        return False
    end = state.src.find("**", start + 2, state.posMax)
    if end <= start + 2:
        return False
    if not silent:
        last = state.posMax
        state.push("strong_open", "strong", 1)
        state.pos, state.posMax = start + 2, end
        state.md.inline.tokenize(state)
        state.posMax = last
        state.push("strong_close", "strong", -1)
    state.pos = end + 2
    return True


def _mark_say(tokens: Sequence[Token]) -> None:
    first = next((token for token in tokens if token.type == "paragraph_open" and token.level == 0), None)
    if first is not None:
        first.attrSet("class", "say")


def _slot(_self: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Mapping[str, Any]) -> str:
    token, slots = tokens[index], env["slots"]
    fill = slots.block if token.type == "slot" else slots.inline
    return str(fill(token.meta["name"], token.meta["argument"]))


def _names_a_claim(params: str, *_: Any) -> bool:
    return _CONDITION.fullmatch(params.strip()) is not None


def _conditional(
    _self: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Mapping[str, Any]
) -> str:
    """``::: when CLAIM`` and ``::: unless CLAIM``: a passage for a run that has shown the claim, or has not."""
    token = tokens[index]
    if token.nesting == -1:
        return "</div>\n"
    condition, claim = token.info.split()
    hidden = "" if env["slots"].holds(claim) == (condition == "when") else " hidden"
    return f'<div data-{condition}="{escape(claim)}"{hidden}>'


def _folded(_self: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, env: Mapping[str, Any]) -> str:
    token = tokens[index]
    if token.nesting == -1:
        return "</div></details>\n"
    name = token.type.removeprefix("container_").removesuffix("_open")
    summary = env["slots"].block(name, "")
    return f'<details class="{escape(name)}"><summary>{summary}</summary><div>'
