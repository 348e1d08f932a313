"""What authors write pages and slides with: MkDocs, Sphinx, JupyterLab, reveal.js, Slidev; installed, built with the
recipes of docs/embedding.md, served. It tests nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from build_frontend import npm
from server.settings import Settings
from server.web import links
from tests.browser.harness import address, serving_folder
from tests.deploy.recipes import recipe

#: Addresses below a tool's own, by what each shows: the iframe as published, or the element.
Pages = Mapping[str, str]
LESSON = "states"  # of the recipes


class Missing(Exception):
    """A tool cannot be had here; says why."""


@dataclass(frozen=True)
class Tool:
    """What is installed of a tool (the first package names its version), and how pages are made with it."""

    packages: tuple[str, ...]
    from_npm: bool
    build: Callable[[Path, Path, str], AbstractContextManager[Pages]]  # (where it is installed, folder, the server)


def snippet(site: str, height: int = links.EMBED_HEIGHT) -> str:
    """The iframe as the Embed dialog and oEmbed give it, as high (CSS pixels) as is chosen there."""
    embed = links.embed(Settings(port=int(site.rpartition(":")[2])), "en", LESSON)
    return links.iframe(embed, "Timeslice: the states of a process", height=height)


def element(site: str) -> str:
    """The custom element with its script, in one line."""
    script = f'<script type="module" src="{site}/embed.js"></script>'
    return f'{script}<time-slice lesson="{LESSON}" lang="en"></time-slice>'


def installed(tool: Tool, folder: Path) -> str:
    """Installs a tool into ``folder`` unless it is there; its version. :class:`Missing` with the last words said."""
    done = folder / ".installed"
    if not done.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if tool.from_npm:
            _told([*npm(), "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"], tool)
        else:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            _told([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input"], tool)
        done.touch()
    return _version(tool, folder)


def _told(order: list[str], tool: Tool) -> None:
    done = subprocess.run([*order, *tool.packages], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing((done.stderr.strip().splitlines() or ["nothing was said"])[-1])


def _version(tool: Tool, folder: Path) -> str:
    name = tool.packages[0].rpartition("==")[0] or tool.packages[0]
    if tool.from_npm:
        name = tool.packages[0].rpartition("@")[0]
        return str(json.loads((folder / "node_modules" / name / "package.json").read_text())["version"])
    asked = [str(folder / "bin/python"), "-c", f"import importlib.metadata as m; print(m.version({name!r}))"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def _run(order: list[str], folder: Path) -> None:
    """Runs a tool in ``folder``, which is its home, too; RuntimeError with its words if it fails."""
    done = subprocess.run(order, cwd=folder, capture_output=True, text=True, check=False, env=_home(folder))
    if done.returncode:
        raise RuntimeError(f"{' '.join(order[:3])}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _home(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "NO_MKDOCS_2_WARNING": "1"}


@contextlib.contextmanager
def _mkdocs(tools: Path, folder: Path, site: str) -> Iterator[Pages]:
    config, markdown = recipe("MkDocs", site)
    (folder / "mkdocs.yml").write_text(f"site_name: Course\ntheme:\n  name: material\n  font: false\n{config}")
    (folder / "docs").mkdir()
    for name, body in {"index": "Course", "snippet": snippet(site), "element": markdown}.items():
        (folder / f"docs/{name}.md").write_text(f"# {name}\n\nText.\n\n{body}\n\nText.\n")
    _run([str(tools / "bin/mkdocs"), "build", "--quiet"], folder)
    with serving_folder(folder / "site") as top:
        yield {name: f"{top}/{name}/" for name in ("snippet", "element")}


@contextlib.contextmanager
def _sphinx(tools: Path, folder: Path, site: str) -> Iterator[Pages]:
    config, directive = recipe("Sphinx", site)
    (folder / "conf.py").write_text(f'project = "Course"\nhtml_theme = "furo"\n{config}')
    raw = f".. raw:: html\n\n   {snippet(site)}"
    for name, body in {"index": "Course", "snippet": raw, "element": directive}.items():
        (folder / f"{name}.rst").write_text(f"{name}\n{'=' * len(name)}\n\nText.\n\n{body}\n")
    _run([str(tools / "bin/sphinx-build"), "-q", ".", "built"], folder)
    with serving_folder(folder / "built") as top:
        yield {name: f"{top}/{name}.html" for name in ("snippet", "element")}


@contextlib.contextmanager
def _jupyter(tools: Path, folder: Path, site: str) -> Iterator[Pages]:
    """Notebooks that were executed and are trusted, as they are for whoever executed them."""
    frame, html = recipe("Jupyter", site)
    published = f"from IPython.display import HTML\n\nHTML({snippet(site)!r})"
    cells = {"snippet": published, "frame": frame, "element": html}
    for name, source in cells.items():
        cell = {"cell_type": "code", "id": "one", "source": source, "metadata": {}, "outputs": []}
        notebook = {"cells": [{**cell, "execution_count": None}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (folder / f"{name}.ipynb").write_text(json.dumps(notebook))
        _run([str(tools / "bin/jupyter"), "execute", "--inplace", f"{name}.ipynb"], folder)
        _run([str(tools / "bin/jupyter"), "trust", f"{name}.ipynb"], folder)
    order = [str(tools / "bin/jupyter"), "lab", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    child = subprocess.Popen(
        [*order, "--ServerApp.port=0", "--LabApp.news_url="], cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**_home(folder), "PATH": f"{tools / 'bin'}:{os.environ['PATH']}"},
    )  # fmt: skip
    try:
        port = address(child).rpartition(":")[2]
        threading.Thread(target=child.communicate).start()
        # reset: else the notebooks that were open before are opened, too, as tabs that nobody sees
        yield {name: f"http://localhost:{port}/lab/tree/{name}.ipynb?reset" for name in cells}
    finally:
        child.terminate()
        child.wait()


@contextlib.contextmanager
def _reveal(tools: Path, folder: Path, site: str) -> Iterator[Pages]:
    frame, keys = recipe("reveal.js", site)
    shutil.copytree(tools / "node_modules/reveal.js/dist", folder / "dist")
    slides = {"recipe": frame, "snippet": snippet(site), "element": element(site)}
    for name, slide in slides.items():  # a deck each: a frame of a slide that is not shown draws nothing
        (folder / f"{name}.html").write_text(
            '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="dist/reveal.css">'
            f'<div class="reveal"><div class="slides"><section>Course</section><section>{slide}</section></div></div>'
            '<script type="module">import Reveal from "./dist/reveal.mjs";\n'
            f"globalThis.deck = new Reveal({{ hash: true }}); deck.initialize();</script>{keys}"
        )
    with serving_folder(folder) as top:
        yield {name: f"{top}/{name}.html#/1" for name in slides}


@contextlib.contextmanager
def _slidev(tools: Path, folder: Path, site: str) -> Iterator[Pages]:
    index, slide = recipe("Slidev", site)
    height = re.search(r"height: (\d+)px", slide)  # more is below the slide, or under the deck's own buttons
    assert height is not None
    (folder / "index.html").write_text(index)
    head = "---\ntheme: default\nrouterMode: hash\nfonts:\n  provider: none\n---\n\n# Course"
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    (folder / "node_modules").symlink_to(tools / "node_modules")
    slides = {"snippet": snippet(site, int(height[1])), "element": slide}
    for name, each in slides.items():
        (folder / f"{name}.md").write_text(f"{head}\n\n---\n\n{each}")
        order = [str(tools / "node_modules/.bin/slidev"), "build", f"{name}.md", "--base", "./"]
        _run([*order, "--out", f"dist/{name}"], folder)
    with serving_folder(folder / "dist") as top:
        yield {name: f"{top}/{name}/#/2" for name in slides}


TOOLS = {
    "mkdocs": Tool(("mkdocs-material",), False, _mkdocs),
    "sphinx": Tool(("furo", "sphinx"), False, _sphinx),
    "jupyter": Tool(("jupyterlab", "ipykernel"), False, _jupyter),
    "reveal": Tool(("reveal.js@6",), True, _reveal),
    "slidev": Tool(("@slidev/cli@53", "@slidev/theme-default"), True, _slidev),
}
