"""A run as text: lanes in block characters, claims, values and the proof; it prints nothing and runs nothing."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..events import ClaimBroken, ClaimHeld, Entry, ProofChecked, RunEnded, State, TaskBorn, ValueMeasured
from ..log import proof_verdict
from ..log.timeline import Task, Timeline, Trial, read
from ..text import labels, prose
from ..text.labels import Lang
from . import columns
from .style import Style

BARS = " ▁▂▃▄▅▆▇█"
SIGNS: Mapping[State, str] = {"running": "█", "ready": "·", "blocked": "-", "stopped": "=", "zombie": "x"}
_LABEL = 14
_VALUE = re.compile(r"::value\{([^{}]+)\}")
_PLAIN = Style()
_NS = {"s": 1e9, "ms": 1e6, "us": 1e3}
_TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))


def lanes(entries: Sequence[Entry], width: int, style: Style = _PLAIN) -> list[str]:
    """One line a task, at most ``width`` columns wide, a block for each trial on a scale of its own."""
    timeline, said = read(entries), style.words["run"]
    across = max(10, width - _LABEL - 26)
    lines: list[str] = []
    for title, trial in blocks(timeline, style):
        to_ns = timeline.end_ns if trial.to_ns is None else trial.to_ns
        if trial.tasks:
            lines += [style.paint("strong", f"{title}, {duration(to_ns - trial.from_ns)}")]
            lines += [
                _line(task, trial.from_ns, to_ns, timeline.end_ns, across, style) for task in trial.tasks.values()
            ]
            lines.append("")
    return [*lines, style.paint("faint", said["legend"])] if lines else [str(said["no_task"])]


def blocks(timeline: Timeline, style: Style = _PLAIN) -> list[tuple[str, Trial]]:
    """What is drawn on one scale, with its title: each trial, or the whole run."""
    return [(_title(trial, style), trial) for trial in timeline.trials.values()] or [
        (str(style.words["run"]["whole"]), Trial(0, tasks=timeline.tasks))
    ]


def _title(trial: Trial, style: Style) -> str:
    params = ", ".join(f"{name} = {value}" for name, value in trial.params.items())
    return str(style.words["run"]["trial"]).format(number=trial.number) + (f" ({params})" if params else "")


def _line(task: Task, from_ns: int, to_ns: int, end_ns: int, across: int, style: Style) -> str:
    step_ns = max(1.0, (to_ns - from_ns) / across)
    shares: list[dict[State, float]] = [{} for _ in range(across)]
    for span in task.spans_until(end_ns):
        _spread(shares, (span.from_ns - from_ns) / step_ns, (span.to_ns - from_ns) / step_ns, span.state)
    drawn = "".join(map(_sign, shares))
    figures = str(style.words["run"]["on_core"]).format(time=duration(task.total_ns("running", 0, end_ns)))
    return f"  {columns.pad(columns.clip(task.name, _LABEL), _LABEL)} {style.lane(drawn)} {figures}"


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


def verdicts(entries: Sequence[Entry], say: Mapping[str, str], style: Style = _PLAIN) -> list[str]:
    """A line for each claim (``say``: its sentence by name, with slots and marks) and the newest value of each name."""
    values = {entry.fact.key: entry.fact for entry in entries if isinstance(entry.fact, ValueMeasured)}
    claims = {entry.fact.claim: entry.fact for entry in entries if isinstance(entry.fact, ClaimHeld | ClaimBroken)}

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        return figure(found, style.lang) if found else "?"

    lines = []
    for name, fact in claims.items():
        count = "" if fact.of is None else style.words["run"]["count"].format(count=fact.count, of=fact.of)
        reason = f": {fact.reason}" if isinstance(fact, ClaimBroken) and fact.reason else ""
        sentence = prose.plain(_VALUE.sub(value, say.get(name, name)))
        lines.append(f"  {_mark(fact, style)} {sentence}{count}{reason}")
    return lines + [f"  {name} = {figure(fact, style.lang)}" for name, fact in values.items() if ":" not in name]


def _mark(fact: ClaimHeld | ClaimBroken, style: Style) -> str:
    """A counted claim need not hold every time: it is missed, an asserted one is broken."""
    if isinstance(fact, ClaimHeld):
        return style.paint("good", style.words["run"]["held"])
    return style.paint("bad", style.words["run"]["broken" if fact.of is None else "missed"])


def figure(fact: ValueMeasured, lang: Lang = "en") -> str:
    """A value with the unit a person would use: "17.95 s" and not 17,950 ms; counted things are whole."""
    if fact.unit in _NS:
        return duration(fact.value * _NS[fact.unit])
    unit = str(labels.words(lang)["unit"][fact.unit])
    whole = fact.unit in ("count", "bytes") or abs(fact.value) >= 1000
    shown = f"{fact.value:,.0f}" if whole else f"{fact.value:.4g}"
    return f"{shown}{unit}" if fact.unit in ("x", "percent") else f"{shown} {unit}".rstrip()


def duration(t_ns: float) -> str:
    """A time with four digits, in the unit that makes it at least 1: "12.35 ms", "17.95 s", "0 µs"."""
    scale, unit = next((each for each in _TIMES if abs(t_ns) >= each[0]), _TIMES[-1])
    return f"{t_ns / scale:,.0f} {unit}" if abs(t_ns) >= 1000 * scale else f"{t_ns / scale:.4g} {unit}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the run ended well and the proof holds, with the lines that say so."""

    ended_well: bool
    proved: bool
    lines: list[str]


def outcome(entries: Sequence[Entry], style: Style = _PLAIN) -> Outcome:
    """The proof holds if the verdict on the run is "proved"; a line for each task that is not says why."""
    said = style.words["run"]
    born = {entry.fact.task: entry.fact.name for entry in entries if isinstance(entry.fact, TaskBorn)}
    checked = {entry.fact.task: entry.fact for entry in entries if isinstance(entry.fact, ProofChecked)}
    ended = entries[-1].fact if entries else None
    proof = proof_verdict.of_log(entries)
    if proof is None or not isinstance(ended, RunEnded):
        return Outcome(False, False, [f"  {said['going']}"])
    colon = style.words["colon"]
    good = proof["verdict"] == "proved"
    head = "" if good else f"{style.paint('bad', said['verdict'][proof['verdict']])}{colon}"
    beside = said["unread"].format(unread=proof["unread"]) if proof["unread"] else ""
    equal = said["proved"].format(proved=proof["proved"], owed=proof["owed"], unread=beside, lost=proof["lost"])
    doubtful = [task for task in born if task not in checked or checked[task].verdict != "proved"]
    lines = [f"  {head}{equal}"]
    lines += [f"  {born[task]}{colon}{_doubt(checked.get(task), style)}" for task in doubtful]
    return Outcome(ended.reason == "finished", good, lines)


def _doubt(fact: ProofChecked | None, style: Style) -> str:
    said, colon = style.words["run"], style.words["colon"]
    if fact is None:
        return str(said["unchecked"])
    pairs = {
        "gave_up": (fact.out, fact.voluntary),
        "preempted": (fact.preempted, fact.involuntary),
        "dispatched": (fact.dispatched, fact.dispatches),
        "running": (fact.running_ns, fact.schedstat_ns),
    }
    unknown = said["doubt"]["unknown"]
    told = style.words["list"].join(
        said["doubt"][key].format(seen=seen, kernel=unknown if kernel is None else kernel)
        for key, (seen, kernel) in pairs.items()
    )
    return f"{said['verdict'][fact.verdict]}{colon}{fact.reason + colon if fact.reason else ''}{told}"
