"""What a child that multiprocessing starts finds: a module of its own, imported anew unless the child is a fork."""

from __future__ import annotations

import os
from typing import Any

X = 1  # the parent sets it to 42 before it starts a child


def first_word(line: Any) -> None:
    """The child's first word to its parent: X as it finds it, its pid and who its parent is."""
    line.send((X, os.getpid(), os.getppid()))
    line.recv()  # until the parent has looked
