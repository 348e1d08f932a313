"""What this lesson claims, each a fold over the log of one run, and its figures; it draws and runs nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterable

from ...events import TaskMoved, ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, counted_verdict
from ...log.timeline import Trial
from .readings import SHELLS, FamilyReading, Press

MS = 1_000_000
TRACEBACK = "Traceback (most recent call last)"


class Keyed(SettlingClaim, FamilyReading):
    """A claim about one key: exactly the foreground group of that instant got its signal."""

    action = ""

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        if press.action != self.action or not press.members:
            return
        got = set(press.got)
        if got != press.members:
            reason = f"in the group: {self.names(press.members)}; reached: {self.names(got)}"
            yield from self.state_broken(reason, min(press.members), press.t_ns, press.over_ns)
        else:
            first = min(press.got, key=lambda task: press.got[task])
            yield from self.state_held(first, press.got[first], max(press.got.values()))


class Foreground(Keyed):
    """Ctrl-C: the processes that got SIGINT are the members of the terminal's foreground group at that instant."""

    name = "foreground"
    action = "ctrl_c"


class StopsGroup(Keyed):
    """Ctrl-Z: the processes that were stopped are the members of the foreground group."""

    name = "stops_group"
    action = "ctrl_z"


class QuitsGroup(Keyed):
    """Ctrl-\\: the processes that SIGQUIT ended are the members of the foreground group."""

    name = "quits_group"
    action = "quit"


class ChildOutside(SettlingClaim, FamilyReading):
    """A child of the program in front, with a group of its own, gets nothing and sleeps through it.

    Silent where only samples are heard: they cannot show that somebody never woke.
    """

    name = "child_outside"

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        outsider, leader = self.named("C"), self.named("family")
        if press.action != "ctrl_c" or outsider is None or leader is None or not self.timeline.exact:
            return
        number = outsider.number
        if outsider.born is None or not press.got:
            return
        last = max(press.got.values())
        if outsider.born.parent != leader.number or number in press.members:
            yield from self.state_broken("C is no child of family outside the group", number, press.t_ns)
        elif number in press.got:
            yield from self.state_broken("C got the signal", number, press.got[number])
        else:
            asleep = [span for span in outsider.spans if span.from_ns <= press.t_ns and span.state == "blocked"]
            if asleep and asleep[-1].to_ns > last:
                yield from self.state_held(number, press.t_ns, last)
            else:
                yield from self.state_broken("C was woken", number, press.t_ns, last)


class Inherited(SettlingClaim, FamilyReading):
    """Children that ask for nothing are in their parent's group; the one that asked is in a group of its own."""

    name = "inherited"

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        if press.action != "ctrl_c":
            return
        wrong, seen = [], []
        for number, group in press.groups.items():
            task = self.timeline.task(number)
            if task.born is None or not (task.name in ("A", "B", "C") or task.name.startswith("worker")):
                continue
            seen.append(number)
            own = task.name == "C"
            parent = press.groups.get(task.born.parent)
            if (group == task.born.pid) != own or (group == parent) == own:
                wrong.append(number)
        if wrong:
            yield from self.state_broken(f"not so: {self.names(wrong)}", wrong[0], press.t_ns)
        elif seen:
            yield from self.state_held(seen[0], self.placed_ns(seen, press.t_ns), press.t_ns)


class PerPipeline(SettlingClaim, FamilyReading):
    """The shell makes one group for each pipeline, led by its first process, and is in none of them."""

    name = "per_pipeline"

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        shell = next((task for task in self.timeline.tasks.values() if task.name in SHELLS), None)
        if shell is None or shell.born is None:
            return
        groups: dict[int, list[int]] = {}
        for number, group in press.groups.items():
            if number != shell.number:
                groups.setdefault(group, []).append(number)
        for group, tasks in groups.items():
            pids = [born.pid for task in tasks if (born := self.timeline.task(task).born)]
            if len(tasks) != 2 or min(pids) != group or group == shell.born.pid:
                yield from self.state_broken(f"group {group}: {self.names(tasks)}", tasks[0], press.t_ns)
                return
        if len(groups) > 1:
            yield from self.state_held(max(press.groups), self.placed_ns(press.groups, press.t_ns), press.t_ns)


