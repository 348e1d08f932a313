"""What texts and docstrings name exists: files, classes, functions. A renamed thing takes its mentions along."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["docs/design.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", "benchmarks/README.md", "static/js/README.md"]
SOURCES = sorted(path for path in (ROOT / "server").rglob("*.py") if "lessons" not in path.parts)
#: Names that are somebody else's: files of the kernel and of CPython, names that multiprocessing gives, placeholders.
OTHERS = {"perf_event", "ForkPoolWorker", "ForkProcess", "claim_name"}


def files(*patterns: str) -> list[Path]:
    skipped = {"node_modules", ".venv", "vendor", "__pycache__"}
    found = (path for pattern in patterns for path in ROOT.glob(pattern))
    return [path for path in found if not skipped.intersection(path.parts)]


@cache
def identifiers() -> frozenset[str]:
    """Every name of the code: tokens and short strings of Python, words of scripts and templates, files."""
    found: set[str] = set()
    for path in files("server/**/*.py", "tests/**/*.py", "benchmarks/**/*.py", "*.py"):
        found.add(path.stem)
        for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
            if token.type == tokenize.NAME:
                found.add(token.string)
            elif token.type == tokenize.STRING and '"""' not in token.string:
                found.update(re.findall(r"\w+", token.string))
    for path in files(
        "static/**/*.js", "static/**/*.css", "templates/**/*.html", "server/**/*.yaml", "*.toml", "Makefile"
    ):
        found.add(path.stem)
        found.update(re.findall(r"\w+", path.read_text("utf-8")))
    return frozenset(found)


def unknown(text: str) -> list[str]:
    """Names between backticks that look like ours (CamelCase, snake_case) and are nowhere in the code."""
    words = {word for code in re.findall(r"`+([^`\n]+)`+", text) for word in re.findall(r"[A-Za-z_]\w*", code)}
    ours = {word for word in words if "_" in word.strip("_") or re.fullmatch(r"[A-Z][a-z]+\w*", word)}
    called = set(re.findall(r"`(?:\w+\.)*([A-Za-z_]\w*)\(\)`", text)) | set(re.findall(r":meth:`(\w+)`", text))
    return sorted((ours | called) - identifiers() - OTHERS)


@cache
def programs() -> frozenset[str]:
    """All modules and scripts of the project, each by every end of its path: ``pointer.js``, ``plot/pointer.js``, …"""
    folders = ("server", "static/js", "tests", "benchmarks")
    found = files("*.py", *(f"{folder}/**/*.{kind}" for folder in folders for kind in ("py", "js")))
    parts = [path.relative_to(ROOT).parts for path in found]
    return frozenset("/".join(each[at:]) for each in parts for at in range(len(each)))


def missing_files(text: str) -> list[str]:
    """Modules and scripts that are named and not there; a folder that is named with one is one it lies in."""
    named = set(re.findall(r"(?<![\w./])((?:[\w-]+/)*[a-z_]\w*\.(?:py|js))\b(?!\()", text))
    there = {*programs(), "embed.js"}
    return sorted(name for name in named if name not in there)


def docstrings(path: Path) -> str:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)]
    return "\n".join(ast.get_docstring(node) or "" for node in nodes)


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_text_names_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert (unknown(text), missing_files(text)) == ([], [])


def test_what_docstrings_name_exists() -> None:
    found = {
        str(path.relative_to(ROOT)): unknown(docstrings(path)) + missing_files(docstrings(path)) for path in SOURCES
    }
    assert {name: names for name, names in found.items() if names} == {}


def test_a_name_that_is_gone_is_found() -> None:
    gone = "".join(["Gone", "Forever"])  # in one piece it would be a name of the code
    assert unknown(f"see `{gone}.at_all` and ``RunState``") == [gone]
    assert missing_files(f"`server/{gone.lower()}.py`, server/events.py") == [f"server/{gone.lower()}.py"]
    assert missing_files("`tests/events.py`, server/events.py") == ["tests/events.py"]
    assert unknown(f"``{gone.lower()}()``, `player.reduce()`") == [gone.lower()]
