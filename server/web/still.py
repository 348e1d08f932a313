"""Lanes of a recording as a still picture in HTML and SVG, for readers without a script; it decides nothing.

One row a task, percentages of the width everywhere, so that the picture fits any screen. Trials stand below each
other on one clock, each counted from its own start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ..log.timeline import Span, Task, Timeline

COLUMNS = 800  # finest grain of the picture: what is shorter is shown by the state that fills most of its column
_LABELLED = 0.06  # a bar this wide (share of the picture) has room for the reason of a wait
_NUMBERED = 0.012  # … and this wide for the number of its core


@dataclass(frozen=True, slots=True)
class Group:
    """Lanes that share a zero: a trial, or the whole run."""

    label: str
    zero_ns: int
    lanes: list[Task]


def groups(timeline: Timeline, names: Mapping[str, str]) -> list[Group]:
    """The tasks that have spans, by trial; ``names`` are the trials' words by label."""
    if not timeline.trials:
        return [Group("", 0, list(timeline.tasks.values()))]
    made = []
    for number, trial in timeline.trials.items():
        lanes = [task for task in trial.tasks.values() if task.spans]
        made.append(Group(names.get(trial.label or "", trial.label or str(number)), trial.from_ns, lanes))
    return [group for group in made if group.lanes]


def _trials(timeline: Timeline) -> list[tuple[int, int]]:
    """From where to where each trial, or else the run, lasts."""
    found = [(trial.from_ns, trial.to_ns or timeline.end_ns) for trial in timeline.trials.values()]
    return found or [(0, timeline.end_ns)]


def window(timeline: Timeline, view_ns: tuple[int, int] | None) -> tuple[int, int]:
    """Where the shared clock begins after each group's zero, and its length; ``view_ns`` is in the run's own time.

    It is as long as the longest trial. With a view, the trial that overlaps it most says where on the shared clock it
    lies, as in static/js/views/lanes.
    """
    spans = _trials(timeline)
    if view_ns is None:
        return 0, max(to - start for start, to in spans) or 1
    low, high = view_ns
    start, _ = max(spans, key=lambda each: min(high, each[1]) - max(low, each[0]))
    return low - start, high - low


def lanes(
    timeline: Timeline,
    names: Mapping[str, str],
    words: Mapping[str, str],
    view_ns: tuple[int, int] | None = None,
    most: int = 12,
) -> str:
    """The full picture: groups with a heading, named lanes, reasons and core numbers in the bars, an axis."""
    offset, length = window(timeline, view_ns)
    parts = ['<div class="still" data-static>']
    for group in groups(timeline, names):
        if group.label:
            parts.append(f'<p class="group-name">{escape(group.label)}</p>')
        for lane in group.lanes[:most]:
            drawn = "".join(bars(lane.spans_until(timeline.end_ns), group.zero_ns + offset, length, words))
            parts.append(f'<div class="lane"><span class="lane-name">{escape(lane.name)}</span>{_svg(drawn)}</div>')
    parts.append(
        f'<div class="lane axis"><span class="lane-name"></span>{_svg("".join(_axis(offset, length)))}</div></div>'
    )
    return "".join(parts)


def _svg(inside: str) -> str:
    return f'<svg class="strip" aria-hidden="true" focusable="false">{inside}</svg>'


def bars(spans: Sequence[Span], zero_ns: int, length: int, words: Mapping[str, str] | None = None) -> Iterator[str]:
    """The bars of one lane as SVG; with ``words`` the reasons of waits and the numbers of cores stand in them."""
    for bar in coarse(spans, zero_ns, length):
        start, width = (bar.from_ns - zero_ns) / length, bar.length_ns / length
        x, w = percent(start), percent(width)
        yield f'<rect class="{bar.state}" x="{x}" width="{w}" height="100%"/>'
        if bar.state == "blocked":
            end = percent(start + width)
            yield f'<rect class="end" x="{x}" width="3" height="100%"/>'
            yield f'<rect class="end" x="{end}" width="3" height="100%" transform="translate(-3)"/>'
        if words is not None:
            yield _word(bar, start, width, words)


def _word(bar: Span, start: float, width: float, words: Mapping[str, str]) -> str:
    if bar.state == "running" and bar.cpu is not None and width >= _NUMBERED:
        return f'<text class="core" x="{percent(start + width / 2)}" y="50%">{bar.cpu}</text>'
    if bar.state == "blocked" and bar.waits_for and width >= _LABELLED:
        reason = escape(words.get(f"waits.{bar.waits_for}", bar.waits_for))
        return f'<text class="reason" x="{percent(start)}" dx="9" y="50%">{reason}</text>'
    return ""


def percent(share: float) -> str:
    """A share of the width, as SVG says it."""
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


def coarse(spans: Sequence[Span], zero_ns: int, length: int) -> Iterator[Span]:
    """Bars no narrower than a column: neighbours that are, become one, in the state that fills most of it."""
    grain = length / COLUMNS
    crowd: list[Span] = []
    for whole in spans:
        if whole.to_ns <= zero_ns or whole.from_ns >= zero_ns + length:
            continue
        bar = whole._replace(from_ns=max(whole.from_ns, zero_ns), to_ns=min(whole.to_ns, zero_ns + length))
        if bar.length_ns >= grain and not crowd:
            yield bar
            continue
        crowd.append(bar)
        if crowd[-1].to_ns - crowd[0].from_ns >= grain:
            yield _merged(crowd)
            crowd = []
    if crowd:
        yield _merged(crowd)


def _merged(crowd: Sequence[Span]) -> Span:
    longest = max(crowd, key=lambda bar: bar.length_ns)
    return longest._replace(from_ns=crowd[0].from_ns, to_ns=crowd[-1].to_ns)


def ticks(offset: int, length: int) -> Iterator[tuple[float, str]]:
    """Ticks at 1, 2 or 5 times a power of ten, at most eight: their share of the width, and their words in ms or s."""
    power = 10 ** (len(str(max(1, length // 8))) - 1)
    step = next(factor * power for factor in (1, 2, 5, 10) if length / (factor * power) <= 8)
    unit, size = ("s", 1e9) if length >= 2e9 else ("ms", 1e6) if length >= 2e6 else ("µs", 1e3)
    first = -(-offset // step)
    for n in range(first, (offset + length) // step + 1):
        yield (n * step - offset) / length, f"{n * step / size:g}" + (f"\u00a0{unit}" if n == first else "")


def _axis(offset: int, length: int) -> Iterator[str]:
    for share, text in ticks(offset, length):
        anchor = ' class="last"' if share > 0.95 else ""
        yield f'<text{anchor} x="{percent(share)}" y="12">{text}</text>'
