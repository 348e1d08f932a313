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
from typing import NamedTuple

from ..settings import STATIC

#: What every page links, in the order of their layers (app.css orders them); a view may have a sheet of its own name.
SHEETS = ("app", "tokens", "base", "page", "prose", "still", "player", "views", "story")
_WORD = re.compile(r"""["'`](\w+)(?=([.:"'`]))""")
_IMPORT = re.compile(r"""^(?:import|export)\b[^"'();]*["'](\.[^"']+\.js)["'];?""", re.M)


class Bundle(NamedTuple):
    """Paths below static/ of a lesson's one script and one sheet."""

    script: str
    sheet: str


def needed(views: Sequence[str], root: Path = STATIC) -> list[str]:
    """Addresses of what main.js and the views import, without a stamp, because that is how modules name each other."""
    found: dict[Path, None] = {}
    waiting = [root / "js/main.js", root / "js/steps.js", *(root / f"js/views/{view}/view.js" for view in views)]
    while waiting:
        path = waiting.pop(0)
        if path in found or not path.is_file():
            continue
        found[path] = None
        waiting += _imports(path, path.stat().st_mtime_ns)
    return [f"/static/{path.relative_to(root)}" for path in found if path.name not in ("main.js", "steps.js")]


def words(views: Sequence[str], root: Path = STATIC) -> frozenset[str]:
    """First parts of the labels that main.js and these views may say: ``state`` of ``state.running``; some too many."""
    paths = [root / "js/main.js", *(root / address.removeprefix("/static/") for address in needed(views, root))]
    said = frozenset().union(*(_words(path, path.stat().st_mtime_ns) for path in paths))
    alone = {word for word, dotted in said if not dotted and not (root / f"js/views/{word}/view.js").is_file()}
    return frozenset(alone | {word for word, dotted in said if dotted})


@lru_cache(maxsize=256)
def _words(path: Path, _changed_ns: int) -> frozenset[tuple[str, bool]]:
    return frozenset((word, after == ".") for word, after in _WORD.findall(path.read_text("utf-8")))


@lru_cache(maxsize=256)
def _imports(path: Path, _changed_ns: int) -> list[Path]:
    return [(path.parent / name).resolve() for name in _IMPORT.findall(path.read_text("utf-8"))]


def sheets(views: Sequence[str], root: Path = STATIC) -> list[str]:
    """Names of the style sheets a lesson with these views links, in their order."""
    own = [view for view in views if view not in SHEETS and (root / f"css/views/{view}.css").is_file()]
    return [*(f"{name}.css" for name in SHEETS), *(f"views/{name}.css" for name in own)]


def bundle(slug: str, views: Sequence[str], root: Path = STATIC) -> Bundle | None:
    """The lesson's bundle, or None if there is none, or if a source or the lesson's views have changed since."""
    if _packed(root).get(slug) != list(views):
        return None
    return Bundle(f"vendor/app/{slug}.js", f"vendor/app/{slug}.css")


def presenting(root: Path = STATIC) -> Bundle:
    """What presenting loads when it is asked for, packed if it was built of just these sources, as it stands if not."""
    if _packed(root):
        return Bundle("vendor/app/present.js", "vendor/app/present.css")
    return Bundle("js/present/present.js", "css/present.css")


def _packed(root: Path) -> dict[str, list[str]]:
    """The views that each lesson was packed with; nothing if a source has changed since."""
    try:
        made = json.loads((root / "vendor/app/made.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(made["lessons"]) if made["sources"] == digest(root) else {}


def digest(root: Path = STATIC) -> str:
    """Changes whenever a script or a sheet does; what is read anew is told by time and size."""
    return _digest(root, tuple(_states(root)))


def _states(root: Path) -> Iterator[tuple[str, int, int]]:
    for top in ("js", "css"):
        for folder, _, names in os.walk(root / top):
            for each in (Path(folder, name) for name in names if name.endswith((".js", ".css"))):
                state = each.stat()
                yield each.relative_to(root).as_posix(), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=4)
def _digest(root: Path, states: tuple[tuple[str, int, int], ...]) -> str:
    made = blake2b(digest_size=10)
    for name in sorted(name for name, _, _ in states):
        made.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return made.hexdigest()
