"""What this lesson claims, each a fold over the log of one run, and its figures; it draws and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...events import CallReturned, Entry, Output, SignalSent, TaskDescribed, TaskReaped, ValueMeasured
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, TimelineFold
from ...log.timeline import Task, Trial
from .ways import ENDS, SHELL, WAYS, dollar

MS = 1_000_000
BYE = "bye\n"


class EndsReading(TimelineFold):
    """The processes of the trial, what each has said, and what its table entry was when it was looked at."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self.said: dict[int, list[tuple[int, str]]] = {}  # of each task: instant and text
        self.looks: dict[int, list[tuple[int, str, str]]] = {}  # of each task: instant, name and text of a line
        self.sent_ns: dict[int, int] = {}  # when the last signal was sent to it
        self.refused: dict[int, str] = {}  # what signal(SIGKILL, …) came back with

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        match entry.fact:
            case Output(task=task, stream="stdout", text=text):
                self.said.setdefault(task, []).append((entry.t_ns, text))
            case TaskDescribed(task=task, of=of, text=text):
                self.looks.setdefault(task, []).append((entry.t_ns, of, text))
            case SignalSent(to=to):
                self.sent_ns[to] = entry.t_ns
            case CallReturned(task=task, style="signal(SIGKILL)", result=result):
                self.refused[task] = result or ""
        return ()

    def ours(self, trial: Trial) -> list[Task]:
        """The processes that this lesson is about, in order of birth."""
        return [task for task in trial.tasks.values() if task.role in ENDS or task.role in SHELL]

    def bye_ns(self, task: Task) -> int | None:
        """When it said bye, if it did so before its end."""
        last = task.died_ns if task.died_ns is not None else 1 << 62
        return next((t_ns for t_ns, text in self.said.get(task.number, ()) if text == BYE and t_ns <= last), None)

    def card_at(self, task: Task, t_ns: int) -> dict[str, str]:
        """Its table entry as it was known at an instant: lines that are not there are absent."""
        lines = {of: text for at_ns, of, text in self.looks.get(task.number, ()) if at_ns <= t_ns}
        return {of: text for of, text in lines.items() if text}


