"""A run as text: lanes in block characters, claims, values and the proof; it prints nothing and runs nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..events import (
    ClaimBroken,
    ClaimHeld,
    Entry,
    LogLost,
    ProofChecked,
    RunEnded,
    State,
    TaskBorn,
    TaskReaped,
    TaskRenamed,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)

BARS = " ▁▂▃▄▅▆▇█"
SIGNS: Mapping[State, str] = {"running": "█", "ready": "·", "blocked": "-", "stopped": "=", "zombie": "x"}
LEGEND = "▁…█ share of the time on a core   · ready   - blocked   = stopped   x exited, not reaped"
_LABEL = 14
_VALUE = re.compile(r"::value\{([^{}]+)\}")


@dataclass(slots=True)
class _Lane:
    """One task: its states as (from, to, state), in order."""

    name: str
    trial: int | None
    spans: list[tuple[int, int, State]] = field(default_factory=list)
    now: tuple[int, State] | None = None

    def turn(self, t_ns: int, state: State | None) -> None:
        if self.now is not None:
            self.spans.append((self.now[0], t_ns, self.now[1]))
        self.now = None if state is None else (t_ns, state)

    def total_ns(self, state: State) -> int:
        return sum(end - start for start, end, what in self.spans if what == state)


@dataclass(slots=True)
class _Window:
    """What is drawn on one scale: a trial, or the whole run."""

    title: str
    from_ns: int
    to_ns: int
    trial: int | None


def lanes(entries: Sequence[Entry], width: int) -> list[str]:
    """One line a task, at most ``width`` characters wide, a block for each trial on a scale of its own."""
    story = sorted(entries, key=lambda entry: entry.t_ns)
    end_ns = story[-1].t_ns if story else 0
    drawn = _fold(story)
    columns = max(10, width - _LABEL - 26)
    lines: list[str] = []
    for window in _windows(story, end_ns):
        mine = [lane for lane in drawn.values() if window.trial is None or lane.trial == window.trial]
        if mine:
            lines += [f"{window.title}, {seconds(window.to_ns - window.from_ns)}"]
            lines += [_line(lane, window, columns) for lane in mine]
            lines.append("")
    return [*lines, LEGEND] if lines else ["(no task was seen)"]


def _fold(story: Sequence[Entry]) -> dict[int, _Lane]:
    drawn: dict[int, _Lane] = {}
    for entry in story:
        match entry.fact:
            case TaskBorn() as fact:
                drawn[fact.task] = _Lane(fact.name, fact.trial)
            case TaskRenamed() as fact if fact.task in drawn:
                drawn[fact.task].name = fact.name
            case TaskState() as fact if fact.task in drawn:
                drawn[fact.task].turn(entry.t_ns, fact.state)
            case TaskReaped() as fact if fact.task in drawn:
                drawn[fact.task].turn(entry.t_ns, None)
            case RunEnded():
                for lane in drawn.values():
                    lane.turn(entry.t_ns, None)
            case _:
                pass
    return drawn


def _windows(story: Sequence[Entry], end_ns: int) -> Iterator[_Window]:
    begun: dict[int, _Window] = {}
    for entry in story:
        if isinstance(entry.fact, TrialStarted):
            said = ", ".join(f"{name} = {value}" for name, value in entry.fact.params.items())
            title = f"trial {entry.fact.trial}" + (f" ({said})" if said else "")
            begun[entry.fact.trial] = _Window(title, entry.t_ns, end_ns, entry.fact.trial)
        elif isinstance(entry.fact, TrialEnded) and entry.fact.trial in begun:
            begun[entry.fact.trial].to_ns = entry.t_ns
    yield from begun.values() if begun else [_Window("the run", 0, end_ns, None)]


def _line(lane: _Lane, window: _Window, columns: int) -> str:
    step_ns = max(1.0, (window.to_ns - window.from_ns) / columns)
    shares: list[dict[State, float]] = [{} for _ in range(columns)]
    for start, end, state in lane.spans:
        _spread(shares, (start - window.from_ns) / step_ns, (end - window.from_ns) / step_ns, state)
    drawn = "".join(map(_sign, shares))
    figures = f"{seconds(lane.total_ns('running'))} on a core"
    return f"  {lane.name[:_LABEL]:<{_LABEL}} {drawn} {figures}"


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
    values = {_name(entry.fact): entry.fact for entry in entries if isinstance(entry.fact, ValueMeasured)}
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


def _name(fact: ValueMeasured) -> str:
    return fact.name if fact.trial is None else f"{fact.name}@{fact.trial}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the run ended well and the proof holds, with the lines that say so."""

    ended_well: bool
    proved: bool
    lines: list[str]


def outcome(entries: Sequence[Entry]) -> Outcome:
    """The proof holds if every task that was born was checked and proved, and nothing was lost."""
    born = {entry.fact.task: entry.fact.name for entry in entries if isinstance(entry.fact, TaskBorn)}
    checked = {entry.fact.task: entry.fact for entry in entries if isinstance(entry.fact, ProofChecked)}
    lost = sum(entry.fact.count for entry in entries if isinstance(entry.fact, LogLost))
    ended = entries[-1].fact if entries else None
    good = [task for task in born if task in checked and checked[task].verdict == "proved"]
    lines = [f"  {len(good)} of {len(born)} tasks: the records equal the kernel's own counters; lost {lost}"]
    lines += [f"  {born[task]}: {_doubt(checked.get(task))}" for task in born if task not in good]
    well = isinstance(ended, RunEnded) and ended.reason == "finished"
    return Outcome(well, bool(born) and len(good) == len(born) and lost == 0, lines)


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
