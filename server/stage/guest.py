"""The way into another Python: a program exec'd there finds one function by file and name, and calls it.

It imports the standard library, this package and the experiment's own file, nothing else, so it needs none of the
server's dependencies. Arguments travel as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..recorder import procfs
from ..supervisor import told
from .by_name import PACKAGE, ROOT, find, where
from .perform import perform, wait_at

_GUEST = f"import sys; sys.path.insert(0, sys.argv[1]); from {PACKAGE}.stage.guest import main; main(sys.argv[2])"


def argv(python: str, function: Callable[..., None], args: Sequence[Any], fd: int, barrier: int) -> list[str]:
    """The command that runs ``function(me, *args)`` in the interpreter ``python`` with two inherited descriptors."""
    file, name = where(function)
    order = {"file": file, "name": name, "args": list(args), "fd": fd, "barrier": barrier}
    return [python, "-I", "-S", "-c", _GUEST, ROOT, json.dumps(order)]


def main(order: str) -> None:
    """Life of an exec'd guest; it leaves with the status of its function."""
    said = json.loads(order)
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        told.write(said["fd"], os.getpid(), "gil", procfs.gil_address_range())
    function = find(said["file"], said["name"])
    os._exit(perform(said["fd"], function, tuple(said["args"]), lambda: wait_at(said["barrier"])))
