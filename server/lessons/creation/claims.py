"""What this lesson claims, each a fold over the log of one run: what fork copies, what it does not, who makes whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...events import CellWritten, ClaimBroken, ClaimHeld, Entry
from ...lesson import ClaimResult
from ...lesson.claim_folds import counted_verdict
from ...log.timeline import Trial
from .readings import FLOAT_BYTES, KIB_PER_MIB, CreationReading, Look, Seen, called, maker

MOST_FOR_NOTHING_KB = KIB_PER_MIB  # "as good as nothing" is at most 1 MiB
NEARLY_ALL = 0.87  # of 1.5 million floats that is 40 MiB
PAGE_KB = 4


class MemoryClaim(CreationReading):
    """A claim about the looks of one trial, settled at its end."""

    name: str
    label: str

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        seen = self.found.get(trial.number, Seen())
        if trial.label != self.label or len(seen.looks) < 2:
            return ()
        return [self.judge(trial, seen)]

    def judge(self, trial: Trial, seen: Seen) -> ClaimResult:
        """The verdict on a trial that was looked at at least twice."""
        raise NotImplementedError

    def verdict(self, wrong: str | None, look: Look, from_ns: int | None = None) -> ClaimResult:
        """``wrong``: the figures that break it, None if it holds; seen at a look, or from one up to another."""
        at_ns, to_ns = (look.t_ns, None) if from_ns is None else (from_ns, look.t_ns)
        if wrong is None:
            return ClaimHeld(self.name, task=look.child.task, at_ns=at_ns, to_ns=to_ns)
        return ClaimBroken(self.name, wrong, task=look.child.task, at_ns=at_ns, to_ns=to_ns)


class ForkCopiesNothing(MemoryClaim):
    """Right after the fork, at most 1 MiB of the numbers is the child's own."""

    name = "fork_copies_nothing"
    label = "list"

    def judge(self, trial: Trial, seen: Seen) -> ClaimResult:  # noqa: ARG002
        private_kb = seen.looks[0].child.private_kb
        return self.verdict(None if private_kb <= MOST_FOR_NOTHING_KB else f"{private_kb} kB", seen.looks[0])


class ListCopied(MemoryClaim):
    """Reading the list makes a copy of nearly all of the numbers."""

    name = "list_copied"
    label = "list"

    def judge(self, trial: Trial, seen: Seen) -> ClaimResult:
        all_kb = int(trial.params["numbers"]) * FLOAT_BYTES / 1024
        enough = seen.copied_kb >= NEARLY_ALL * all_kb
        return self.verdict(None if enough else f"{seen.copied_kb} of {all_kb:.0f} kB", seen.looks[-1])


class ArrayShared(MemoryClaim):
    """Reading the array copies at most 1 MiB."""

    name = "array_shared"
    label = "array"

    def judge(self, trial: Trial, seen: Seen) -> ClaimResult:  # noqa: ARG002
        copied = seen.copied_kb
        return self.verdict(None if copied <= MOST_FOR_NOTHING_KB else f"{copied} kB", seen.looks[-1])


