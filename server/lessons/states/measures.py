"""The numbers this lesson's text and pictures show, as folds over the log of one run; the newest of a name counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.events import TaskState, ValueMeasured
from server.lesson import Verdict
from server.lessons.states.claims import TERMINATE
from server.lessons.states.episodes import Episode, Episodes
from server.lessons.states.readings import Line, Player

US, MS = 1_000, 1_000_000


class Wakes(Episodes):
    """One line's way: µs from the write to tail's wake-up, from there to grep's, and to the screen."""

    def passed(self, episode: Episode) -> Iterable[Verdict]:
        for name, mark, since in (
            ("tail_wake_us", "tail_woken", None),
            ("tail_ready_us", "tail_runs", "tail_woken"),
            ("grep_wake_us", "grep_woken", "tail_woken"),
            ("grep_ready_us", "grep_runs", "grep_woken"),
            ("printed_us", "printed", None),
        ):
            took = episode.after_ns(mark, since)
            if took is not None:
                yield ValueMeasured(name, max(0, took) / US, "us", episode.line.number)
        for who in ("tail", "grep"):
            if f"{who}_woken" in episode.marks:
                error_us = episode.marks[f"{who}_woken"].error_ns / US
                yield ValueMeasured(f"{who}_wake_error_us", error_us, "us", episode.line.number)


class Figures(Episodes):
    """Sleep, levels, lines and ends of each pipeline."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._idle_ns: dict[int, int] = {}
        self._asked: dict[int, int] = {}
        self._first: set[int] = set()

    def moving(self, line: Line, player: Player, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        since_ns = line.idle_since_ns
        if since_ns is not None and player.role in ("tail", "grep"):
            yield from self._idled(line, t_ns - since_ns)
        if player.role == "tail" and player.asleep("pipe_write"):
            yield ValueMeasured("pipe_sleep_ms", (t_ns - player.since_ns) / MS, "ms", line.number)
        if player.role == "tail" and player.asleep("sleep") and fact.state in ("ready", "running"):
            self._asked[line.number] = self._asked.get(line.number, 0) + 1
            yield ValueMeasured("asked", self._asked[line.number], "count", line.number)

    def _idled(self, line: Line, idle_ns: int) -> Iterable[Verdict]:
        if idle_ns > self._idle_ns.get(line.number, 0):
            self._idle_ns[line.number] = idle_ns
            yield ValueMeasured("idle_ms", idle_ns / MS, "ms", line.number)
            yield ValueMeasured("idle_switches", 0, "count", line.number)

    def filled(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        if line.player("tail").asleep("pipe_write") and line.player("grep").state == "stopped":
            yield ValueMeasured("full_bytes", line.level, "bytes", line.number)

    def wrote(self, line: Line, t_ns: int, text: str) -> Iterable[Verdict]:
        yield from super().wrote(line, t_ns, text)
        if line.buffered and line.number not in self._first:
            self._first.add(line.number)
            yield ValueMeasured("first_bytes", len(text.encode()), "bytes", line.number)
            yield ValueMeasured("first_lines", text.count("\n"), "count", line.number)

    def died(self, line: Line, role: str, t_ns: int) -> Iterable[Verdict]:
        grep = line.player("grep")
        if role == "tail" and grep.died_ns is not None and grep.signal == TERMINATE:
            yield ValueMeasured("tail_end_us", max(0, t_ns - grep.died_ns) / US, "us", line.number)

    def finished(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        printed = line.printed.count("\n")
        yield ValueMeasured("lines_written", line.written, "count", line.number)
        yield ValueMeasured("lines_matching", len(line.matching), "count", line.number)
        yield ValueMeasured("lines_printed", printed, "count", line.number)
        yield ValueMeasured("bytes_lost", sum(map(len, line.matching)) - len(line.printed), "bytes", line.number)
