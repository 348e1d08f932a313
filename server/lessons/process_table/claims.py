"""What this lesson claims, each a fold over the log of one run, and its figures; it draws and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from ...events import ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, counted_verdict
from ...log.timeline import Task, Trial
from .readings import Look, TableReading, Watched, watched

MS = 1_000_000
KEPT = ("pc", "sp", "stack", "cpu_ms", "switches")  # what a frozen task's two looks must agree in, and its descriptors
NEEDED = ("pc", "sp", "stack")
LEAST_APART = 5  # nice values; closer ones give shares that a busy machine blurs


class Judge(SettlingClaim, TableReading):
    """A claim about the tasks of a trial."""


class Inside(Judge):
    """Every absence of the watcher of more than 100 µs lies inside one gap that it saw."""

    name = "inside"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "watcher")
        found = watched(self, task) if task is not None else None
        if found is None or not found.absences or not self.timeline.exact:
            return
        for absence in found.absences:
            if found.gap_of(absence) is None:
                length = (absence[1] - absence[0]) / 1000
                yield from self.state_broken(f"one of {length:.0f} µs lies in no gap", found.task.number, *absence)
        yield from self.state_held(found.task.number, found.absences[0][0], found.absences[-1][1])


class SameSum(Judge):
    """The interrupted computation and an undisturbed one of as many steps came to the same number."""

    name = "same_sum"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "alone")
        if task is None:
            return
        others = [each for each in self.timeline.tasks.values() if each.role == "watcher"]
        sums = [self.cells.get((each.number, "checksum"), [(0, "")])[-1] for each in (*others, task)]
        if len(sums) != 2 or not sums[0][1] or not sums[1][1]:
            return
        if sums[0][1] == sums[1][1]:
            yield from self.state_held(task.number, sums[1][0])
        else:
            yield from self.state_broken(f"{sums[0][1]} and {sums[1][1]}", task.number, sums[1][0])


class Lonely(TableReading):
    """Counted: gaps in which the kernel recorded no absence, of all gaps (interrupts, the hypervisor)."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "watcher")
        found = watched(self, task) if task is not None else None
        if found is None or not found.gaps:
            return ()
        lonely = without(found)
        at_ns = lonely[0][0] if lonely else found.gaps[0][0]
        return counted_verdict("lonely", len(lonely), len(found.gaps), holds=True, task=found.task.number, at_ns=at_ns)


def without(found: Watched) -> list[tuple[int, int]]:
    """The gaps that hold no absence."""
    held = {found.gap_of(absence) for absence in found.absences}
    return [gap for gap in found.gaps if gap not in held]


class Unchanged(Judge):
    """Every time the task was frozen, two looks found the same PC, SP, stack, offsets, CPU time and switches."""

    name = "unchanged"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "burner")
        pairs = rounds(self.looks(task)) if task is not None else []
        if task is None or not pairs or not all(set(NEEDED) <= set(look.lines) for pair in pairs for look in pair):
            return  # registers or memory may not be read here
        for first, second in pairs:
            wrong = [of for of in first.lines if of in KEPT or of.startswith("fd ")]
            wrong = [of for of in wrong if first.lines[of] != second.lines.get(of)]
            if wrong or first.lines.get("state") != "T":
                yield from self.state_broken(f"not the same: {', '.join(wrong) or 'state'}", task.number, first.t_ns)
        yield from self.state_held(task.number, pairs[0][0].t_ns, pairs[-1][1].t_ns)


def rounds(looks: list[Look]) -> list[tuple[Look, Look]]:
    """The two looks of each time that the task was frozen."""
    return list(zip(looks[::2], looks[1::2], strict=False))


class Where(Judge):
    """Every time: PC points into memory that may be executed and not written, SP into the stack."""

    name = "where"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "burner")
        looks = [each for each in self.looks(task) if "map pc" in each.lines] if task is not None else []
        if task is None or not looks:
            return
        for look in looks:
            if not look.lines["map pc"].startswith("r-x") or "[stack]" not in look.lines.get("map sp", ""):
                yield from self.state_broken(
                    f"{look.lines['map pc']}, {look.lines.get('map sp')}", task.number, look.t_ns
                )
        yield from self.state_held(task.number, looks[0].t_ns, looks[-1].t_ns)


