"""A module-level function, found by file and name in another interpreter; standard library only.

``ROOT`` is the folder that holds this package, ``PACKAGE`` the name it is imported by (``server`` in a clone).
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

PACKAGE = __package__.rpartition(".")[0]
ROOT = str(Path(__file__).resolve().parents[PACKAGE.count(".") + 2])


def locate_function(function: Callable[..., None]) -> tuple[str, str]:
    """File and name under which another interpreter finds a module-level ``function``; else ``ValueError``."""
    name = function.__qualname__
    if not name.isidentifier():
        raise ValueError(f"another interpreter finds a function by its name: {name} is not at module level")
    return function.__code__.co_filename, name


def load_function(file: str, name: str) -> Callable[..., None]:
    """The function ``name`` of the module in ``file``, imported here under a name of its own."""
    spec = importlib.util.spec_from_file_location("experiment", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python module: {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules["experiment"] = module
    spec.loader.exec_module(module)
    function: Callable[..., None] = getattr(module, name)
    return function
