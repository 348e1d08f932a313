"""The stage: what an experiment may touch. ``Stage`` is the launcher's side, ``Me`` the side of a running task.

Names are loaded when they are first asked for: another interpreter that only needs ``Me`` must not load the launcher.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..supervisor.children import Task
    from ..supervisor.pump import Ended
    from .machine import Interpreter, Machine
    from .me import Call, Me, Thread
    from .stage import Stage

__all__ = ["Call", "Ended", "Interpreter", "Machine", "Me", "Stage", "Task", "Thread"]

_HOMES = {
    "Call": "me", "Ended": "pump", "Interpreter": "machine", "Machine": "machine", "Me": "me", "Stage": "stage",
    "Task": "task", "Thread": "me",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
