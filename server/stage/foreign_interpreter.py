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
from ..supervisor import worker_pipe
from .function_locator import PACKAGE, ROOT, load_function, locate_function
from .spawned_main import run_spawned_function, wait_at_barrier

_MODULE = f"{PACKAGE}.stage.foreign_interpreter"
_PROGRAM = f"import sys; sys.path.insert(0, sys.argv[1]); from {_MODULE} import main; main(sys.argv[2])"


def command_line(python: str, function: Callable[..., None], args: Sequence[Any], fd: int, barrier: int) -> list[str]:
    """The command that runs ``function(me, *args)`` in the interpreter ``python`` with two inherited descriptors."""
    file, name = locate_function(function)
    order = {"file": file, "name": name, "args": list(args), "fd": fd, "barrier": barrier}
    return [python, "-I", "-S", "-c", _PROGRAM, ROOT, json.dumps(order)]


def main(order: str) -> None:
    """The exec'd interpreter's main: runs the function and exits with its status."""
    said = json.loads(order)
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        worker_pipe.write_message(said["fd"], os.getpid(), "gil", procfs.gil_address_range())
    function = load_function(said["file"], said["name"])
    os._exit(run_spawned_function(said["fd"], function, tuple(said["args"]), lambda: wait_at_barrier(said["barrier"])))
