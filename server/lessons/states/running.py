"""What is running in a run of this lesson: the processes of one pipeline, and what the launcher holds of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext
    from ...supervisor.children import ChildTask

LOG = "access.log"
PATTERN = "404"


@dataclass(slots=True)
class Pipeline:
    """Three processes, and the ends of pipes that stay with the launcher."""

    log: int  # the file itself, also once its name is gone
    orders: int  # what is written here, the writer does
    pipe: int  # a write end of tail | grep: tells the fill level and keeps nobody from being told that grep has gone
    screen: int  # the read end of grep's output
    writer: ChildTask
    tail: ChildTask
    grep: ChildTask


class Programs(NamedTuple):
    """What the session starts: the functions of the experiment that start a pipeline, and write when it has gone."""

    connect: Callable[[Stage, Mapping[str, Any]], Pipeline]
    late_writer: Callable[[TaskContext, int], None]
