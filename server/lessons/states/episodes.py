"""What follows one line appended to an idle pipeline: who woke whom, when, what came out. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import TaskState
from ...lesson import ClaimResult
from ...log.timeline import Task
from .readings import Pipeline, PipelineReading


@dataclass(slots=True)
class Mark:
    """One instant of an episode."""

    t_ns: int
    by: int | None = None  # only of a wake-up: the task that caused it
    error_ns: int = 0


@dataclass(slots=True)
class Episode:
    """One appended line. Marks: tail_woken, tail_runs, grep_woken, grep_runs, printed; the first of each.

    A derived wake-up that lies before the line within its error is put at the line, the earliest that it can be.
    """

    pipeline: Pipeline
    start_ns: int
    wanted: str  # what grep is to print of it; empty if it does not match
    marks: dict[str, Mark] = field(default_factory=dict)
    text: str = ""
    tail_back: bool = False  # asleep again
    grep_back: bool = False

    @property
    def told(self) -> bool:
        """Whether everything that belongs to it has been heard."""
        expected = self.wanted and not self.pipeline.buffered
        return self.tail_back and self.grep_back and (bool(self.text) or not expected)

    def note(self, name: str, mark: Mark) -> None:
        """The first of each name counts."""
        self.marks.setdefault(name, mark)

    def after_ns(self, name: str, since: str | None = None) -> int | None:
        """Time from the line (or another mark) to a mark; None if one is missing."""
        if name not in self.marks or (since is not None and since not in self.marks):
            return None
        return self.marks[name].t_ns - (self.marks[since].t_ns if since else self.start_ns)


class Episodes(PipelineReading):
    """A reading that follows single lines: both sleep when one comes, and none may follow until both sleep again.

    What the lines before it print must have come out: what is read after it would be taken for its own. It is silent
    where the instants are a sampler's.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._now: Episode | None = None

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:
        self._now = None
        tail = pipeline.process("tail")
        early = woken_early(pipeline, t_ns)
        asleep = pipeline.idle_since_ns is not None or early
        if label == "append" and self.exact and asleep and not pipeline.level and alone(pipeline):
            self._now = Episode(pipeline, t_ns, pipeline.newest)
            if early:
                self._now.note("tail_woken", Mark(t_ns, None, error_ns(tail)))
        return ()

    def signalled(self, pipeline: Pipeline, role: str, t_ns: int, signum: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        self._now = None
        return ()

    def changed(self, pipeline: Pipeline, process: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        now, role, error_ns = self._now, process.role, fact.error_ns or 0
        if now is None or now.pipeline is not pipeline or role not in ("tail", "grep"):
            return ()
        if t_ns + (error_ns if fact.cause == "woken" else 0) < now.start_ns:
            return ()  # a wake-up that was derived may be heard of after its line, and lie before it within its error
        if fact.cause == "woken":
            now.note(f"{role}_woken", Mark(max(t_ns, now.start_ns) if error_ns else t_ns, fact.by, error_ns))
        elif fact.state == "running":
            now.note(f"{role}_runs", Mark(t_ns))
        elif fact.state == "blocked" and role == "tail":
            now.tail_back = "tail_runs" in now.marks
        elif fact.state == "blocked":
            now.grep_back = "grep_runs" in now.marks
        return self._settle()

    def wrote(self, pipeline: Pipeline, t_ns: int, text: str) -> Iterable[ClaimResult]:
        if self._now is None or self._now.pipeline is not pipeline or pipeline.buffered:
            return ()  # a block that comes out now is of many lines
        self._now.note("printed", Mark(t_ns))
        self._now.text += text
        return self._settle()

    def _settle(self) -> Iterable[ClaimResult]:
        now = self._now
        if now is None or not now.told:
            return ()
        self._now = None
        return self.passed(now)

    def passed(self, episode: Episode) -> Iterable[ClaimResult]:  # noqa: ARG002
        """One line has gone all the way."""
        return ()


def alone(pipeline: Pipeline) -> bool:
    """Whether all that is to come out is of the newest line; a grep that collects tells nothing of single lines."""
    return pipeline.buffered or pipeline.withheld == len(pipeline.newest)


def woken_early(pipeline: Pipeline, t_ns: int) -> bool:
    """Whether tail's wake-up by a line of this instant was derived to lie before it, within its error."""
    tail = pipeline.process("tail")
    woken = tail.state == "ready" and tail.asleep("poll", back=2) and t_ns - tail.since_ns <= error_ns(tail)
    return woken and pipeline.process("grep").asleep("pipe_read")


def error_ns(process: Task) -> int:
    """How far the beginning of what it does now may be off."""
    return process.spans[-1].from_error_ns if process.spans else 0