class Weights(Judge):
    """On one core the task with nice 10 got less than half of the other's CPU time; of equal ones it says nothing."""

    name = "weights"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        found = shares(self, trial)
        apart = int(self.nice_of(trial, "nice") or 0) - int(self.nice_of(trial, "plain") or 0)
        if found is None or apart < LEAST_APART:
            return
        plain_ns, nice_ns, task, from_ns, to_ns = found
        ratio = nice_ns / max(1, plain_ns)
        if ratio < 0.5:
            yield from self.state_held(task.number, from_ns, to_ns)
        else:
            yield from self.state_broken(
                f"{nice_ns / MS:.0f} ms and {plain_ns / MS:.0f} ms", task.number, from_ns, to_ns
            )


def shares(reading: TableReading, trial: Trial) -> tuple[int, int, Task, int, int] | None:
    """CPU time (ns) of the plain and of the nice task between the two looks, the nice one, and from when to when."""
    plain, nice = reading.of_role(trial, "plain"), reading.of_role(trial, "nice")
    if plain is None or nice is None or len(reading.looks(nice)) < 2:
        return None
    from_ns, to_ns = reading.looks(nice)[0].t_ns, reading.looks(nice)[1].t_ns
    ran = [task.total_ns("running", from_ns, to_ns) for task in (plain, nice)]
    return ran[0], ran[1], nice, from_ns, to_ns


class NiceDown(Judge):
    """Without CAP_SYS_NICE a task may not lower its nice value again: EPERM, and the table still has the higher one."""

    name = "nice_down"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "nice")
        calls = self.calls.get((task.number, "nice(-1)")) if task is not None else None
        if task is None or not calls or self.results[task.number, "nice(-1)"] != "EPERM":
            return  # it had the capability: then nothing was refused
        kept = {look.lines.get("nice") for look in self.looks(task)}
        if kept == {self.nice_of(trial, "nice")}:
            yield from self.state_held(task.number, calls[0][1])
        else:
            yield from self.state_broken(f"nice is {sorted(map(str, kept))}", task.number, calls[0][1])


class OffsetShared(Judge):
    """The child read, and the parent's offset moved by exactly as many bytes, in its own eyes and in the table."""

    name = "offset_shared"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.of_role(trial, "parent")
        told = self.cells.get((task.number, "offset"), []) if task is not None else []
        if task is None or len(told) != 2:
            return
        moved = int(told[1][1]) - int(told[0][1])
        known = [{text.rpartition(" pos ")[2] for of, text in look.lines.items() if of.startswith("fd ")}
                 for look in self.looks(task)]  # fmt: skip
        in_table = len(known) == 2 and told[0][1] in known[0] and told[1][1] in known[1]
        if moved == 500 and in_table:
            yield from self.state_held(task.number, told[1][0])
        else:
            yield from self.state_broken(f"it moved by {moved}, in the table {known}", task.number, told[1][0])


class Figures(TableReading):
    """The numbers that the text shows."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        watcher = self.of_role(trial, "watcher")
        found = watched(self, watcher) if watcher is not None else None
        if found is not None and found.absences:
            yield from self._watched(found)
        burner = self.of_role(trial, "burner")
        if burner is not None:
            yield ValueMeasured("rounds", len(rounds(self.looks(burner))), "count")
        weighed = shares(self, trial)
        if weighed is not None:
            yield ValueMeasured("plain_ms", weighed[0] / MS, "ms")
            yield ValueMeasured("nice_ms", weighed[1] / MS, "ms")
        parent = self.of_role(trial, "parent")
        told = self.cells.get((parent.number, "offset"), []) if parent is not None else []
        for name, (_, value) in zip(("offset_before", "offset_after"), told, strict=False):
            yield ValueMeasured(name, int(value), "count")

    def _watched(self, found: Watched) -> Iterable[ClaimResult]:
        pairs = [(absence, gap) for absence in found.absences if (gap := found.gap_of(absence)) is not None]
        lonely = without(found)
        yield ValueMeasured("absences", len(found.absences), "count")
        yield ValueMeasured("inside", len(pairs), "count")
        yield ValueMeasured("gaps", len(found.gaps), "count")
        yield ValueMeasured("lonely", len(lonely), "count")
        yield ValueMeasured("absence_ms", median(to - start for start, to in found.absences) / MS, "ms")
        longer = [(gap[1] - gap[0]) - (absence[1] - absence[0]) for absence, gap in pairs] or [0]
        yield ValueMeasured("longer_us", median(longer) / 1000, "us")
        steps = self.cells.get((found.task.number, "steps"), [(0, "0")])[-1]
        yield ValueMeasured("readings", int(steps[1]), "count")
        if lonely:
            yield ValueMeasured("lonely_us", max(to - start for start, to in lonely) / 1000, "us")
