"""The stage: what an experiment may touch. ``Stage`` is the launcher's side, ``Me`` the side of a running task.

Names are loaded when they are first asked for: another interpreter that only needs ``Me`` must not load the launcher.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..supervisor.children import Task
    from ..supervisor.event_loop import RunTerminated
    from .machine import Interpreter, Machine
    from .me import Call, Me, Thread
    from .stage import Stage

__all__ = ["Call", "Interpreter", "Machine", "Me", "RunTerminated", "Stage", "Task", "Thread"]

_MODULES = {
    "Call": ".me", "Interpreter": ".machine", "Machine": ".machine", "Me": ".me", "Stage": ".stage", "Thread": ".me",
    "RunTerminated": "..supervisor.event_loop", "Task": "..supervisor.children",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(_MODULES[name], __name__), name)