class HangUp(SettlingClaim, FamilyReading):
    """The terminal closes: SIGHUP reaches its session's leader, and no group behind.

    A shell of one's own hands nothing on; bash passes SIGHUP on to its jobs, so there all of them end by it.
    """

    name = "hang_up"

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        if press.action != "hang_up":
            return
        expected = press.members if self.params["kind"] == "family" else set(press.groups)
        got = set(press.got)
        shells = {task.number for task in self.timeline.tasks.values() if task.name in SHELLS}
        if got | shells != expected | shells or not got:
            reason = f"expected: {self.names(expected)}; reached: {self.names(got)}"
            yield from self.state_broken(reason, min(shells, default=None), press.t_ns, press.over_ns)
        else:
            first = min(press.got, key=lambda task: press.got[task])
            yield from self.state_held(first, press.got[first], max(press.got.values()))


class Adopted(SettlingClaim, FamilyReading):
    """A child outlives its parent, and its new parent is the nearest living sub-reaper: here the launcher."""

    name = "adopted"

    def placed(self, t_ns: int, moved: TaskMoved, *, first: bool) -> Iterable[ClaimResult]:
        task = self.timeline.task(moved.task)
        if first or moved.parent is None or task.name not in ("child", "C"):
            return ()
        if moved.parent != 0:
            return self.state_broken(f"its new parent is task {moved.parent}", moved.task, t_ns)
        parent = self.parent_of(task)
        if parent is None or parent.ended_ns is None or parent.ended_ns > t_ns or not self.lives(moved.task, t_ns):
            return ()
        return self.state_held(moved.task, t_ns)


class Works(SettlingClaim, FamilyReading):
    """The orphan goes on: it says four times that it works after its parent was killed, and lives to the end."""

    name = "works"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        task = self.named("child")
        parent = self.parent_of(task) if task else None
        if task is None or parent is None or parent.ended_ns is None or parent.signal != signal.SIGKILL:
            return
        said = [t_ns for t_ns, _, step in task.steps if step.label == "works" and t_ns > (parent.ended_ns or 0)]
        if len(said) == 4:
            yield from self.state_held(task.number, said[0], said[-1])
        else:
            yield from self.state_broken(f"it worked {len(said)} times", task.number, parent.ended_ns, trial.to_ns)


class Tracebacks(FamilyReading):
    """Counted: how many of the pool's processes wrote a traceback. It depends on who dies first."""

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        if press.action != "ctrl_c" or not press.got:
            return ()
        count = min(self.text.count(TRACEBACK), len(press.members))
        first = min(press.got, key=lambda task: press.got[task])
        return counted_verdict(
            "tracebacks", count, len(press.members), holds=count > 0, task=first, at_ns=press.got[first]
        )


class Figures(FamilyReading):
    """The numbers that the text shows."""

    def pressed(self, press: Press) -> Iterable[ClaimResult]:
        if press.action == "ctrl_c":
            yield from self._interrupt(press)
        if press.action == "hang_up":
            yield ValueMeasured("left_after_hang_up", len(set(press.groups) - set(press.got)), "count")

    def _interrupt(self, press: Press) -> Iterable[ClaimResult]:
        yield ValueMeasured("members", len(press.members), "count")
        yield ValueMeasured("got", len(set(press.got) & press.members), "count")
        yield ValueMeasured("others", len(set(press.groups) - press.members), "count")
        yield ValueMeasured("others_got", len(set(press.got) - press.members), "count")
        yield ValueMeasured("processes", len(press.groups), "count")
        yield ValueMeasured("groups", len(set(press.groups.values())), "count")
        if press.got:
            yield ValueMeasured("first_ms", (min(press.got.values()) - press.t_ns) / MS, "ms")
        if self.params["kind"] == "pool":
            yield ValueMeasured("tracebacks", self.text.count(TRACEBACK), "count")

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        yield from super().on_trial_end(trial)
        task = self.named("child")
        parent = self.parent_of(task) if task else None
        if task is None or parent is None or parent.ended_ns is None:
            return
        steps = [t_ns for t_ns, _, step in task.steps if step.label == "orphaned"]
        if steps:
            yield ValueMeasured("orphaned_ms", (steps[0] - parent.ended_ns) / MS, "ms")
        yield ValueMeasured("alive_ms", ((task.ended_ns or trial.to_ns or 0) - parent.ended_ns) / MS, "ms")
