"""What this lesson claims, each a fold over the log of one run; it draws and runs nothing, and measures.py has figures.

Folds are silent about what a reader did not try, and where the instants are a sampler's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...events import TaskState
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim
from ...log.timeline import Task
from .episodes import Episode, Episodes
from .idle_periods import IdlePeriod, IdlePeriods
from .readings import Pipeline, PipelineReading

IDLE_NS = 2_000_000_000
STDIO_BYTES = 4096  # what stdio collects for a pipe (st_blksize)
LOOK_NS = 1_000_000_000  # how often a tail that is not told of changes looks for them (tail(1), -s)
PATIENCE_NS = 2 * LOOK_NS  # how long a full pipe may take to be seen before its claim is called broken
DRAINED_NS = 100_000_000  # what grep printed has been read from its pipe by then (server/stage/pipes.py)
STRANGE = "what came out is not what was written"
STOP, CONTINUE, TERMINATE, KILL = 19, 18, 15, 9  # on the architectures we know (signal(7))


class Judge(SettlingClaim, PipelineReading):
    """A claim about the pipelines of a run."""


class Idle(IdlePeriods, Judge):
    """Nothing is written for 2 s: tail sleeps in poll, grep in a pipe read, and neither gets a core once."""

    name = "idle"

    def rested(self, period: IdlePeriod, until_ns: int) -> Iterable[ClaimResult]:
        if period.cores:
            return self.disturbed(period, until_ns)
        lasted = until_ns - period.start_ns >= IDLE_NS
        return (
            self.state_held(period.pipeline.process("grep").number, period.start_ns)
            if lasted and self._judges(period)
            else ()
        )

    def disturbed(self, period: IdlePeriod, t_ns: int) -> Iterable[ClaimResult]:
        role = next(iter(period.cores))
        reason = f"{role} got a core with nothing written"
        return self.state_broken(reason, period.pipeline.process(role).number, t_ns) if self._judges(period) else ()

    def _judges(self, period: IdlePeriod) -> bool:
        """It is about a tail that the kernel tells of changes, and needs every switch.

        A user's inotify instances may be used up (inotify(7)): then tail asks by the clock, though nobody told it to.
        """
        return period.pipeline.inotify and period.told and self.exact


class Asks(Judge):
    """Without inotify: nothing is written, and tail wakes all the same, by the clock, to look, and sleeps again."""

    name = "asks"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._woke_ns: dict[int, int] = {}  # of each pipeline: when tail woke to look, until it sleeps again

    def changed(self, pipeline: Pipeline, process: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        if process.role != "tail":
            return ()
        rises, quiet_ns = fact.state in ("ready", "running"), t_ns - pipeline.cause_ns
        if process.asleep("sleep", back=2) and rises and quiet_ns > LOOK_NS:
            self._woke_ns[pipeline.number] = t_ns
        if pipeline.number not in self._woke_ns or not process.asleep("sleep"):
            return ()
        return self.state_held(process.number, self._woke_ns.pop(pipeline.number))

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        since_ns = pipeline.idle_since_ns
        if not pipeline.inotify and since_ns and t_ns - since_ns >= IDLE_NS:
            return self.state_broken("tail slept for 2 s", pipeline.process("tail").number, since_ns)
        return ()


class WakesInOrder(Episodes, Judge):
    """One line: the writer, then tail woken, then grep woken, and last what grep prints, if it does.

    A wake-up that was derived has an error, and is held only against the instant its process got a core.
    """

    name = "wakes"

    def passed(self, episode: Episode) -> Iterable[ClaimResult]:
        grep, wrong = episode.pipeline.process("grep"), out_of_order(episode)
        if wrong:
            return self.state_broken(wrong, grep.number, episode.start_ns)
        return self.state_held(grep.number, episode.marks["grep_woken"].t_ns)


def out_of_order(episode: Episode) -> str | None:
    """What speaks against the order of an episode; None if nothing does."""
    names = ["tail_woken", "tail_runs", "grep_woken", "grep_runs"]
    marks = episode.marks
    missing = [name for name in names if name not in marks]
    if missing:
        return f"not seen: {', '.join(missing)}"
    order = [marks[name] for name in (*names, "printed") if name in marks]
    exact = [episode.start_ns, *(mark.t_ns for mark in order if not mark.error_ns)]
    late = any(marks[f"{who}_woken"].t_ns > marks[f"{who}_runs"].t_ns for who in ("tail", "grep"))
    if late or exact != sorted(exact):
        return "in another order"
    wakers = [(marks["tail_woken"].by, "writer"), (marks["grep_woken"].by, "tail")]
    strange = [role for by, role in wakers if by is not None and by != episode.pipeline.process(role).number]
    return f"not woken by {strange[0]}" if strange else None


class BackPressure(Judge):
    """grep is stopped and a burst comes: tail falls asleep in a pipe write, and the pipe is full.

    Full is what the kernel calls full: there is no room for the next write. A pipe is a ring of pages, and one that
    was not filled to its end counts as used, so FIONREAD may say a little less than the capacity.
    """

    name = "full"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._burst_ns: dict[int, int] = {}  # of each pipeline: when a burst came that has not filled the pipe yet

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:
        if label == "burst" and pipeline.process("grep").state == "stopped" and not pipeline.full:
            self._burst_ns[pipeline.number] = t_ns
        return ()

    def changed(self, pipeline: Pipeline, process: Task, t_ns: int, fact: TaskState) -> Iterable[ClaimResult]:
        if process.role == "grep" and fact.state != "stopped":
            return self._over(pipeline, t_ns)
        return self.filled(pipeline, t_ns)

    def filled(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        if not pipeline.full:
            return ()
        self._burst_ns.pop(pipeline.number, None)
        tail = pipeline.process("tail")
        return self.state_held(tail.number, max(tail.since_ns, 0))

    def _over(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:
        since_ns, tail = self._burst_ns.pop(pipeline.number, t_ns), pipeline.process("tail")
        if t_ns - since_ns < PATIENCE_NS or pipeline.closing or tail.state == "ready":
            return ()  # tail had no time, was told to end, or has no core to write on
        reason = f"tail {tail.state} {tail.spans[-1].waits_for or ''}, {pipeline.level} of {pipeline.capacity} bytes"
        return self.state_broken(reason, tail.number, t_ns)


class EveryLine(Judge):
    """After grep was resumed, every matching line has come out, in order and none twice."""

    name = "every_line"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._stopped: set[int] = set()  # pipelines in which grep was stopped,
        self._resumed: set[int] = set()  # and went on
        self._cut: set[int] = set()  # in which tail was told to end before it had passed on what is in the file

    def signalled(self, pipeline: Pipeline, role: str, t_ns: int, signum: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        if role == "grep" and signum == STOP:
            self._stopped.add(pipeline.number)
        elif role == "grep" and signum == CONTINUE and pipeline.number in self._stopped:
            self._resumed.add(pipeline.number)
        elif role == "tail" and not pipeline.passed_on:
            self._cut.add(pipeline.number)
        return ()

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        if pipeline.closing and label in ("append", "burst"):
            self._cut.add(pipeline.number)
        return ()

    def wrote(self, pipeline: Pipeline, t_ns: int, text: str) -> Iterable[ClaimResult]:  # noqa: ARG002
        grep = pipeline.process("grep")
        if pipeline.number not in self._resumed or (pipeline.in_order and pipeline.withheld):
            return ()
        return (
            self.state_held(grep.number, t_ns) if pipeline.in_order else self.state_broken(STRANGE, grep.number, t_ns)
        )

    def finished(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:
        grep = pipeline.process("grep")
        if pipeline.number not in self._resumed or (pipeline.in_order and not pipeline.withheld):
            return ()
        if not pipeline.in_order:
            return self.state_broken(STRANGE, grep.number, t_ns)
        if grep.signal is None and pipeline.number not in self._cut:  # it ended at end of file, and had time for all
            return self.state_broken(f"{pipeline.withheld} characters did not come out", grep.number, t_ns)
        return ()


class PerLine(Episodes, Judge):
    """With --line-buffered, one matching line comes out by itself."""

    name = "per_line"

    def passed(self, episode: Episode) -> Iterable[ClaimResult]:
        if episode.pipeline.buffered or not episode.wanted:
            return ()
        grep, at_ns = episode.pipeline.process("grep"), episode.marks["printed"].t_ns
        if episode.text == episode.wanted:
            return self.state_held(grep.number, at_ns)
        return self.state_broken("another text came out", grep.number, at_ns)


class InBlocks(Judge):
    """Without it, nothing comes out until 4096 bytes have been matched; then whole blocks do, and the rest waits.

    Before the end of file every read is a multiple of 4096 bytes. It holds only once grep sleeps, all it printed has
    come out, and something that matched has not: a grep that prints line by line holds nothing back.
    """

    name = "in_blocks"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._first_ns: dict[int, int] = {}  # of each pipeline: when whole blocks came out

    def wrote(self, pipeline: Pipeline, t_ns: int, text: str) -> Iterable[ClaimResult]:  # noqa: ARG002
        if not pipeline.buffered or pipeline.closing:
            return ()  # at end of file grep prints whatever it still holds
        if not whole_blocks(pipeline):
            return self.state_broken(f"{pipeline.printed_bytes} bytes came out", pipeline.process("grep").number, t_ns)
        self._first_ns.setdefault(pipeline.number, t_ns)
        return ()

    def withheld(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        since_ns = self._first_ns.get(pipeline.number)
        if since_ns is None or pipeline.withheld <= 0:
            return ()
        return self.state_held(pipeline.process("grep").number, since_ns)

    def stepped(self, pipeline: Pipeline, label: str, t_ns: int) -> Iterable[ClaimResult]:
        return self.withheld(pipeline, t_ns) if label == "quiet" else ()

    def signalled(self, pipeline: Pipeline, role: str, t_ns: int, signum: int) -> Iterable[ClaimResult]:  # noqa: ARG002
        grep = pipeline.process("grep")
        drained = grep.asleep("pipe_read") and t_ns - grep.since_ns >= DRAINED_NS
        return self.withheld(pipeline, t_ns) if drained else ()


def whole_blocks(pipeline: Pipeline) -> bool:
    """Whether what came out so far is that many blocks of what matched; of a character that is cut, nothing yet."""
    missing = -pipeline.printed_bytes % STDIO_BYTES
    cut = pipeline.matching[pipeline.printed : pipeline.printed + 1].encode()
    return pipeline.in_order and (not missing or missing < len(cut))


class TailEnds(Judge):
    """grep has gone: tail ends too."""

    name = "tail_ends"

    def finished(self, pipeline: Pipeline, t_ns: int) -> Iterable[ClaimResult]:
        grep, tail = pipeline.process("grep"), pipeline.process("tail")
        if grep.died_ns is None or grep.signal != TERMINATE or (tail.died_ns or t_ns) < grep.died_ns:
            return ()  # it read end of file, or the time was up and the stage cleared all away
        if tail.died_ns is None or tail.signal == KILL:
            return self.state_broken("it was still there at the end", tail.number, grep.died_ns)
        return self.state_held(tail.number, tail.died_ns)


class DeadPipe(Judge):
    """Writing into a pipe that nobody can read: EPIPE."""

    name = "epipe"

    def returned(self, pipeline: Pipeline, role: str, t_ns: int, result: str) -> Iterable[ClaimResult]:
        late = pipeline.process("late")
        if role != "late":
            return ()
        return (
            self.state_held(late.number, t_ns)
            if result == "EPIPE"
            else self.state_broken(f"the write returned {result}", late.number, t_ns)
        )