class Judge(SettlingClaim, EndsReading):
    """A claim about all processes of a trial, decided when the trial is over."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        tasks = self.ours(trial)
        if not tasks:
            return
        for task in tasks:
            wrong = self.wrong(task)
            if wrong is not None:
                yield from self.state_broken(f"{task.name}: {wrong}", task.number, task.ended_ns)
        instants = [self.seen_ns(task) for task in tasks]
        yield from self.state_held(tasks[0].number, min(instants), max(instants))

    def seen_ns(self, task: Task) -> int:
        """Where the claim can be seen in this process."""
        return task.ended_ns or 0

    def wrong(self, task: Task) -> str | None:
        """What speaks against the claim in this process, or None."""
        raise NotImplementedError


class Codes(Judge):
    """Each process ended with exactly the exit code or the signal that its way of ending has."""

    name = "codes"

    def wrong(self, task: Task) -> str | None:
        way = ENDS[task.role or ""]
        return None if (task.code, task.signal) == (way.code, way.signum) else f"code {task.code}, signal {task.signal}"


class Silent(Judge):
    """Exactly those that the lesson names never said bye: the others did, before their ends."""

    name = "silent"

    def wrong(self, task: Task) -> str | None:
        said = self.bye_ns(task) is not None
        if said == ENDS[task.role or ""].bye:
            return None
        return "said bye" if said else "did not say bye"


class Zombies(Judge):
    """Each was a zombie from its end until its parent collected it, and from then on /proc did not know it."""

    name = "zombies"

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        tasks = self.ours(trial)
        wrong = [(task, reason) for task in tasks if (reason := self.wrong(task)) is not None]
        for task, reason in wrong:
            yield from self.state_broken(f"{task.name}: {reason}", task.number, task.ended_ns)
        collected = [task for task in tasks if task.reaped_ns is not None]
        if tasks and not wrong and collected:
            first = min(collected, key=lambda task: task.reaped_ns or 0)
            yield from self.state_held(first.number, first.ended_ns, first.reaped_ns)

    def wrong(self, task: Task) -> str | None:
        states = [span.state for span in task.spans]
        if not states or states[-1] != "zombie" or states.count("zombie") != 1:
            return "no zombie"
        if task.reaped_ns is None:
            return "never collected"
        if self.card_at(task, task.reaped_ns - 1).get("state") != "Z":
            return "its state was not read as Z"
        looks = [text for t_ns, of, text in self.looks.get(task.number, ()) if of == "proc" and t_ns >= task.reaped_ns]
        return None if looks and not any(looks) else "/proc still knew it"


class Kept(Judge):
    """A zombie has no VmRSS line, no mapping no program; its number, parent and CPU time are still there."""

    name = "kept"

    def wrong(self, task: Task) -> str | None:
        alive = self.card_at(task, (task.ended_ns or 0) - 1)
        if "rss_kb" not in alive or alive.get("maps", "0") == "0":
            return "was not looked at while it lived"
        found = self.card_at(task, (task.reaped_ns or self.timeline.end_ns + 1) - 1)
        if found.get("state") != "Z":
            return "was not looked at as a zombie"
        left = [of for of in ("rss_kb", "program") if of in found] + ["maps"] * (found.get("maps") != "0")
        gone = [of for of in ("parent", "cpu_ms", "proc") if of not in found]
        return f"still has {left}, lacks {gone}" if left or gone else None

    def seen_ns(self, task: Task) -> int:
        looks = self.looks.get(task.number, ())
        return next((t_ns for t_ns, of, text in looks if (of, text) == ("state", "Z")), task.ended_ns or 0)


class ShellSays(Judge):
    """A shell says 128 + n of a signal, the low 8 bits of a code, 127 and 126 of what it cannot start."""

    name = "shell_says"

    def wrong(self, task: Task) -> str | None:
        expected = dollar(int(self.params["code"]))[task.role or ""]
        return None if task.code == expected else f"$? was {task.code}, not {expected}"


class NoHandler(Judge):
    """The kernel refuses a handler for SIGKILL, and the process that asked for one ended by it, without a word."""

    name = "no_handler"

    def ours(self, trial: Trial) -> list[Task]:
        return trial.with_role("defies")

    def wrong(self, task: Task) -> str | None:
        if self.refused.get(task.number) != "OSError":
            return f"signal(SIGKILL, …) gave {self.refused.get(task.number)}"
        return None if task.signal == WAYS["killed"].signum and self.bye_ns(task) is None else "it was not silent"


class Figures(EndsReading):
    """The numbers that the text shows."""

    def on_trial_end(self, trial: Trial) -> Iterable[ClaimResult]:
        tasks = self.ours(trial)
        said = sum(self.bye_ns(task) is not None for task in tasks)
        yield ValueMeasured("ways", len(tasks), "count")
        for task in tasks:
            yield from self._of(task)
        if self.params["kind"] != "shell":
            yield ValueMeasured("said", said, "count")
            yield ValueMeasured("silent", len(tasks) - said, "count")
        else:
            yield ValueMeasured("exit_given", int(self.params["code"]), "count")

    def _of(self, task: Task) -> Iterable[ClaimResult]:
        if task.ended_ns is None:
            return
        if task.role == "terminated" and task.number in self.sent_ns:
            yield ValueMeasured("term_ms", (task.ended_ns - self.sent_ns[task.number]) / MS, "ms")
        if task.role == "killed":
            yield ValueMeasured("killed_cpu_ms", task.total_ns("running", 0, task.ended_ns) / MS, "ms")
            if task.reaped_ns is not None:
                yield ValueMeasured("zombie_ms", (task.reaped_ns - task.ended_ns) / MS, "ms")
        if task.role in SHELL and task.code is not None:
            yield ValueMeasured(f"dollar_{task.role.removeprefix('sh_')}", task.code, "count")


class Collected(SettlingClaim, EndsReading):
    """The caption at the instant at which a zombie is collected; it is decided while a reader still watches."""

    name = "collected"

    def on_other_entry(self, entry: Entry) -> Iterable[ClaimResult]:
        list(super().on_other_entry(entry))
        match entry.fact:
            case TaskReaped(task=number) if self.timeline.task(number).role in ENDS:
                task = self.timeline.task(number)
                return self.state_held(number, task.reaped_ns)
        return ()
