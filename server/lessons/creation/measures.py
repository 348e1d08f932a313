"""The numbers of this lesson: memory copied and in use, and how long a child takes to its first word."""

from __future__ import annotations

from collections.abc import Iterable

from ...events import ValueMeasured
from ...lesson import ClaimResult
from ...log.timeline import Task, Trial
from ...recorder import memory
from .readings import FLOAT_BYTES, KIB_PER_MIB, CreationReading, Seen

MS = 1_000_000


class Figures(CreationReading):
    """Per trial; memory in MiB of 1,048,576 bytes, times in ms."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        seen, number = self.found.get(trial.number, Seen()), trial.number
        if len(seen.looks) > 1:
            yield from self._memory(trial, seen)
        if seen.output:
            text = "".join(fact.text for _, fact in seen.output)
            yield ValueMeasured("printed", text.split().count("A"), "count", number)
        for way, ms in enumerate(first_words(trial), start=1):
            yield ValueMeasured("start_ms" if way == 1 else "next_ms", ms, "ms", number)
        if trial.label in ("spawn", "forkserver", "batch"):
            yield ValueMeasured("processes", len(trial.tasks) - 1, "count", number)

    def _memory(self, trial: Trial, seen: Seen) -> Iterable[ClaimResult]:
        first, last, number = seen.looks[0], seen.looks[-1], trial.number
        if "numbers" in trial.params:
            size = FLOAT_BYTES if trial.label == "list" else 8
            yield ValueMeasured("data_mib", trial.params["numbers"] * size / KIB_PER_MIB**2, "mib", number)
            yield ValueMeasured("copied_mib", seen.copied_kb / KIB_PER_MIB, "mib", number)
            yield ValueMeasured("at_fork_mib", first.child.private_kb / KIB_PER_MIB, "mib", number)
            yield ValueMeasured("both_mib", last.pss_kb / KIB_PER_MIB, "mib", number)
        else:
            yield ValueMeasured("before_mib", first.pss_kb / KIB_PER_MIB, "mib", number)
            yield ValueMeasured("written_mib", seen.copied_kb / KIB_PER_MIB, "mib", number)
            yield ValueMeasured("after_mib", last.pss_kb / KIB_PER_MIB, "mib", number)
        if last.child.faults is not None and first.child.faults is not None:
            yield ValueMeasured("faults", last.child.faults - first.child.faults, "count", number)
        if last.pages is not None:
            pages = memory.count_pages(last.pages.map)
            yield ValueMeasured("pages_copied", pages["c"], "count", number)
            yield ValueMeasured("pages", sum(pages.values()), "count", number)


def first_words(trial: Trial) -> list[float]:
    """From asking for each child to its first word, in ms."""
    found = []
    for task in trial.tasks.values():
        asked, heard = steps(task, "asks"), steps(task, "heard")
        found += [(end - start) / MS for start, end in zip(asked, heard, strict=False)]
    return found


def steps(task: Task, label: str) -> list[int]:
    """When a task was at a step; ns of the run."""
    return [t_ns for t_ns, _, step in task.steps if step.label == label]
