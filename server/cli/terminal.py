"""A run as text: lanes in block characters, claims, values and the proof; it prints nothing and runs nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..events import ClaimBroken, ClaimHeld, Entry, ProofChecked, RunEnded, State, TaskBorn, ValueMeasured
from ..log import proof_verdict
from ..log.timeline import Task, Timeline, Trial, read

BARS = " ▁▂▃▄▅▆▇█"
SIGNS: Mapping[State, str] = {"running": "█", "ready": "·", "blocked": "-", "stopped": "=", "zombie": "x"}
LEGEND = "▁…█ share of the time on a core   · ready   - blocked   = stopped   x exited, not reaped"
_LABEL = 14
_VALUE = re.compile(r"::value\{([^{}]+)\}")


def lanes(entries: Sequence[Entry], width: int) -> list[str]:
    """One line a task, at most ``width`` characters wide, a block for each trial on a scale of its own."""
    timeline = read(entries)
    columns = max(10, width - _LABEL - 26)
    lines: list[str] = []
    for title, trial in blocks(timeline):
        to_ns = timeline.end_ns if trial.to_ns is None else trial.to_ns
        if trial.tasks:
            lines += [f"{title}, {seconds(to_ns - trial.from_ns)}"]
            lines += [_line(task, trial.from_ns, to_ns, timeline.end_ns, columns) for task in trial.tasks.values()]
            lines.append("")
    return [*lines, LEGEND] if lines else ["(no task was seen)"]


def blocks(timeline: Timeline) -> list[tuple[str, Trial]]:
    """What is drawn on one scale, with its title: each trial, or the whole run."""
    return [(_title(trial), trial) for trial in timeline.trials.values()] or [
        ("the run", Trial(0, tasks=timeline.tasks))
    ]


def _title(trial: Trial) -> str:
    params = ", ".join(f"{name} = {value}" for name, value in trial.params.items())
    return f"trial {trial.number}" + (f" ({params})" if params else "")


def _line(task: Task, from_ns: int, to_ns: int, end_ns: int, columns: int) -> str:
    step_ns = max(1.0, (to_ns - from_ns) / columns)
    shares: list[dict[State, float]] = [{} for _ in range(columns)]
    for span in task.spans_until(end_ns):
        _spread(shares, (span.from_ns - from_ns) / step_ns, (span.to_ns - from_ns) / step_ns, span.state)
    drawn = "".join(map(_sign, shares))
    figures = f"{seconds(task.total_ns('running', 0, end_ns))} on a core"
    return f"  {task.name[:_LABEL]:<{_LABEL}} {drawn} {figures}"


def _spread(shares: list[dict[State, float]], start: float, end: float, state: State) -> None:
    """Adds a span, in columns, to the columns it touches."""
    for column in range(max(0, int(start)), min(len(shares), math.ceil(end))):
        part = min(end, column + 1) - max(start, column)
        if part > 0:
            shares[column][state] = shares[column].get(state, 0.0) + part


def _sign(share: Mapping[State, float]) -> str:
    """Running shows however short it was; else what lasted longest."""
    if not share:
        return " "
    if "running" in share:
        return BARS[min(8, max(1, round(8 * share["running"])))]
    return SIGNS[max(share, key=lambda state: share[state])]


def seconds(t_ns: int) -> str:
    """A span for a reader: "12.3 ms", "1.23 s"."""
    return f"{t_ns / 1e9:.2f} s" if t_ns >= 10**9 else f"{t_ns / 1e6:.1f} ms"


def verdicts(entries: Sequence[Entry], say: Mapping[str, str]) -> list[str]:
    """A line for each claim (``say``: its sentence by name) and for each value, the newest of its name."""
    values = {entry.fact.key: entry.fact for entry in entries if isinstance(entry.fact, ValueMeasured)}
    claims = {entry.fact.claim: entry.fact for entry in entries if isinstance(entry.fact, ClaimHeld | ClaimBroken)}

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        return figure(found) if found else "?"

    lines = []
    for name, fact in claims.items():
        count = "" if fact.of is None else f" ({fact.count} of {fact.of})"
        reason = f": {fact.reason}" if isinstance(fact, ClaimBroken) and fact.reason else ""
        broken = "missed" if fact.of is not None else "BROKEN"  # a counted claim need not hold every time
        mark = "held  " if isinstance(fact, ClaimHeld) else broken
        lines.append(f"  {mark} {_VALUE.sub(value, say.get(name, name))}{count}{reason}")
    return lines + [f"  {name} = {figure(fact)}" for name, fact in values.items() if ":" not in name]


def figure(fact: ValueMeasured) -> str:
    """A value with its unit: whole numbers where things are counted, four digits else."""
    if fact.unit in ("count", "bytes"):
        return f"{fact.value:,.0f}" + ("" if fact.unit == "count" else " bytes")
    return f"{fact.value:.4g} {fact.unit}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the run ended well and the proof holds, with the lines that say so."""

    ended_well: bool
    proved: bool
    lines: list[str]


def outcome(entries: Sequence[Entry]) -> Outcome:
    """The proof holds if the verdict on the run is "proved"; a line for each task that is not says why."""
    born = {entry.fact.task: entry.fact.name for entry in entries if isinstance(entry.fact, TaskBorn)}
    checked = {entry.fact.task: entry.fact for entry in entries if isinstance(entry.fact, ProofChecked)}
    ended = entries[-1].fact if entries else None
    proof = proof_verdict.of_log(entries)
    if proof is None or not isinstance(ended, RunEnded):
        return Outcome(False, False, ["  the run has not ended"])
    head = "" if proof["verdict"] == "proved" else f"{proof['verdict'].replace('_', ' ')}: "
    beside = f", {proof['unread']} of a library not readable" if proof["unread"] else ""
    lines = [
        f"  {head}proved {proof['proved']} of {proof['owed']}{beside}: "
        f"their records equal the kernel's own counters; lost {proof['lost']}"
    ]
    doubtful = [task for task in born if task not in checked or checked[task].verdict != "proved"]
    lines += [f"  {born[task]}: {_doubt(checked.get(task))}" for task in doubtful]
    return Outcome(ended.reason == "finished", proof["verdict"] == "proved", lines)


def _doubt(fact: ProofChecked | None) -> str:
    if fact is None:
        return "was not checked"
    pairs = (
        ("gave up the core", fact.out, fact.voluntary),
        ("preempted", fact.preempted, fact.involuntary),
        ("dispatched", fact.dispatched, fact.dispatches),
        ("running ns", fact.running_ns, fact.schedstat_ns),
    )
    told = ", ".join(
        f"{what} {seen} (kernel: {'unknown' if kernel is None else kernel})" for what, seen, kernel in pairs
    )
    return f"{fact.verdict.replace('_', ' ')}: {fact.reason + ': ' if fact.reason else ''}{told}"
