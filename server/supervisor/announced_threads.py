"""Threads that were announced by who creates them: their births get the announced name, if they do not tell theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..events import Entry, TaskBorn, TaskRenamed

_Queue = list[tuple[int, dict[str, Any]]]  # when it was announced, what it will be


class AnnouncedThreads:
    """Announcements by creator. ``number`` answers a kernel thread id with its task number, or None."""

    def __init__(self, number: Callable[[int], int | None], origin_ns: int) -> None:
        self._number, self._origin_ns = number, origin_ns
        self._announced: dict[int, _Queue] = {}
        self._names: dict[int, str] = {}  # of those that were found, by task
        self._found: set[int] = set()

    @property
    def expected(self) -> bool:
        """Whether some have been announced and not been born yet."""
        return any(self._announced.values())

    def add(self, tid: int, t_ns: int, about: dict[str, Any]) -> None:
        """``tid`` says that the next thread it creates will be this one."""
        self._announced.setdefault(tid, []).append((t_ns, about))

    def apply(self, entries: list[Entry]) -> list[Entry]:
        """The entries with births named, without renamings to the name that was announced."""
        if not self._announced:
            return entries
        waiting = {self._number(tid): queue for tid, queue in self._announced.items() if queue}
        named = [self._named(entry, waiting) for entry in entries]
        return [entry for entry in named if not self._is_known(entry)]

    def take_found(self) -> set[int]:
        """Kernel ids of those that were found among births since the last call."""
        found, self._found = self._found, set()
        return found

    def _is_known(self, entry: Entry) -> bool:
        said = entry.fact
        return isinstance(said, TaskRenamed) and self._names.get(said.task) == said.name

    def _named(self, entry: Entry, waiting: dict[int | None, _Queue]) -> Entry:
        born = entry.fact
        if not isinstance(born, TaskBorn) or born.type != "thread":
            return entry
        queue = waiting.get(born.parent)
        if not queue or queue[0][0] > entry.t_ns + self._origin_ns:
            return entry
        about = queue.pop(0)[1]
        self._found.add(born.tid)
        self._names[born.task] = about["name"]
        return replace(entry, fact=replace(born, name=about["name"], role=about.get("role"), how=about["how"]))
