"""The last table of `make bench`: measure, peer, goal, ratio, spread, met. A benchmark adds rows with :func:`compared`.

Each row is printed where it is measured, and written to the file that BENCH_TABLE names, from which ``python -m
benchmarks`` prints them all once more when everything has run.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from pathlib import Path

FILE = "BENCH_TABLE"  # names the file of rows, one JSON array a line
_TITLES = ("measure", "peer", "goal", "ratio", "spread", "met")


def compared(
    measure: str, peer: str, ratios: Sequence[float], *, at_most: float | None = None, at_least: float | None = None,
    unit: str = "",
) -> bool:  # fmt: skip
    """One measure beside its peer, a ratio a pair: whether the median meets the goal. ``unit`` if it is no ratio."""
    median = statistics.median(ratios)
    met = (at_most is None or median <= at_most) and (at_least is None or median >= at_least)
    goal = f"≤ {at_most:.3g}" if at_most is not None else f"≥ {at_least:.3g}"
    spread = f"{min(ratios):.3g}–{max(ratios):.3g} ({len(ratios)})"
    _add([measure, peer, f"{goal} {unit}".strip(), f"{median:.3g} {unit}".strip(), spread, "yes" if met else "NO"])
    return met


def skipped(measure: str, peer: str, why: str) -> None:
    """A measure whose peer is not here."""
    _add([measure, peer, "", "", f"skipped: {why}", "–"])


def _add(row: list[str]) -> None:
    print(" | ".join(row), flush=True)
    if FILE in os.environ:
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def printed(path: Path) -> str:
    """All rows of a file, in columns; "" if there are none."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in [_TITLES, *rows]) for column in range(len(_TITLES))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [_TITLES, *rows]]
    return "\n".join(line.rstrip() for line in lines)
