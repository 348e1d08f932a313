"""What the recorder says of a machine, in Chinese: every sentence that it can say is there, with its values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from server import recorder
from server.text import recorder_words

RECORDER = Path(recorder.__file__).parent
TOLD = {"SelfTestFailed", "RecorderUnavailable", "ResourcesExhausted"}


def written(node: ast.AST) -> str | None:
    """A literal, with {} for every value of an f-string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join("{}" if isinstance(part, ast.FormattedValue) else str(written(part)) for part in node.values)
    return None


def literals(node: ast.AST | None) -> Iterator[str]:
    """Whole ones only: not the pieces that an f-string is made of."""
    said = written(node) if node is not None else None
    if said is not None:
        yield said
    elif node is not None:
        for child in ast.iter_child_nodes(node):
            yield from literals(child)


def spoken() -> set[str]:
    """Of each part of a reason: what is raised in the recorder, and what the self-test answers."""
    found: set[str] = set()
    for path in RECORDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TOLD:
                found.update(each for argument in node.args for each in literals(argument))
            answers = isinstance(node, ast.Return) or (isinstance(node, ast.Assign) and path.name != "records.py")
            if answers and path.name in ("self_test.py", "tracefs.py"):
                found.update(literals(node.value))  # type: ignore[attr-defined]
    parts = {part for each in found for part in each.split("; ")}
    return {each for each in parts if " " in each and not each.startswith("{}")}


def test_every_sentence_of_the_recorder_is_there_in_chinese() -> None:
    said = spoken()
    assert len(said) > 15
    assert said - set(recorder_words.sentences("zh")) == set()


def test_a_translation_keeps_every_value() -> None:
    for english, chinese in recorder_words.sentences("zh").items():
        values = [f"<{number}>" for number in range(english.count("{}"))]
        told = recorder_words.sentence(english.format(*values), "zh")
        assert told == chinese.format(*values)
        assert all(each in told for each in values)


def test_parts_and_their_tiers_are_told_apart() -> None:
    said = "exact+wake: tracefs is not mounted; records equal the kernel's own counters"
    assert recorder_words.sentence(said, "zh") == "exact+wake：没有挂载tracefs；记录与内核自己的计数相等"
    assert recorder_words.sentence(said, "en") == said
    assert recorder_words.sentence("something new", "zh") == "something new"
