"""The rules of this code base that a machine can check: budgets, lock files, words, what the Dockerfile copies."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.split("\n")
PYTHON = [ROOT / name for name in TRACKED if name.endswith(".py") and (ROOT / name).is_file()]
MODULES = [path for path in PYTHON if path.is_relative_to(ROOT / "server")]
SCRIPTS = [ROOT / name for name in TRACKED if re.fullmatch(r"static/js/.*\.js", name) and (ROOT / name).is_file()]
JS = ROOT / "static/js"
#: Package of static/js → the packages it may import; main.js, the page's entry, wires them all.
MAY_IMPORT = {"plot": {"engine"}, "page": {"engine", "plot"}, "views": {"engine", "plot"}}
MAY_IMPORT |= {"present": {"plot"}}
MAY_IMPORT |= {"story": {"engine", "plot", "page"}, "steps.js": {"story"}}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_a_python_module_has_at_most_300_lines_and_opens_with_a_sentence(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 300 or name(path) == "server/events.py"
    opening = ast.get_docstring(ast.parse(text))
    assert opening or not text.strip(), "say in one sentence what this module is and is not"
    assert not text.strip() or re.search(r"[.:]", opening or "")


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_function_has_at_most_40_lines_and_nests_at_most_3_deep(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 40, f"{node.name} is too long"
            assert depth(node) <= 3, f"{node.name} is nested too deeply"


def depth(node: ast.AST) -> int:
    """How deeply blocks nest below the node; elif does not count as deeper."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        block = isinstance(
            child, ast.For | ast.AsyncFor | ast.While | ast.If | ast.With | ast.AsyncWith | ast.Try | ast.Match
        )
        is_elif = isinstance(child, ast.If) and isinstance(node, ast.If) and child in node.orelse
        deepest = max(deepest, depth(child) + (1 if block and not is_elif else 0))
    return deepest


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_javascript_module_has_at_most_200_lines_and_writes_no_markup(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= 200
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert text.lstrip().startswith(("/**", "//")), "say in one sentence what this module is and is not"


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_javascript_holds_no_natural_language(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/|^\s*//.*$|\s//.*$", "", path.read_text(), flags=re.S | re.M)
    assert not re.search(r"[\u4e00-\u9fff]", code)
    for words in re.findall(r"[\"'`]([A-Z][a-z]+ [a-z]+ [a-z ]+)[\"'`]", code):
        pytest.fail(f"words for a reader belong into server/text: {words!r}")


def test_the_packages_of_the_javascript_import_downwards_and_only_what_needs_a_server_imports_the_stream() -> None:
    for path in SCRIPTS:
        imports = set(re.findall(r"from\s+[\"']([^\"']+)[\"']", path.read_text()))
        vendored = {each for each in imports if "/vendor/" in each}
        assert not vendored or path == JS / "page/live.js", "htmx comes with what needs a server, and with nothing else"
        imports -= vendored
        reached = {(path.parent / each).resolve().relative_to(JS) for each in imports}
        package = path.relative_to(JS).parts[0]
        allowed = MAY_IMPORT.get(package, set()) | {package}
        assert package == "main.js" or {each.parts[0] for each in reached} <= allowed, name(path)
        assert package != "engine" or "document" not in path.read_text(), name(path)
        if Path("engine/stream.js") in reached:
            assert path.name in ("main.js", "live.js"), name(path)


def test_lock_files_name_no_host_and_every_python_pin_has_a_hash() -> None:
    for lock in ROOT.glob("*.lock"):
        text = lock.read_text()
        assert "://" not in text
        pins = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in pin for pin in pins)
    text = (ROOT / "package-lock.json").read_text()
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for key, package in packages.items() if key)


def test_the_front_end_packages_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    assert package["dependencies"] == {"htmx.org": "4.0.1"}
    assert all(re.fullmatch(r"[\d.]+", version) for version in package["devDependencies"].values())


def test_nothing_from_a_third_party_is_in_git() -> None:
    assert not [name for name in TRACKED if re.search(r"\.min\.(js|css)$|\.woff2?$|node_modules/|static/vendor/", name)]


def test_no_file_has_a_vague_name() -> None:
    vague = {"utils", "helpers", "common", "core", "manager", "service"}
    assert not [path for path in PYTHON + SCRIPTS if path.stem in vague]


def test_templates_hold_no_style_no_script_body_and_no_prose() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        if path.name == "replay.html":  # the file without a server: what it holds are the files under static/
            text = re.sub(r"<(style|script)[^>]*>\{\{ \w+ \}\}</\1>", "", text)
        assert "<style" not in text, name(path)
        assert " style=" not in text, name(path)
        assert not re.search(r"<script(?![^>]*(src=|application/json))[^>]*>", text), name(path)
        assert not re.search(r"[\u4e00-\u9fff]", text.replace("中文", "")), name(path)


def test_only_tokens_css_holds_literal_colours() -> None:
    for path in (ROOT / "static/css").rglob("*.css"):
        if path.name != "tokens.css":
            css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            assert not re.search(r":[^;{]*(#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\()", css), name(path)


def test_the_two_readmes_have_the_same_shape() -> None:
    def shape(path: Path) -> list[int]:
        text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
        return [len(level) for level in re.findall(r"^(#+) ", text, re.MULTILINE)]

    assert shape(ROOT / "README.md") == shape(ROOT / "README.zh.md")


def test_every_path_the_dockerfile_copies_exists_and_it_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in [word for word in line.split() if not word.startswith("--")][:-1]:
            assert list(ROOT.glob(source)), f"the Dockerfile copies {source}, which does not exist"
    assert re.search(r"^USER (?!root|0)", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert re.search(r"^FROM \S+:\S+", text, re.MULTILINE)
