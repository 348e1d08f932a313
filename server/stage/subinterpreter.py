"""A function called in a sub-interpreter with a GIL of its own (PEP 684, PEP 734; Python ≥ 3.13).

The sub-interpreter imports the standard library, this package and the experiment's own file. Arguments travel as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from .function_locator import PACKAGE, ROOT, locate_function

_PREPARE = """
import sys, json
if {root!r} not in sys.path: sys.path.insert(0, {root!r})
from {package}.stage.function_locator import load_function
from {package}.stage.task_context import TaskContext
function, args = load_function({file!r}, {name!r}), json.loads({args!r})
"""
_CALL = "function(TaskContext({fd}), *args)"


def prepare_subinterpreter(function: Callable[..., None], args: Sequence[Any]) -> Callable[[int], None]:
    """What a thread runs to call ``function(me, *args)`` in a new sub-interpreter with its own GIL.

    The sub-interpreter is made and has everything imported before the thread exists, so that the thread only does
    the work; it is destroyed when the function has returned. ``RuntimeError`` where this Python has none (before
    3.13), or when the function raised.
    """
    interpreters = _interpreters()
    file, name = locate_function(function)
    inner = interpreters.create("isolated")
    code = _PREPARE.format(package=PACKAGE, root=ROOT, file=file, name=name, args=json.dumps(list(args)))
    _exec(interpreters, inner, code)

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
