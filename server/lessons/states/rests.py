"""Rests of a pipeline: how long nothing was written, and how often tail and grep got a core all the same.

A rest begins when writer, tail and grep all sleep, and ends when the next line, burst or signal comes. What is counted
are the kernel's records of a process getting a core. It judges nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import TaskState
from ...lesson import Verdict
from .readings import Line, Reading


@dataclass(slots=True)
class Rest:
    """One rest; ns of the run."""

    line: Line
    start_ns: int
    told: bool  # tail sleeps until the kernel tells it of a change, and not for a time
    cores: Counter[str] = field(default_factory=Counter)  # how often each role got a core
    awake_ns: int | None = None  # since when one of them is awake
    _now: Counter[str] = field(default_factory=Counter)  # since then

    def moved(self, role: str, t_ns: int, state: str) -> bool:
        """Notes a change of state; whether both sleep again."""
        self._now[role] += state == "running"
        if self.line.resting:
            self.count()
            self.awake_ns = None
        elif self.awake_ns is None:
            self.awake_ns = t_ns
        return self.awake_ns is None

    def count(self) -> None:
        """What was noted since both slept belongs to the rest: it was not the end of the process."""
        self.cores += self._now
        self._now.clear()


class Rests(Reading):
    """A reading that follows the rests. If it is not ``exact``, its counts are a sampler's, which misses switches."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._rest: Rest | None = None

    def moved(self, line: Line, role: str, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        rest = self._rest
        if rest is None or rest.line is not line:
            self._rest = Rest(line, t_ns, line.player("tail").asleep("poll")) if line.resting else None
        elif role not in ("tail", "grep"):
            return ()
        elif fact.cause == "woken" and t_ns - (fact.error_ns or 0) <= rest.start_ns:
            self._rest = None  # by its error this wake-up may lie before the rest: it had not begun
        elif rest.moved(role, t_ns, fact.state) and rest.cores:
            return self.disturbed(rest, t_ns)
        return ()

    def stepped(self, line: Line, label: str, t_ns: int) -> Iterable[Verdict]:
        if label in ("append", "burst"):
            return self._ended(line, t_ns)
        rest = self._rest
        return self.rested(rest, t_ns) if label == "quiet" and rest is not None and rest.line is line else ()

    def signalled(self, line: Line, role: str, t_ns: int, signum: int) -> Iterable[Verdict]:  # noqa: ARG002
        return self._ended(line, t_ns)

    def died(self, line: Line, role: str, t_ns: int) -> Iterable[Verdict]:
        return self._cut(line, t_ns) if role in ("tail", "grep") else ()

    def finished(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        return self._cut(line, t_ns)

    def _ended(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        """Something was done to the pipeline."""
        rest, self._rest = self._rest, None
        if rest is None or rest.line is not line:
            return ()
        rest.count()
        return self.rested(rest, t_ns)

    def _cut(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        """The pipeline was cleared away: a process gets a core for its end too, and that is not counted."""
        rest, self._rest = self._rest, None
        if rest is None or rest.line is not line:
            return ()
        return self.rested(rest, rest.awake_ns or t_ns)

    def rested(self, rest: Rest, until_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """A rest has lasted until then; it may go on."""
        return ()

    def disturbed(self, rest: Rest, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """Both sleep again, and one of them has had a core in this rest."""
        return ()
