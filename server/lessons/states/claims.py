"""What this lesson claims, each a fold over the log of one run; it draws and runs nothing, and measures.py has figures.

Folds are silent about what a reader did not try, and where the instants are a sampler's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from server.events import ClaimBroken, ClaimHeld, TaskState
from server.lesson import Verdict
from server.lessons.states.episodes import Episode, Episodes
from server.lessons.states.readings import Line, Player, Reading
from server.lessons.states.rests import Rest, Rests

IDLE_NS = 2_000_000_000
STDIO_BYTES = 4096  # what stdio collects for a pipe (st_blksize)
PATIENCE_NS = 1_000_000_000  # how long nothing must happen before a claim is called broken
DRAINED_NS = 100_000_000  # what grep printed has been read from its pipe by then (server/stage/plumbing.py)
STOP, CONTINUE, TERMINATE, KILL = 19, 18, 15, 9  # on the architectures we know (signal(7))


class Once(Reading):
    """A reading that settles its claim once."""

    name = ""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.settled = False

    def held(self, player: Player | None, at_ns: int) -> Iterable[Verdict]:
        if not self.settled:
            self.settled = True
            yield ClaimHeld(self.name, task=player.task if player else None, at_ns=at_ns)

    def broken(self, reason: str, player: Player | None, at_ns: int) -> Iterable[Verdict]:
        if not self.settled:
            self.settled = True
            yield ClaimBroken(self.name, reason, task=player.task if player else None, at_ns=at_ns)


class Idle(Rests, Once):
    """Nothing is written for 2 s: tail sleeps in poll, grep in a pipe read, and neither gets a core once."""

    name = "idle"

    def rested(self, rest: Rest, until_ns: int) -> Iterable[Verdict]:
        if rest.cores:
            return self.disturbed(rest, until_ns)
        lasted = until_ns - rest.start_ns >= IDLE_NS
        return self.held(rest.line.player("grep"), rest.start_ns) if lasted and self._judges(rest) else ()

    def disturbed(self, rest: Rest, t_ns: int) -> Iterable[Verdict]:
        role = next(iter(rest.cores))
        reason = f"{role} got a core with nothing written"
        return self.broken(reason, rest.line.player(role), t_ns) if self._judges(rest) else ()

    def _judges(self, rest: Rest) -> bool:
        """It is about a tail that the kernel tells of changes, and needs every switch."""
        return rest.line.inotify and self.exact


class Asks(Once):
    """Without inotify: nothing is written, and tail wakes all the same, by the clock, to look."""

    name = "asks"

    def moving(self, line: Line, player: Player, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        quiet_ns = t_ns - line.cause_ns
        rises = fact.state in ("ready", "running")
        if player.role == "tail" and player.asleep("sleep") and rises and quiet_ns > PATIENCE_NS:
            return self.held(player, t_ns)
        return ()

    def stepped(self, line: Line, label: str, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        since_ns = line.idle_since_ns
        if not line.inotify and since_ns and t_ns - since_ns >= IDLE_NS:
            return self.broken("tail slept for 2 s", line.player("tail"), since_ns)
        return ()


class WakesInOrder(Episodes):
    """One line: the writer, then tail woken, then grep woken, and last what grep prints, if it does.

    A wake-up that was derived has an error, and is held only against the instant its process got a core.
    """

    def passed(self, episode: Episode) -> Iterable[Verdict]:
        names = ["tail_woken", "tail_runs", "grep_woken", "grep_runs"]
        marks = episode.marks
        missing = [name for name in names if name not in marks]
        if missing:
            yield ClaimBroken("wakes", f"not seen: {', '.join(missing)}", at_ns=episode.start_ns)
            return
        order = [marks[name] for name in (*names, "printed") if name in marks]
        exact = [episode.start_ns, *(mark.t_ns for mark in order if not mark.error_ns)]
        late = [marks[f"{who}_woken"].t_ns <= marks[f"{who}_runs"].t_ns for who in ("tail", "grep")]
        wakers = [(marks["tail_woken"].by, "writer"), (marks["grep_woken"].by, "tail")]
        strange = [role for by, role in wakers if by is not None and by != episode.line.player(role).task]
        grep = episode.line.player("grep").task
        if exact != sorted(exact) or not all(late):
            yield ClaimBroken("wakes", "in another order", task=grep, at_ns=episode.start_ns)
        elif strange:
            yield ClaimBroken("wakes", f"not woken by {strange[0]}", task=grep, at_ns=episode.start_ns)
        else:
            yield ClaimHeld("wakes", task=grep, at_ns=marks["grep_woken"].t_ns)


class BackPressure(Once):
    """grep is stopped and a burst comes: tail falls asleep in a pipe write, and the pipe is full.

    Full is what the kernel calls full: there is no room for the next write. A pipe is a ring of pages, and one that
    was not filled to its end counts as used, so FIONREAD may say a little less than the capacity.
    """

    name = "full"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._burst_ns: int | None = None

    def stepped(self, line: Line, label: str, t_ns: int) -> Iterable[Verdict]:
        if label == "burst" and line.player("grep").state == "stopped":
            self._burst_ns = t_ns
        return ()

    def moved(self, line: Line, role: str, t_ns: int, fact: TaskState) -> Iterable[Verdict]:
        if role == "grep" and fact.state != "stopped":
            return self._over(line, t_ns)
        return self.filled(line, t_ns)

    def filled(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        tail, grep = line.player("tail"), line.player("grep")
        if tail.asleep("pipe_write") and grep.state == "stopped" and line.level:
            return self.held(tail, max(tail.since_ns, 0))
        return ()

    def _over(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        since_ns, self._burst_ns = self._burst_ns, None
        if since_ns is None or t_ns - since_ns < PATIENCE_NS:
            return ()
        tail = line.player("tail")
        said = f"tail {tail.state} {tail.reason or ''}, {line.level} of {line.capacity} bytes"
        return self.broken(said, tail, t_ns)


class EveryLine(Once):
    """After grep was resumed, every matching line has come out, in order and none twice."""

    name = "every_line"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._stopped = False
        self._resumed_ns: int | None = None

    def signalled(self, line: Line, role: str, t_ns: int, signum: int) -> Iterable[Verdict]:  # noqa: ARG002
        if role == "grep" and signum == STOP:
            self._stopped = True
        if role == "grep" and signum == CONTINUE and self._stopped:
            self._resumed_ns = t_ns
        return ()

    def wrote(self, line: Line, t_ns: int, text: str) -> Iterable[Verdict]:  # noqa: ARG002
        if self.settled or self._resumed_ns is None:
            return ()
        size = sum(map(len, line.matching))
        if len(line.printed) < size:
            return ()
        if line.printed == "".join(line.matching):
            return self.held(line.player("grep"), t_ns)
        return self.broken("what came out is not what was written", line.player("grep"), t_ns)

    def finished(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        grep, wanted = line.player("grep"), "".join(line.matching)
        if self._resumed_ns is None or line.printed == wanted:
            return ()
        if not wanted.startswith(line.printed):
            return self.broken("what came out is not what was written", grep, t_ns)
        if grep.signal is None:  # it ended by itself, at end of file, and had time for all
            return self.broken(f"{len(wanted) - len(line.printed)} bytes did not come out", grep, t_ns)
        return ()


class PerLine(Episodes):
    """With --line-buffered, one matching line comes out by itself."""

    def passed(self, episode: Episode) -> Iterable[Verdict]:
        if episode.line.buffered or not episode.matches:
            return
        grep, at_ns = episode.line.player("grep").task, episode.marks["printed"].t_ns
        if episode.text == episode.line.matching[-1]:
            yield ClaimHeld("per_line", task=grep, at_ns=at_ns)
        else:
            yield ClaimBroken("per_line", "another text came out", task=grep, at_ns=at_ns)


class InBlocks(Once):
    """Without it, nothing comes out until 4096 bytes have been matched; then whole blocks do, and the rest waits.

    Before the end of file every read is a multiple of 4096 bytes. It holds only once grep sleeps, all it printed has
    come out, and something that matched has not: a grep that prints line by line holds nothing back.
    """

    name = "in_blocks"

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._first_ns: dict[int, int] = {}  # of each pipeline: when whole blocks came out

    def wrote(self, line: Line, t_ns: int, text: str) -> Iterable[Verdict]:  # noqa: ARG002
        if not line.buffered or line.closing:
            return ()  # at end of file grep prints whatever it still holds
        if not whole_blocks(line):
            return self.broken(f"{len(line.printed.encode())} bytes came out", line.player("grep"), t_ns)
        self._first_ns.setdefault(line.number, t_ns)
        return ()

    def withheld(self, line: Line, t_ns: int) -> Iterable[Verdict]:  # noqa: ARG002
        since_ns = self._first_ns.get(line.number)
        if since_ns is None or sum(map(len, line.matching)) <= len(line.printed):
            return ()
        return self.held(line.player("grep"), since_ns)

    def stepped(self, line: Line, label: str, t_ns: int) -> Iterable[Verdict]:
        return self.withheld(line, t_ns) if label == "quiet" else ()

    def signalled(self, line: Line, role: str, t_ns: int, signum: int) -> Iterable[Verdict]:  # noqa: ARG002
        grep = line.player("grep")
        drained = grep.asleep("pipe_read") and t_ns - grep.since_ns >= DRAINED_NS
        return self.withheld(line, t_ns) if drained else ()


def whole_blocks(line: Line) -> bool:
    """Whether what came out so far is that many blocks of what matched; of a character that is cut, nothing yet."""
    size, matched = len(line.printed.encode()), "".join(line.matching).encode()
    end = -(-size // STDIO_BYTES) * STDIO_BYTES
    return end <= len(matched) and matched[:end].decode("utf-8", "ignore") == line.printed


class TailEnds(Reading):
    """grep has gone: tail ends too."""

    def finished(self, line: Line, t_ns: int) -> Iterable[Verdict]:
        grep, tail = line.player("grep"), line.player("tail")
        if grep.died_ns is None or grep.signal != TERMINATE or (tail.died_ns or t_ns) < grep.died_ns:
            return  # it read end of file, or the time was up and the stage cleared all away
        if tail.died_ns is None or tail.signal == KILL:
            yield ClaimBroken("tail_ends", "it was still there at the end", task=tail.task, at_ns=grep.died_ns)
        else:
            yield ClaimHeld("tail_ends", task=tail.task, at_ns=tail.died_ns)


class DeadPipe(Reading):
    """Writing into a pipe that nobody can read: EPIPE."""

    def returned(self, line: Line, role: str, t_ns: int, result: str) -> Iterable[Verdict]:
        if role != "late":
            return
        if result == "EPIPE":
            yield ClaimHeld("epipe", task=line.player(role).task, at_ns=t_ns)
        else:
            yield ClaimBroken("epipe", f"the write returned {result}", task=line.player(role).task, at_ns=t_ns)
