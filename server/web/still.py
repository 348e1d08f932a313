"""Lanes of a recording as a still picture in HTML and SVG, for readers without a script; it decides nothing.

One row a task, percentages of the width everywhere, so that the picture fits any screen. Trials stand below each
other on one clock, each counted from its own start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape

from .. import events as ev
from ..events import Entry

COLUMNS = 800  # finest grain of the picture: what is shorter is shown by the state that fills most of its column
_LABELLED = 0.06  # a bar this wide (share of the picture) has room for the reason of a wait
_NUMBERED = 0.012  # … and this wide for the number of its core


@dataclass(slots=True)
class Bar:
    """One interval of one task, in nanoseconds of the run."""

    from_ns: int
    to_ns: int
    state: ev.State
    cpu: int | None
    waits_for: str | None


@dataclass(slots=True)
class Lane:
    """One task with its intervals, in order."""

    task: int
    name: str
    trial: int | None
    bars: list[Bar] = field(default_factory=list)


@dataclass(slots=True)
class Drawing:
    """All that a picture needs of a log: lanes in birth order, and the trials with where they begin and end."""

    lanes: list[Lane]
    trials: list[tuple[int, str | None, int, int]]  # number, label, from_ns, to_ns
    end_ns: int


def fold(entries: Iterable[Entry]) -> Drawing:
    """Reads a log, in time order, into a drawing."""
    lanes: dict[int, Lane] = {}
    trials: dict[int, tuple[int, str | None, int, int]] = {}
    end = 0
    for entry in sorted(entries, key=lambda each: each.t_ns):
        fact, end = entry.fact, max(end, entry.t_ns)
        if isinstance(fact, ev.TaskBorn):
            lanes[fact.task] = Lane(fact.task, fact.name, fact.trial)
        elif isinstance(fact, ev.TrialStarted):
            trials[fact.trial] = (fact.trial, fact.label, entry.t_ns, -1)
        elif isinstance(fact, ev.TrialEnded) and fact.trial in trials:
            trials[fact.trial] = (*trials[fact.trial][:3], entry.t_ns)
        elif isinstance(fact, (ev.TaskState, ev.TaskDied, ev.TaskReaped)) and fact.task in lanes:
            _change(lanes[fact.task], entry.t_ns, fact)
    for lane in lanes.values():
        if lane.bars and lane.bars[-1].to_ns < 0:
            lane.bars[-1].to_ns = end
    found = [each if each[3] >= 0 else (*each[:3], end) for each in trials.values()]
    return Drawing(list(lanes.values()), found, end)


def _change(lane: Lane, t_ns: int, fact: ev.TaskState | ev.TaskDied | ev.TaskReaped) -> None:
    last = lane.bars[-1] if lane.bars else None
    if last is not None and last.to_ns < 0:
        last.to_ns = t_ns
    if isinstance(fact, ev.TaskState):
        lane.bars.append(Bar(t_ns, -1, fact.state, fact.cpu, fact.waits_for))


@dataclass(frozen=True, slots=True)
class Group:
    """Lanes that share a zero: a trial, or the whole run."""

    label: str
    zero_ns: int
    lanes: list[Lane]


def groups(drawing: Drawing, names: Mapping[str, str]) -> list[Group]:
    """The lanes by trial; ``names`` are the trials' words by label."""
    if not drawing.trials:
        return [Group("", 0, drawing.lanes)]
    made = []
    for number, label, from_ns, _to in drawing.trials:
        lanes = [lane for lane in drawing.lanes if lane.trial == number and lane.bars]
        made.append(Group(names.get(label or "", label or str(number)), from_ns, lanes))
    return [group for group in made if group.lanes]


def span(drawing: Drawing) -> int:
    """Length in nanoseconds of the one clock all groups share: that of the longest trial."""
    return max((to - start for _n, _l, start, to in drawing.trials), default=drawing.end_ns) or 1


def window(drawing: Drawing, view_ns: tuple[int, int] | None) -> tuple[int, int]:
    """Where the shared clock begins after each group's zero, and its length; ``view_ns`` is in the run's own time.

    The trial that overlaps the view most says where on the shared clock it lies, as in static/js/views/lanes.
    """
    if view_ns is None:
        return 0, span(drawing)
    spans = [(start, to) for _n, _l, start, to in drawing.trials] or [(0, drawing.end_ns)]
    low, high = view_ns
    start, _ = max(spans, key=lambda each: min(high, each[1]) - max(low, each[0]))
    return low - start, high - low


