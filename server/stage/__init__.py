"""The stage: what an experiment may touch. ``Stage`` is the launcher's side, ``Me`` the side of a running task."""

from server.stage.machine import Interpreter, Machine
from server.stage.me import Call, Me, Thread
from server.stage.pump import Ended
from server.stage.stage import Stage
from server.stage.task import Task

__all__ = ["Call", "Ended", "Interpreter", "Machine", "Me", "Stage", "Task", "Thread"]
