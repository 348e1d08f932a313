"""The way into another interpreter, exec'd or a sub-interpreter: it finds one function by file and name and calls it.

The guest imports the standard library, this package and the experiment's own file, nothing else, so it needs none of
the server's dependencies. Arguments travel as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = str(Path(__file__).resolve().parent.parent.parent)

_GUEST = "import sys; sys.path.insert(0, sys.argv[1]); from server.stage.guest import main; main(sys.argv[2])"
_PREPARE = """
import sys, json
if {root!r} not in sys.path: sys.path.insert(0, {root!r})
from server.stage.guest import find
from server.stage.me import Me
function, args = find({file!r}, {name!r}), json.loads({args!r})
"""
_CALL = "function(Me({fd}), *args)"


def where(function: Callable[..., None]) -> tuple[str, str]:
    """File and name under which a guest finds a module-level ``function``; ``ValueError`` if it is not one."""
    name = function.__qualname__
    if not name.isidentifier():
        raise ValueError(f"another interpreter finds a function by its name: {name} is not at module level")
    return function.__code__.co_filename, name


def find(file: str, name: str) -> Callable[..., None]:
    """The function ``name`` of the module in ``file``, imported here under a name of its own."""
    spec = importlib.util.spec_from_file_location("experiment", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python module: {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["experiment"] = module
    spec.loader.exec_module(module)
    function: Callable[..., None] = getattr(module, name)
    return function


def argv(python: str, function: Callable[..., None], args: Sequence[Any], fd: int, barrier: int) -> list[str]:
    """The command that runs ``function(me, *args)`` in the interpreter ``python`` with two inherited descriptors."""
    file, name = where(function)
    order = {"file": file, "name": name, "args": list(args), "fd": fd, "barrier": barrier}
    return [python, "-I", "-S", "-c", _GUEST, ROOT, json.dumps(order)]


def main(order: str) -> None:
    """Life of an exec'd guest; it leaves with the status of its function."""
    import os

    from server.recorder import proc
    from server.stage import told
    from server.stage.me import perform, wait_at

    said = json.loads(order)
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        told.write(said["fd"], os.getpid(), "gil", proc.gil_range())
    function = find(said["file"], said["name"])
    os._exit(perform(said["fd"], function, tuple(said["args"]), lambda: wait_at(said["barrier"])))


def interpreter_body(function: Callable[..., None], args: Sequence[Any]) -> Callable[[int], None]:
    """What a thread runs to call ``function(me, *args)`` in a new sub-interpreter with its own GIL.

    The sub-interpreter is made and has everything imported before the thread exists, so that the thread only does
    the work; it is destroyed when the function has returned. ``RuntimeError`` where this Python has none (before
    3.13), or when the function raised.
    """
    interpreters = _interpreters()
    file, name = where(function)
    inner = interpreters.create("isolated")
    _exec(interpreters, inner, _PREPARE.format(root=ROOT, file=file, name=name, args=json.dumps(list(args))))

    def body(fd: int) -> None:
        try:
            _exec(interpreters, inner, _CALL.format(fd=fd))
        finally:
            interpreters.destroy(inner)

    return body


def _exec(interpreters: Any, inner: Any, code: str) -> None:
    failed = interpreters.exec(inner, code)
    if failed is not None:
        raise RuntimeError(f"in the sub-interpreter: {failed.formatted}")


def _interpreters() -> Any:
    try:
        import _interpreters  # type: ignore[import-not-found]
    except ImportError as error:
        raise RuntimeError(f"Python {sys.version.split()[0]} has no sub-interpreters (3.13 has)") from error
    return _interpreters