def lanes(
    drawing: Drawing,
    names: Mapping[str, str],
    words: Mapping[str, str],
    view_ns: tuple[int, int] | None = None,
    most: int = 12,
) -> str:
    """The full picture: groups with a heading, named lanes, reasons and core numbers in the bars, an axis."""
    offset, length = window(drawing, view_ns)
    parts = ['<div class="still" data-static>']
    for group in groups(drawing, names):
        if group.label:
            parts.append(f'<p class="group-name">{escape(group.label)}</p>')
        for lane in group.lanes[:most]:
            bars = "".join(_bars(lane, group.zero_ns + offset, length, words))
            parts.append(f'<div class="lane"><span class="lane-name">{escape(lane.name)}</span>{_svg(bars)}</div>')
    parts.append(
        f'<div class="lane axis"><span class="lane-name"></span>{_svg("".join(_ticks(offset, length)))}</div></div>'
    )
    return "".join(parts)


def thumbnail(drawing: Drawing, most: int = 6) -> str:
    """The small picture: bars only, no words; whoever shows it gives it a name."""
    length, rows, room = span(drawing), [], most
    for group in groups(drawing, {}):
        shown = group.lanes[: max(1, room)]
        room -= len(shown)
        rows.append('<div class="group">')
        rows += [_svg("".join(_bars(lane, group.zero_ns, length, None))) for lane in shown]
        rows.append("</div>")
        if room <= 0:
            break
    return "".join(rows)


def _svg(inside: str) -> str:
    return f'<svg class="strip" aria-hidden="true" focusable="false">{inside}</svg>'


def _bars(lane: Lane, zero_ns: int, length: int, words: Mapping[str, str] | None) -> Iterator[str]:
    for bar in _coarse(lane.bars, zero_ns, length):
        start, width = (bar.from_ns - zero_ns) / length, (bar.to_ns - bar.from_ns) / length
        x, w = _percent(start), _percent(width)
        yield f'<rect class="{bar.state}" x="{x}" width="{w}" height="100%"/>'
        if bar.state == "blocked":
            end = _percent(start + width)
            yield f'<rect class="end" x="{x}" width="3" height="100%"/>'
            yield f'<rect class="end" x="{end}" width="3" height="100%" transform="translate(-3)"/>'
        if words is not None:
            yield _word(bar, start, width, words)


def _word(bar: Bar, start: float, width: float, words: Mapping[str, str]) -> str:
    if bar.state == "running" and bar.cpu is not None and width >= _NUMBERED:
        return f'<text class="core" x="{_percent(start + width / 2)}" y="50%">{bar.cpu}</text>'
    if bar.state == "blocked" and bar.waits_for and width >= _LABELLED:
        reason = escape(words.get(f"waits.{bar.waits_for}", bar.waits_for))
        return f'<text class="reason" x="{_percent(start)}" dx="9" y="50%">{reason}</text>'
    return ""


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def _coarse(bars: Sequence[Bar], zero_ns: int, length: int) -> Iterator[Bar]:
    """Bars no narrower than a column: neighbours that are, become one, in the state that fills most of it."""
    grain = length / COLUMNS
    crowd: list[Bar] = []
    for whole in bars:
        if whole.to_ns <= zero_ns or whole.from_ns >= zero_ns + length:
            continue
        bar = replace(whole, from_ns=max(whole.from_ns, zero_ns), to_ns=min(whole.to_ns, zero_ns + length))
        if bar.to_ns - bar.from_ns >= grain and not crowd:
            yield bar
            continue
        crowd.append(bar)
        if crowd[-1].to_ns - crowd[0].from_ns >= grain:
            yield _merged(crowd)
            crowd = []
    if crowd:
        yield _merged(crowd)


def _merged(crowd: Sequence[Bar]) -> Bar:
    longest = max(crowd, key=lambda bar: bar.to_ns - bar.from_ns)
    return Bar(crowd[0].from_ns, crowd[-1].to_ns, longest.state, longest.cpu, longest.waits_for)


def _ticks(offset: int, length: int) -> Iterator[str]:
    """Ticks at 1, 2 or 5 times a power of ten, at most eight, in milliseconds or seconds."""
    power = 10 ** (len(str(max(1, length // 8))) - 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if length / (factor * power) <= 8)
    unit, size = ("s", 1e9) if length >= 2e9 else ("ms", 1e6) if length >= 2e6 else ("µs", 1e3)
    first = -(-offset // step)
    for n in range(first, (offset + length) // step + 1):
        share = (n * step - offset) / length
        anchor = ' class="last"' if share > 0.95 else ""
        text = f"{n * step / size:g}" + (f"\u00a0{unit}" if n == first else "")
        yield f'<text{anchor} x="{_percent(share)}" y="12">{text}</text>'
