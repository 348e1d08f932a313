"""Which scripts a lesson's page will import, so that the browser can fetch them at once; it runs none of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from server.settings import STATIC

_IMPORT = re.compile(r"""^(?:import|export)\b[^"\n]*?["'](\.[^"']+\.js)["'];?""", re.M)


def needed(views: Sequence[str], root: Path = STATIC) -> list[str]:
    """Addresses of what main.js and the views import, without a stamp, because that is how modules name each other."""
    found: dict[Path, None] = {}
    waiting = [root / "js/main.js", *(root / f"js/views/{view}.js" for view in views)]
    while waiting:
        path = waiting.pop(0)
        if path in found or not path.is_file():
            continue
        found[path] = None
        waiting += _imports(path, path.stat().st_mtime_ns)
    return [f"/static/{path.relative_to(root)}" for path in found if path.name != "main.js"]


@lru_cache(maxsize=256)
def _imports(path: Path, _changed_ns: int) -> list[Path]:
    return [(path.parent / name).resolve() for name in _IMPORT.findall(path.read_text("utf-8"))]