class PssExact(MemoryClaim):
    """Both together: the whole after the fork, one and a half times the whole once half is written, to a page."""

    name = "pss_exact"
    label = "half"

    def judge(self, trial: Trial, seen: Seen) -> ClaimResult:
        all_kb = int(trial.params["mib"]) * KIB_PER_MIB
        first, last = seen.looks[0], seen.looks[-1]
        huge = sum(each.huge_kb or 0 for look in seen.looks for each in (look.parent, look.child))
        exact = abs(first.pss_kb - all_kb) <= PAGE_KB and abs(last.pss_kb - all_kb * 3 // 2) <= PAGE_KB
        wrong = None if exact and not huge else f"{first.pss_kb} and {last.pss_kb} of {all_kb} kB, huge {huge} kB"
        return self.verdict(wrong, last, first.t_ns)


class TwoValues(CreationReading):
    """One address, two values: the child's write is not in the parent."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        cells = both(self, trial, "x")
        if cells is None:
            return ()
        (_, mine), (_, others) = cells
        at_ns, to_ns = sorted(t_ns for t_ns, _ in cells)
        where: dict[str, Any] = {"task": mine.task, "at_ns": at_ns, "to_ns": to_ns}
        if mine.address is None or mine.address != others.address:
            return [ClaimBroken("two_values", f"at {mine.address} and {others.address}", **where)]
        if mine.value == others.value:
            return [ClaimBroken("two_values", f"both read {mine.value}", **where)]
        return [ClaimHeld("two_values", **where)]


class SameFiles(CreationReading):
    """The same environment, and one open file: what the child reads moves the parent's place in it."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        offsets, environments = both(self, trial, "offset"), both(self, trial, "environment")
        if offsets is None or environments is None:
            return ()
        (at_ns, mine), (later_ns, others) = offsets
        alike = environments[0][1].value == environments[1][1].value
        if not alike or mine.value != others.value or mine.value == "0":
            reason = f"places {mine.value} and {others.value}, environments {'equal' if alike else 'differ'}"
            return [ClaimBroken("same_files", reason, task=mine.task, at_ns=at_ns)]
        return [ClaimHeld("same_files", task=mine.task, at_ns=min(at_ns, later_ns), to_ns=max(at_ns, later_ns))]


Said = tuple[int, CellWritten]  # when, what


def both(reading: CreationReading, trial: Trial, name: str) -> tuple[Said, Said] | None:
    """What child and parent said of a named value, with the instants; None if one of them has not."""
    parent, seen = maker(trial), reading.found.get(trial.number, Seen())
    said = {task: each for (task, of), each in seen.cells.items() if of == name}
    mine = said.pop(parent.number, None) if parent else None
    return None if mine is None or not said else (next(iter(said.values())), mine)


class Twice(CreationReading):
    """Printed once before the fork, A comes out of the pipe twice and of the terminal once."""

    def end(self) -> Iterable[ClaimResult]:
        found = [self.seen(label) for label in ("pipe", "terminal")]
        if None in found:
            return ()
        texts = ["".join(fact.text for _, fact in each[1].output) for each in found if each is not None]
        lines = [text.split().count("A") for text in texts]
        last = found[0][1].output[-1] if found[0] is not None and found[0][1].output else None
        at_ns, task = (last[0], last[1].task) if last else (None, None)
        if lines == [2, 1]:
            return [ClaimHeld("twice", task=task, at_ns=at_ns)]
        reason = f"{lines[0]} times through the pipe, {lines[1]} times on the terminal"
        return [ClaimBroken("twice", reason, task=task, at_ns=at_ns)]


class SeesX(CreationReading):
    """A forked child sees X = 42; one of spawn or of the fork server imports the module anew and sees 1."""

    def end(self) -> Iterable[ClaimResult]:
        found: dict[str, tuple[int, int, str]] = {}
        for label in ("fork", "spawn", "forkserver"):
            trial = self.seen(label)
            for (task, name), (t_ns, cell) in (trial[1].cells if trial else {}).items():
                if name == "X":
                    found[label] = (t_ns, task, cell.value)
        if len(found) < 3:
            return ()
        values = {label: value for label, (_, _, value) in found.items()}
        at_ns, task, _ = found["spawn"]
        if values == {"fork": "42", "spawn": "1", "forkserver": "1"}:
            return [ClaimHeld("sees_x", task=task, at_ns=at_ns)]
        return [ClaimBroken("sees_x", f"X = {values}", task=task, at_ns=at_ns)]


class OtherParent(CreationReading):
    """A child of the fork server has the server for a parent, not the process that asked for it."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        if trial.label != "forkserver":
            return
        asker, seen = maker(trial), self.found.get(trial.number, Seen())
        children = [self.timeline.task(task) for task, name in seen.cells if name == "X"]
        if not children or asker is None or not self.exact():
            return
        own = [each for each in children if each.born is not None and each.born.parent == asker.number]
        if own:
            yield ClaimBroken("other_parent", f"{len(own)} of {len(children)} are the asker's", task=own[0].number)
        else:
            yield ClaimHeld("other_parent", task=children[0].number, at_ns=children[0].born_ns)


class EveryCreator(CreationReading):
    """Every process but the launcher's own has a FORK record by a process that lived at that instant."""

    def end(self) -> Iterable[ClaimResult]:
        if not self.exact() or not self.births:
            return ()
        orphans = [each for each in self.births if not self._made(each)]
        if orphans:
            return [ClaimBroken("every_creator", f"{len(orphans)} of {len(self.births)} without a creator")]
        trials = list(self.timeline.trials.values())
        return [ClaimHeld("every_creator", at_ns=trials[0].from_ns, to_ns=self.births[-1].t_ns)] if trials else ()

    def _made(self, birth: Entry) -> bool:
        parent = getattr(birth.fact, "parent", None)
        if birth.source != "seen" or parent is None or parent < 0:
            return False
        if parent == 0:
            return True  # the launcher: it lives as long as the run
        creator = self.timeline.tasks.get(parent)
        if creator is None or creator.born_ns is None or creator.born_ns > birth.t_ns:
            return False
        return creator.ended_ns is None or creator.ended_ns >= birth.t_ns


class TwoProcesses(CreationReading):
    """To get one child, spawn makes two processes. Counted: which helpers a Python wants is its own affair."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        if trial.label != "spawn":
            return ()
        born = list(trial.tasks.values())[1:]
        first = min((task.born_ns or 0 for task in born), default=None)
        last = max((task.born_ns or 0 for task in born), default=None)
        holds = len(born) >= 2
        return counted_verdict(
            "two_processes", 1, len(born), holds=holds, reason=f"{len(born)} made", at_ns=first, to_ns=last
        )


class DaemonAlone(CreationReading):
    """The daemon has no terminal, and another parent than at its birth, because that one has ended."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        daemon, seen = next(iter(called(trial, "daemon")), None), self.found.get(trial.number, Seen())
        if daemon is None or daemon.born is None:
            return
        parent, terminal = seen.cards.get((daemon.number, "parent")), seen.cards.get((daemon.number, "terminal"))
        leader = self.timeline.tasks.get(daemon.born.parent)
        if parent is None or terminal is None or leader is None or leader.born is None:
            return
        gone = leader.ended_ns is not None and leader.ended_ns <= parent[0]
        if gone and int(parent[1]) != leader.born.pid and terminal[1] == "0":
            yield ClaimHeld("daemon_alone", task=daemon.number, at_ns=parent[0])
        else:
            reason = f"parent {parent[1]}, born of {leader.born.pid}, terminal {terminal[1]}"
            yield ClaimBroken("daemon_alone", reason, task=daemon.number, at_ns=parent[0])
