"""Which scripts and sheets a lesson's page needs: its bundle if one was built of just these sources, or the modules.

It runs none of them, and needs the standard library only: ``build_frontend.py`` calls it before anything is installed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from ..settings import STATIC

#: What every page links, in the order of their layers (app.css orders them); a view may have a sheet of its own name.
SHEETS = ("app", "tokens", "base", "page", "prose", "still", "player", "views", "story")
_SAID = re.compile(r"""["'`](\w+(?:\.[\w+-]*)+)(?:["'`]|(\$\{))""")
_WORD = re.compile(r"""\blabelOf\(\s*[\w.#]+,\s*[\w.#]+,\s*["']([\w.]+)["']""")
_IMPORT = re.compile(r"""^(?:import|export)\b[^"'();]*["'](\.[^"']+\.js)["'];?""", re.M)
_DYNAMIC = re.compile(r"""\bimport\(["'](\.[^"'$]+\.js)["']\)""")
#: Views whose panel stands folded: their scripts and labels are fetched once a reader opens it.
FOLDED = ("transcript",)
#: What only a server can answer: fetched when a run is wanted, and no part of a file that plays without one.
LIVE = "page/live.js"


class Bundle(NamedTuple):
    """Paths below static/ of a lesson's script, of the chunks it imports at once, and of its sheets."""

    script: str
    sheet: str
    chunks: tuple[str, ...] = ()
    framed_sheet: str = ""  # the sheet of its embed
    opened_sheet: str = "css/opened.css"  # what closed parts and views that are shown later look like


def at_once(lesson: Any) -> list[str]:
    """The views of a lesson that come with its page: the first scene's; the others come when they are shown."""
    first = lesson.scenes[0].views if lesson.scenes else ()
    return [view for view in lesson.views if view in (first or lesson.views) and view not in FOLDED]


def needed(views: Sequence[str], root: Path = STATIC, *, later: bool = False) -> list[str]:
    """Addresses of what main.js and the views import, without a stamp, because that is how modules name each other.

    ``later``: also what is imported only when a reader asks for it, except what needs a server (:data:`LIVE`).
    """
    found: dict[Path, None] = {}
    waiting = [root / "js/main.js", root / "js/steps.js", *(root / f"js/views/{view}/view.js" for view in views)]
    while waiting:
        path = waiting.pop(0)
        if path in found or not path.is_file() or path == root / "js" / LIVE:
            continue
        found[path] = None
        at_once, asked = _imports(path, path.stat().st_mtime_ns)
        waiting += [*at_once, *asked] if later else at_once
    return [f"/static/{path.relative_to(root)}" for path in found if path.name not in ("main.js", "steps.js")]


def words(views: Sequence[str], root: Path = STATIC) -> tuple[str, ...]:
    """Beginnings of the labels that main.js and these views say at once: whole ones, or up to where a name is put in.

    What is left over is said by what is fetched later, and comes with it (page.js, ``loadRemainingLabels``).
    """
    paths = [root / "js/main.js", *(root / address.removeprefix("/static/") for address in needed(views, root))]
    return tuple(frozenset().union(*(_words(path, path.stat().st_mtime_ns) for path in paths)))


@lru_cache(maxsize=256)
def _words(path: Path, _changed_ns: int) -> frozenset[str]:
    text = path.read_text("utf-8")
    return frozenset(said for said, _ in _SAID.findall(text)) | frozenset(f"{name}." for name in _WORD.findall(text))


@lru_cache(maxsize=256)
def _imports(path: Path, _changed_ns: int) -> tuple[list[Path], list[Path]]:
    """What a module imports at once, and what when it is asked to."""
    text = path.read_text("utf-8")
    at_once, asked = ([(path.parent / name).resolve() for name in rule.findall(text)] for rule in (_IMPORT, _DYNAMIC))
    return at_once, asked


def sheets(views: Sequence[str], root: Path = STATIC) -> list[str]:
    """Names of the style sheets a lesson with these views links, in their order."""
    own = [view for view in views if view not in SHEETS and (root / f"css/views/{view}.css").is_file()]
    return [*(f"{name}.css" for name in SHEETS), *(f"views/{name}.css" for name in own)]


def bundle(slug: str, views: Sequence[str], root: Path = STATIC) -> Bundle | None:
    """The lesson's bundle, or None if there is none, or if a source or the lesson's views have changed since."""
    made = _packed(root)
    if made is None or made["lessons"].get(slug) != list(views):
        return None
    chunks = tuple(f"vendor/app/{name}" for name in made["chunks"][slug])
    script, *sheets = (f"vendor/app/{slug}{name}" for name in (".js", ".css", ".embed.css", ".opened.css"))
    return Bundle(script, sheets[0], chunks, sheets[1], sheets[2])


def presenting(root: Path = STATIC) -> Bundle:
    """What presenting loads when it is asked for, packed if it was built of just these sources, as it stands if not."""
    if _packed(root):
        return Bundle("vendor/app/present.js", "vendor/app/present.css")
    return Bundle("js/present/present.js", "css/present.css")


def _packed(root: Path) -> dict[str, Any] | None:
    """What was packed: the views and the first chunks of each lesson; None if a source has changed since."""
    try:
        made: dict[str, Any] = json.loads((root / "vendor/app/made.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return made if made["sources"] == digest(root) else None


def digest(root: Path = STATIC) -> str:
    """Changes whenever a script or a sheet does; what is read anew is told by time and size."""
    return _digest(root, tuple(_states(root)))


def _states(root: Path) -> Iterator[tuple[str, int, int]]:
    """Texts instead of paths: every page asks for it, three times, and a Path costs ten times what stat(2) does."""
    for top in ("js", "css"):
        for folder, _, names in os.walk(f"{root}/{top}"):
            for path in (f"{folder}/{name}" for name in names if name.endswith((".js", ".css"))):
                state = os.stat(path)
                yield path[len(f"{root}/") :], state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _digest(root: Path, states: tuple[tuple[str, int, int], ...]) -> str:
    made = blake2b(digest_size=10)
    for name in sorted(name for name, _, _ in states):
        made.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return made.hexdigest()
