"""The stage: what an experiment may touch. ``Stage`` is the launcher's side, ``TaskContext`` that of a running task.

Names are loaded when they are first asked for: another interpreter that only needs ``TaskContext`` must not load the
launcher.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..supervisor.children import ChildTask
    from ..supervisor.event_loop import RunTerminated
    from .machine import Interpreter, Machine
    from .stage import Stage
    from .task_context import Call, TaskContext, Thread

__all__ = ["Call", "ChildTask", "Interpreter", "Machine", "RunTerminated", "Stage", "TaskContext", "Thread"]

_MODULES = {
    "Call": ".task_context", "TaskContext": ".task_context", "Thread": ".task_context",
    "Interpreter": ".machine", "Machine": ".machine", "Stage": ".stage",
    "RunTerminated": "..supervisor.event_loop", "ChildTask": "..supervisor.children",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(_MODULES[name], __name__), name)
