"""How the Markdown of a lesson's text becomes HTML: CommonMark with slots, folded passages, conditional ones.

docs/design.md, "Lesson prose", is the format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

_BLOCK = re.compile(r"::(code|claim|guess|preset|run|lab|terms)(?:\{([^{}]*)\})? *")
INLINE = re.compile(r"::(value|count|term)\{([^{}]+)\}")
_CONDITION = re.compile(r"(when|unless) +([a-z][a-z0-9_]*)")
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2018-\u201d\u2026\u2014"
_SOFT = re.compile(f"(?<=[{_CJK}])[ \t]*\n(?=[{_CJK}])")


def joined(markdown: str) -> str:
    """The text without its line breaks between Chinese characters, where HTML would show a space."""
    return _SOFT.sub("", markdown)


@lru_cache(maxsize=1)
def tool() -> MarkdownIt:
    """What parses and renders a text; its environment holds ``slots``, which fills them (prose.Slots)."""
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
    found = INLINE.match(state.src, state.pos)
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
