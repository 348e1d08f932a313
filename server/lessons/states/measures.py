"""The numbers this lesson's text and pictures show, as folds over the log of one run.

Each is stated twice: with the number of its pipeline, and without, where the newest of a name counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from ...events import TaskState, ValueMeasured
from ...lesson import Verdict
from .claims import TERMINATE
from .episodes import Episode, Episodes
from .readings import Line, Player
from .rests import Rest, Rests

US, MS = 1_000, 1_000_000


def measured(line: Line, name: str, value: float, unit: Literal["ms", "us", "count", "bytes"]) -> Iterator[Verdict]:
    """A number of one pipeline, which is also the run's until a later pipeline has one."""
    yield ValueMeasured(name, value, unit, line.number)
    yield ValueMeasured(name, value, unit)


class Wakes(Episodes):
    """One line's way: µs from the write to tail's wake-up, from there to grep's, and to the screen."""

    def passed(self, episode: Episode) -> Iterable[Verdict]:
        for name, mark, since in (
            ("tail_wake_us", "tail_woken", None),
            ("tail_ready_us", "tail_runs", "tail_woken"),
            ("grep_wake_us", "grep_woken", "tail_woken"),
            ("grep_ready_us", "grep_runs", "grep_woken"),
        ):
            took = episode.after_ns(mark, since)
            if took is not None:
                yield from measured(episode.line, name, max(0, took) / US, "us")
        if "tail_woken" in episode.marks:
            error_us = episode.marks["tail_woken"].error_ns / US
            yield from measured(episode.line, "tail_wake_error_us", error_us, "us")


class Figures(Rests):
    """Rests, sleep, levels, lines and ends of each pipeline; of rests and of sleeps in a pipe write the longest."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._longest_ns: dict[tuple[str, int], int] = {}
        self._asked: dict[int, int] = {}
        self._woken: set[int] = set()  # pipelines whose tail has woken by the clock and is not asleep again
        self._full: dict[int, int] = {}
        self._first: set[int] = set()

    def moving(self, line: Line, player: Player, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        slept_ns = t_ns - player.since_ns
        if player.role == "tail" and player.asleep("pipe_write") and self._longer("pipe_sleep", line, slept_ns):
            yield from measured(line, "pipe_sleep_ms", slept_ns / MS, "ms")
        if player.role == "tail" and player.asleep("sleep") and fact.state in ("ready", "running"):
            self._woken.add(line.number)

    def moved(self, line: Line, role: str, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        yield from super().moved(line, role, t_ns, fact)
        yield from self.filled(line, t_ns)  # the level may have been seen before tail was
        if line.number in self._woken and line.player("tail").asleep("sleep"):  # it has looked, and was not ended
            self._woken.discard(line.number)
            self._asked[line.number] = self._asked.get(line.number, 0) + 1
            yield from measured(line, "asked", self._asked[line.number], "count")

    def rested(self, rest: Rest, until_ns: int) -> Iterable[Verdict]:
        if self._longer("idle", rest.line, until_ns - rest.start_ns):
            yield from measured(rest.line, "idle_ms", (until_ns - rest.start_ns) / MS, "ms")
            for role in ("tail", "grep") if self.exact else ():
                yield from measured(rest.line, f"idle_{role}", rest.cores[role], "count")

    def _longer(self, name: str, line: Line, took_ns: int) -> bool:
        """Whether this is the longest of its name in this pipeline so far."""
        longest = took_ns > self._longest_ns.get((name, line.number), 0)
        if longest:
            self._longest_ns[name, line.number] = took_ns
        return longest

    def filled(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        if line.full and self._full.get(line.number) != line.level:
            self._full[line.number] = line.level
            yield from measured(line, "full_bytes", line.level, "bytes")

    def wrote(self, line: Line, t_ns: int, text: str) -> Iterable[Verdict]:  # noqa: ARG002
        if line.buffered and line.number not in self._first:
            self._first.add(line.number)
            yield from measured(line, "first_bytes", len(text.encode()), "bytes")
            yield from measured(line, "first_lines", text.count("\n"), "count")

    def died(self, line: Line, role: str, t_ns: int) -> Iterable[Verdict]:
        yield from super().died(line, role, t_ns)
        grep = line.player("grep")
        if role == "tail" and grep.died_ns is not None and grep.signal == TERMINATE:
            yield from measured(line, "tail_end_us", max(0, t_ns - grep.died_ns) / US, "us")
