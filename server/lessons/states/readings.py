"""What a log says about one pipeline: who sleeps where, what was written and printed. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import (
    CallReturned,
    Entry,
    Output,
    PipeFilled,
    RunStarted,
    RunSteppedDown,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TaskState,
    TrialEnded,
    TrialStarted,
)
from ...lesson import Verdict
from .experiment import BURST_LINES, PATTERN, burst_line

ROLES = ("writer", "tail", "grep", "late")
_MATCHED = tuple(
    line + "\n" for line in map(burst_line, range(1, BURST_LINES + 1)) if PATTERN in line
)  # what grep prints of a burst
_BURST = "".join(_MATCHED)


@dataclass(slots=True)
class Player:
    """One process: what it does since when."""

    role: str
    task: int
    state: str = "ready"
    since_ns: int = 0
    reason: str | None = None
    error_ns: int = 0  # of since_ns
    before: str | None = None  # what it waited for before that
    died_ns: int | None = None
    signal: int | None = None

    def asleep(self, reason: str) -> bool:
        """Whether it sleeps for this reason."""
        return self.state == "blocked" and self.reason == reason


@dataclass(slots=True)
class Line:
    """One pipeline, from its start to its end; ns of the run."""

    number: int
    buffered: bool
    inotify: bool
    cast: dict[str, Player] = field(default_factory=dict)
    matching: str = ""  # all lines that hold the pattern, in the order of the file; empty once the pipeline is over
    newest: str = ""  # the newest line if it holds the pattern, else empty
    printed: int = 0  # characters that have come out
    printed_bytes: int = 0
    in_order: bool = True  # what came out is the beginning of what matches
    level: int = 0
    capacity: int = 0
    cause_ns: int = 0  # the last time anything was done to it
    unseen: bool = False  # tail has not had a core since the newest line was written
    closing: bool = False  # tail was told to end, or has ended: grep comes to the end of file

    def player(self, role: str) -> Player:
        """The process with this role; one that was not born yet is ready."""
        return self.cast.get(role) or Player(role, 0)

    @property
    def idle_since_ns(self) -> int | None:
        """Since when both sleep where they wait for input; None if one of them does not."""
        tail, grep = self.player("tail"), self.player("grep")
        if tail.asleep("poll") and grep.asleep("pipe_read"):
            return max(tail.since_ns, grep.since_ns)
        return None

    @property
    def resting(self) -> bool:
        """Whether all that was written has gone through and all three sleep: the writer, tail and grep."""
        return self.passed_on and self.player("grep").asleep("pipe_read")

    @property
    def passed_on(self) -> bool:
        """Whether the writer sleeps, and tail too, with all that was written in the pipe or beyond it."""
        tail = self.player("tail")  # one that is not told may go to sleep with a line still to come
        return self.writer_asleep and (tail.asleep("poll") or (tail.asleep("sleep") and not self.unseen))

    @property
    def writer_asleep(self) -> bool:
        """Whether the writer waits for an order."""
        return self.player("writer").state == "blocked"

    @property
    def full(self) -> bool:
        """Whether grep is stopped and tail sleeps until there is room in the pipe."""
        return self.player("tail").asleep("pipe_write") and self.player("grep").state == "stopped" and self.level > 0

    @property
    def withheld(self) -> int:
        """Characters that match and have not come out."""
        return len(self.matching) - self.printed

    def take(self, text: str) -> None:
        """Lines that the writer has written."""
        for each in text.splitlines():
            self.newest = each + "\n" if PATTERN in each else ""
            self.matching += self.newest

    def burst(self) -> None:
        """A burst of lines has been written."""
        self.newest = _MATCHED[-1]  # its last line is one of them
        self.matching += _BURST

    def wrote(self, text: str) -> None:
        """Text has come out. Only it is compared, not what came before: a burst comes out in many pieces."""
        self.in_order = self.in_order and self.matching.startswith(text, self.printed)
        self.printed += len(text)
        self.printed_bytes += len(text.encode())

    def over(self) -> None:
        """It has ended: nothing will be compared with its lines any more."""
        self.matching = self.newest = ""


class Reading:
    """A fold that keeps the pipelines of a run and asks its subclass at the moments that can settle something."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.params = params
        self.lines: dict[int, Line] = {}
        self.exact = True  # instants are the kernel's, not a sampler's
        self._where: dict[int, tuple[Line, str]] = {}
        self._early: list[TaskBorn] = []

    def see(self, entry: Entry) -> Iterable[Verdict]:
        fact = entry.fact
        if isinstance(fact, RunStarted | RunSteppedDown):
            self.exact = fact.tier != "sampled"
        elif isinstance(fact, TrialStarted):
            self._start(fact)
        elif isinstance(fact, TaskBorn):
            self._bear(fact)
        elif isinstance(fact, PipeFilled):
            return self._filled(entry, fact)
        elif isinstance(fact, TrialEnded) and fact.trial in self.lines:
            return self._end_of(self.lines[fact.trial], entry.t_ns)
        elif isinstance(fact, TaskState | TaskDied | Step | Output | CallReturned) and fact.task in self._where:
            return self._of_task(entry, *self._where[fact.task])
        elif isinstance(fact, SignalSent) and fact.to in self._where:
            line, role = self._where[fact.to]
            line.cause_ns = entry.t_ns
            line.closing = line.closing or role == "tail"
            return self.signalled(line, role, entry.t_ns, fact.signal)
        return ()

    def _start(self, fact: TrialStarted) -> None:
        self.lines[fact.trial] = Line(fact.trial, bool(fact.params["buffered"]), bool(fact.params["inotify"]))
        early, self._early = self._early, []
        for born in early:
            self._bear(born)

    def _bear(self, born: TaskBorn) -> None:
        if born.trial is not None and born.trial not in self.lines:
            self._early.append(born)
        elif born.trial is not None and born.role in ROLES:
            line = self.lines[born.trial]
            line.cast[born.role] = Player(born.role, born.task)
            self._where[born.task] = (line, born.role)

    def _end_of(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        yield from self.finished(line, t_ns)
        line.over()

    def _filled(self, entry: Entry, fact: PipeFilled) -> Iterable[Verdict]:
        if not self.lines:
            return ()
        line = next(reversed(self.lines.values()))
        if fact.pipe is not None:
            return self.withheld(line, entry.t_ns)
        line.level, line.capacity = fact.bytes, fact.capacity
        return self.filled(line, entry.t_ns)

    def _of_task(self, entry: Entry, line: Line, role: str) -> Iterable[Verdict]:
        fact, t_ns, player = entry.fact, entry.t_ns, line.cast[role]
        if isinstance(fact, TaskState):
            return self._moved(entry, fact, line, player)
        if isinstance(fact, TaskDied):
            player.died_ns, player.signal = t_ns, fact.signal
            return self.died(line, role, t_ns)
        if isinstance(fact, Step):
            if fact.label in ("append", "burst"):
                line.cause_ns, line.unseen = t_ns, True
            if fact.label == "burst":
                line.burst()
            return self.stepped(line, fact.label, t_ns)
        if isinstance(fact, CallReturned):
            return self.returned(line, role, t_ns, fact.result or "")
        if isinstance(fact, Output) and fact.stream == "log":
            line.take(fact.text)
        if isinstance(fact, Output) and fact.stream == "terminal":
            line.wrote(fact.text)
            return self.wrote(line, t_ns, fact.text)
        return ()

    def _moved(self, entry: Entry, fact: TaskState, line: Line, player: Player) -> Iterable[Verdict]:
        found = list(self.moving(line, player, entry.t_ns, fact))
        player.before, player.error_ns = player.reason, fact.error_ns or 0
        player.state, player.since_ns, player.reason = fact.state, entry.t_ns, fact.waits_for
        if player.role == "tail":
            line.unseen = line.unseen and not (fact.state == "running" and line.writer_asleep)
            line.closing = line.closing or fact.state == "zombie"
        return [*found, *self.moved(line, player.role, entry.t_ns, fact)]

    def moving(self, line: Line, player: Player, t_ns: int, fact: TaskState) -> Iterable[Verdict]:  # noqa: ARG002
        """A process is about to change its state; ``player`` is what it was until now."""
        return ()

    def moved(self, line: Line, role: str, t_ns: int, fact: TaskState) -> Iterable[Verdict]:  # noqa: ARG002
        """A process has changed its state."""
        return ()

    def stepped(self, line: Line, label: str, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """The writer does "append" or "burst" next, or has "written", or has been "quiet" for two seconds."""
        return ()

    def wrote(self, line: Line, t_ns: int, text: str) -> Iterable[Verdict]:  # noqa: ARG002
        """Text has come out of grep."""
        return ()

    def filled(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """The pipe's level has changed."""
        return ()

    def withheld(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """grep sleeps, and all that it has printed has come out."""
        return ()

    def signalled(self, line: Line, role: str, t_ns: int, signum: int) -> Iterable[Verdict]:  # noqa: ARG002
        """A signal was sent to one of them."""
        return ()

    def returned(self, line: Line, role: str, t_ns: int, result: str) -> Iterable[Verdict]:  # noqa: ARG002
        """A call of one of them has returned."""
        return ()

    def died(self, line: Line, role: str, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """One of them has ended."""
        return ()

    def finished(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        """The pipeline is over."""
        return ()

    def end(self) -> Iterable[Verdict]:
        """The run is over."""
        return ()
