"""What a log says about one pipeline: who sleeps where, what was written and printed. It judges nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import (
    CallReturned,
    Entry,
    Output,
    PipeFilled,
    SignalSent,
    State,
    Step,
    TaskDied,
    TaskState,
    TrialStarted,
)
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Task, Trial
from .experiment import BURST_LINES, burst_line
from .running import PATTERN

ROLES = ("writer", "tail", "grep", "late")
_MATCHED = tuple(
    pipeline + "\n" for pipeline in map(burst_line, range(1, BURST_LINES + 1)) if PATTERN in pipeline
)  # what grep prints of a burst
_BURST = "".join(_MATCHED)


@dataclass(slots=True)
class Pipeline:
    """One pipeline, from its start to its end; ns of the run."""

    number: int
    buffered: bool
    inotify: bool
    trial: Trial = field(default_factory=lambda: Trial(0))
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

    def process(self, role: str) -> Task:
        """The process with this role; number 0 and ready if it was not born yet."""
        return next(iter(self.trial.with_role(role)), Task(0))

    @property
    def idle_since_ns(self) -> int | None:
        """Since when both sleep where they wait for input; None if one of them does not."""
        tail, grep = self.process("tail"), self.process("grep")
        if tail.asleep("poll") and grep.asleep("pipe_read"):
            return max(tail.since_ns, grep.since_ns)
        return None

    @property
    def resting(self) -> bool:
        """Whether all that was written has gone through and all three sleep: the writer, tail and grep."""
        return self.passed_on and self.process("grep").asleep("pipe_read")

    @property
    def passed_on(self) -> bool:
        """Whether the writer sleeps, and tail too, with all that was written in the pipe or beyond it."""
        tail = self.process("tail")  # one that is not told may go to sleep with a line still to come
        return self.writer_asleep and (tail.asleep("poll") or (tail.asleep("sleep") and not self.unseen))

    @property
    def writer_asleep(self) -> bool:
        """Whether the writer waits for an order."""
        return self.process("writer").state == "blocked"

    @property
    def full(self) -> bool:
        """Whether grep is stopped and tail sleeps until there is room in the pipe."""
        return self.process("tail").asleep("pipe_write") and self.process("grep").state == "stopped" and self.level > 0

    @property
    def withheld(self) -> int:
        """Characters that match and have not come out."""
        return len(self.matching) - self.printed

    def take(self, text: str) -> None:
        """Lines that the writer has written."""
        for each in text.splitlines():
            self.newest = each + "\n" if PATTERN in each else ""
            self.matching += self.newest

    def step(self, label: str, t_ns: int) -> None:
        """The writer is at a step: "append" or "burst" writes next."""
        if label in ("append", "burst"):
            self.cause_ns, self.unseen = t_ns, True
        if label == "burst":
            self.burst()

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


class PipelineReading(TimelineFold):
    """A fold that keeps the pipelines of a run and asks its subclass at the moments that can settle something."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.pipelines: dict[int, Pipeline] = {}

    @property
    def exact(self) -> bool:
        """Whether instants are the kernel's, not a sampler's."""
        return self.timeline.exact

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        fact, t_ns = entry.fact, entry.t_ns
        if isinstance(fact, TrialStarted):
            setting = bool(fact.params["buffered"]), bool(fact.params["inotify"])
            self.pipelines[fact.trial] = Pipeline(fact.trial, *setting, self.timeline.trials[fact.trial])
        elif isinstance(fact, PipeFilled) and self.pipelines:
            return self._filled(next(reversed(self.pipelines.values())), t_ns, fact)
        elif isinstance(fact, TaskDied | Step | Output | CallReturned) and (found := self._of(fact.task)):
            return self._of_task(*found, t_ns, fact)
        elif isinstance(fact, SignalSent) and (found := self._of(fact.to)):
            pipeline, role = found
            pipeline.cause_ns = t_ns
            pipeline.closing = pipeline.closing or role == "tail"
            return self.signalled(pipeline, role, t_ns, fact.signal)
        return ()

    def _of(self, task: int) -> tuple[Pipeline, str] | None:
        """The pipeline and the role of a task; None if it is of none."""
        born = self.timeline.task(task).born
        pipeline = self.pipelines.get(born.trial) if born and born.trial is not None else None
        return (pipeline, born.role) if born and pipeline and born.role in ROLES else None

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        if trial.number in self.pipelines:
            yield from self.finished(self.pipelines[trial.number], trial.to_ns or 0)
            self.pipelines[trial.number].over()

    def _filled(self, pipeline: Pipeline, t_ns: int, fact: PipeFilled) -> Iterable[ClaimResult]:
        if fact.pipe is not None:
            return self.withheld(pipeline, t_ns)
        pipeline.level, pipeline.capacity = fact.bytes, fact.capacity
        return self.filled(pipeline, t_ns)

    def _of_task(
        self, pipeline: Pipeline, role: str, t_ns: int, fact: TaskDied | Step | Output | CallReturned
    ) -> Iterable[ClaimResult]:
        match fact:
            case TaskDied():
                return self.died(pipeline, role, t_ns)
            case CallReturned(result=result):
                return self.returned(pipeline, role, t_ns, result or "")
            case Step(label=label):
                pipeline.step(label, t_ns)
                return self.stepped(pipeline, label, t_ns)
            case Output(stream="log", text=text):
                pipeline.take(text)
            case Output(stream="terminal", text=text):
                pipeline.wrote(text)
                return self.wrote(pipeline, t_ns, text)
        return ()

    def watched_states(self) -> Collection[State]:
        """All for ``changed``; else those by which it follows tail."""
        return super().watched_states() if type(self).changed is not PipelineReading.changed else ("running", "zombie")

    def on_state_change(self, task: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        found = self._of(task.number)
        if found is None:
            return ()
        pipeline, role = found
        if role == "tail":
            pipeline.unseen = pipeline.unseen and not (fact.state == "running" and pipeline.writer_asleep)
            pipeline.closing = pipeline.closing or fact.state == "zombie"
        return self.changed(pipeline, task, t_ns, fact)

    def changed(self, pipeline: Pipeline, process: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A process has changed its state."""
        return ()

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """The writer does "append" or "burst" next, or has "written", or has been "quiet" for two seconds."""
        return ()

    def wrote(self, pipeline: Pipeline, t_ns: int, text: str) -> Iterable[ClaimResult]:  # noqa: ARG002
        """Text has come out of grep."""
        return ()

    def filled(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """The pipe's level has changed."""
        return ()

    def withheld(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """grep sleeps, and all that it has printed has come out."""
        return ()

    def signalled(self, pipeline: Pipeline, role: str, t_ns: int, signum: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A signal was sent to one of them."""
        return ()

    def returned(self, pipeline: Pipeline, role: str, t_ns: int, result: str) -> Iterable[ClaimResult]:  # noqa: ARG002
        """A call of one of them has returned."""
        return ()

    def died(self, pipeline: Pipeline, role: str, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """One of them has ended."""
        return ()

    def finished(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        """The pipeline is over."""
        return ()
