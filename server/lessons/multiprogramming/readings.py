"""What the timeline says about the trials of this lesson: waits, and turns on a core. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...log.timeline import Span, Task, Trial, on_core

SLACK_NS = 60_000  # a sleep rings so much later than asked: the timer's slack (prctl(2), 50 µs) and the way to it
KNOWN_NS = 100_000  # a wake-up whose instant may be off by more is one whose instant nobody knows


class Wait(NamedTuple):
    """A task leaves its core to wait, is woken, and has a core again; ns of the run."""

    task: int
    left_ns: int
    left_cpu: int | None
    woken_ns: int
    back_ns: int
    back_cpu: int | None
    known: bool  # whether the instant of the wake-up is


class Turn(NamedTuple):
    """One task on a core until another task of the trial has it, or it waits; ns of the run."""

    task: int
    from_ns: int
    to_ns: int
    ran_ns: int  # on the core: less than its length if somebody outside the run came in between


def cores(trial: Trial) -> int:
    """How many cores its tasks may use."""
    return int(trial.params["cores"])


def workers(trial: Trial) -> list[Task]:
    """Its tasks, without whoever answers them, in order of birth."""
    return trial.with_role("worker")


def want(trial: Trial, t_ns: int) -> Iterator[Span]:
    """The spans of all tasks that run or are ready at an instant."""
    for task in trial.tasks.values():
        span = task.at(t_ns)
        if span is not None and span.state in ("running", "ready"):
            yield span


def waits_of(trial: Trial) -> Iterator[Wait]:
    """The waits of all workers since they began to compute, as far as they came back from them."""
    for task in workers(trial):
        began_ns = task.first_step_ns()
        for before, asleep, woken, back in zip(*(task.spans[n:] for n in range(4)), strict=False):
            states = (before.state, asleep.state, woken.state, back.state)
            if began_ns is None or asleep.from_ns < began_ns or states != ("running", "blocked", "ready", "running"):
                continue
            woken_ns = _wakeup_ns(trial, asleep, woken, back)
            known = woken_ns is not None
            yield Wait(
                task.number, asleep.from_ns, before.cpu, woken_ns or woken.from_ns, back.from_ns, back.cpu, known
            )


def _wakeup_ns(trial: Trial, asleep: Span, woken: Span, back: Span) -> int | None:
    """When it was woken: as recorded, or else, of a sleep whose length is known, when its timer must have rung."""
    if woken.from_error_ns <= KNOWN_NS:
        return woken.from_ns
    if asleep.waits_for == "sleep" and "wait_ms" in trial.params:
        return min(back.from_ns, asleep.from_ns + round(float(trial.params["wait_ms"]) * 1e6) + SLACK_NS)
    return None


def all_turns(trial: Trial) -> list[Turn]:
    """The turns on every core of the trial."""
    return [turn for cpu in trial.cpus for turn in turns_on(trial, cpu)]


def turns_on(trial: Trial, cpu: int) -> list[Turn]:
    """A core's turns: a task that comes back without another in between has one long turn."""
    found: list[Turn] = []
    for span in on_core(trial.tasks.values(), cpu):
        last = found[-1] if found else None
        if last and last.task == span.task and not _waited(trial.tasks[span.task], last.to_ns, span.from_ns):
            found[-1] = last._replace(to_ns=span.to_ns, ran_ns=last.ran_ns + span.length_ns)
        else:
            found.append(Turn(span.task, span.from_ns, span.to_ns, span.length_ns))
    return found


def _waited(task: Task, from_ns: int, to_ns: int) -> bool:
    """Did it wait for something in between, or run elsewhere?"""
    return any(span.state != "ready" for span in task.spans_begun(from_ns, to_ns))
