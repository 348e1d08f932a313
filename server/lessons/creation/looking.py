"""How the lesson looks at the memory of parent and child while both sleep, and talks with them meanwhile."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...events import CellWritten, MemoryPages
from ...recorder import memory
from ...recorder.process_info import Mapping

if TYPE_CHECKING:
    from ...stage import Stage
    from ...supervisor.children import ChildTask

PARTS = 10  # after each of so many parts of the work everybody sleeps and somebody looks
_PATIENCE_S = 20.0


class Talk:
    """Two pipes that a task and what it forks inherit: they say lines, and wait until they are told to go on."""

    def __init__(self) -> None:
        self._heard, self._said = os.pipe()
        self._waits, self._go = os.pipe()

    def say(self, text: str) -> None:
        """One line, by the observed side."""
        data = f"{text}\n".encode()
        while data:
            data = data[os.write(self._said, data) :]

    def wait(self) -> None:
        """Sleep until :meth:`go`; for the observed side."""
        os.read(self._waits, 1)

    def go(self) -> None:
        """Let the one that waits go on."""
        os.write(self._go, b".")

    def hear(self, stage: Stage) -> str:
        """The next line; the stage goes on meanwhile. Raises ``TimeoutError``."""
        text = b""
        while not text.endswith(b"\n"):
            if not stage.until(lambda: bool(select.select([self._heard], [], [], 0)[0]), _PATIENCE_S):
                raise TimeoutError("the observed task said nothing")
            text += os.read(self._heard, 1 << 16)
        return text.decode().strip()

    def close(self) -> None:
        """Close all four ends in the launcher."""
        for fd in (self._heard, self._said, self._waits, self._go):
            os.close(fd)


def copied_so_far(stage: Stage, parent: ChildTask, child: int, where: Sequence[tuple[int, int]], done: str) -> None:
    """Look while both sleep, so that the figures are those of one instant; ``done``: how far the child says it is."""
    stage.wait_until_asleep(child)
    stage.wait_until_asleep(parent)
    stage.emit_fact(CellWritten(child, "done", None, done))

    def wanted(mapping: Mapping) -> bool:
        return any(start < mapping.end and mapping.start < end for start, end in where)

    stage.measure_memory(parent, "numbers", wanted)
    stage.measure_memory(child, "numbers", wanted)
    mine: list[int] = []
    others: list[int] = []
    for start, end in where:
        one, two = memory.page_frames(child, start, end), memory.page_frames(parent.pid, start, end)
        if one is None or two is None:
            return  # not root: shared_kb and private_kb are the evidence
        mine += one
        others += two
    stage.emit_fact(MemoryPages(child, parent.pid, "numbers", memory.compare_frames(mine, others)), "seen")


def system_python(stage: Stage) -> str:
    """A Python that the run's user may start, of this version if there is one."""
    here = stage.machine.interpreter_path(f"{sys.version_info.major}.{sys.version_info.minor}")
    return here or next((each.path for each in stage.machine.interpreters), sys.executable)


def clean_environment() -> dict[str, str]:
    """Nothing but PATH: PYTHONUNBUFFERED would take away what is to be seen."""
    return {"PATH": os.environ.get("PATH", os.defpath)}
