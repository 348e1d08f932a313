"""What the claims of this lesson read: the copies of a program, their cards and memory, the tools that ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...events import CellWritten, Entry, MemoryMeasured, SignalSent, TaskDescribed
from ...lesson import ClaimResult
from ...lesson.claim_folds import TimelineFold
from ...log.timeline import Task, Trial


class CopiesReading(TimelineFold):
    """A fold that keeps cards, memory and what was told; asked once, when the only trial is over."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.copies_wanted = int(params["copies"])
        self.cards: dict[tuple[int, str], list[tuple[int, str]]] = {}  # (task, of) → (t_ns, text), in order
        self.cells: list[tuple[int, CellWritten]] = []
        self.looks: list[dict[int, MemoryMeasured]] = []  # one a look: task → measured
        self.looked_ns: list[int] = []  # when each was over
        self.killed: tuple[int, int] | None = None  # when, whom

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        """Keeps what is described, measured and told."""
        match entry.fact:
            case TaskDescribed(task=task, of=of, text=text):
                self.cards.setdefault((task, of), []).append((entry.t_ns, text))
            case CellWritten() as cell:
                self.cells.append((entry.t_ns, cell))
            case SignalSent(to=task):
                self.killed = (entry.t_ns, task)
            case MemoryMeasured(task=task) as measured:
                if not self.looks or task in self.looks[-1]:
                    self.looks.append({})
                    self.looked_ns.append(entry.t_ns)
                self.looks[-1][task], self.looked_ns[-1] = measured, entry.t_ns
        return ()

    def named(self, trial: Trial, name: str) -> Task | None:
        """The first task of a name."""
        return next((task for task in trial.tasks.values() if task.born and task.born.name == name), None)

    def copies(self, trial: Trial) -> list[Task]:
        """The copies, in the order of their start."""
        return trial.with_role("copy")

    def newest(self, task: Task, of: str) -> tuple[int, str] | None:
        """The last text of a line of a card, with its instant."""
        found = self.cards.get((task.number, of))
        return found[-1] if found else None

    def first(self, task: Task, of: str) -> tuple[int, str] | None:
        """The first text of a line of a card, with its instant."""
        found = self.cards.get((task.number, of))
        return found[0] if found else None

    def sums(self) -> list[tuple[int, int]]:
        """(Rss, Pss) in kB over all copies, at each look."""
        return [(sum(m.rss_kb for m in look.values()), sum(m.pss_kb for m in look.values())) for look in self.looks]
