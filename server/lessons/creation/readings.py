"""What the claims of this lesson read in a trial: measured memory, told values, who was born of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import CellWritten, Entry, MemoryMeasured, MemoryPages, Output, TaskBorn, TaskDescribed
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Task, Trial

KIB_PER_MIB = 1024
FLOAT_BYTES = 32  # what a float takes in CPython's heap on a 64-bit machine: 24 bytes, in a block of 32


@dataclass(slots=True)
class Look:
    """Both processes' share of the numbers, measured while both slept."""

    t_ns: int
    parent: MemoryMeasured
    child: MemoryMeasured
    pages: MemoryPages | None = None

    @property
    def pss_kb(self) -> int:
        """Memory of both together, each page once."""
        return self.parent.pss_kb + self.child.pss_kb


@dataclass(slots=True)
class Seen:
    """What was heard in one trial beyond births and states."""

    looks: list[Look] = field(default_factory=list)
    cells: dict[tuple[int, str], tuple[int, CellWritten]] = field(default_factory=dict)  # (task, name) → newest
    output: list[tuple[int, Output]] = field(default_factory=list)
    cards: dict[tuple[int, str], tuple[int, str]] = field(default_factory=dict)  # (task, of) → newest

    @property
    def copied_kb(self) -> int:
        """What became the child's own between the first look and the last."""
        return self.looks[-1].child.private_kb - self.looks[0].child.private_kb if self.looks else 0


class CreationReading(TimelineFold):
    """A fold that keeps, beside the timeline, what was measured and told in each trial."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.found: dict[int, Seen] = {}  # by number of the trial
        self._open: MemoryMeasured | None = None  # of the parent, until the child's follows
        self.births: list[Entry] = []

    def seen(self, label: str) -> tuple[Trial, Seen] | None:
        """The trial of this label and what was seen in it; None if there is none (yet)."""
        trial = next((each for each in self.timeline.trials.values() if each.label == label), None)
        return None if trial is None else (trial, self.found.get(trial.number, Seen()))

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        """Keeps what is measured and told."""
        fact = entry.fact
        if isinstance(fact, TaskBorn):
            self.births.append(entry)
            return ()
        if isinstance(fact, (MemoryMeasured, MemoryPages, CellWritten, Output, TaskDescribed)):
            begun = [trial for trial in self.timeline.trials.values() if trial.from_ns <= entry.t_ns]
            if begun:
                self._keep(self.found.setdefault(begun[-1].number, Seen()), entry.t_ns, fact)
        return ()

    def _keep(self, seen: Seen, t_ns: int, fact: Any) -> None:
        match fact:
            case MemoryMeasured():
                before, self._open = self._open, fact
                if before is not None and before.task != fact.task:
                    seen.looks.append(Look(t_ns, before, fact))
                    self._open = None
            case MemoryPages() if seen.looks:
                seen.looks[-1].pages = fact
            case CellWritten(task=task, name=name):
                seen.cells[task, name] = (t_ns, fact)
            case TaskDescribed(task=task, of=of, text=text):
                seen.cards[task, of] = (t_ns, text)
            case Output(stream="terminal"):
                seen.output.append((t_ns, fact))

    def exact(self) -> bool:
        """Whether births are the kernel's records."""
        return self.timeline.exact


def called(trial: Trial, word: str) -> list[Task]:
    """Its tasks of a name or role, in order of birth: on a busy machine a child's birth is heard before its name."""
    return [task for task in trial.tasks.values() if word in (task.name, task.role)]


def maker(trial: Trial) -> Task | None:
    """The task that the stage itself started: the first of the trial."""
    return next(iter(trial.tasks.values()), None)
