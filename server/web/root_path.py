"""The path below which a proxy shows this server (TIMESLICE_PUBLIC_URL), taken off the requests that come with it."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.types import Scope


class RootPath:
    """Routes know no prefix: it is gone before anything else looks at a request.

    A proxy may keep the prefix or strip it; both arrive at the same page. ``links.root`` puts it before every address
    that goes out.
    """

    def __init__(self, root: str) -> None:
        self._root = unquote(root)
        self._raw = root.encode("ascii")

    def __call__(self, scope: Scope) -> Scope:
        """The scope without the prefix; the same scope where it does not begin with it."""
        if not self._root or scope["type"] != "http":
            return scope
        path, raw = _without(scope["path"], self._root), scope.get("raw_path") or b""
        if path is None:
            return scope
        return {**scope, "path": path, "raw_path": raw.removeprefix(self._raw) or b"/"}


def _without(path: str, root: str) -> str | None:
    if path == root:
        return "/"
    return path.removeprefix(root) if path.startswith(f"{root}/") else None
