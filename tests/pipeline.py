"""What the tests of lesson 9 share: its parameters, and what a log says was written and printed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from server.events import Entry, Output, Step
from server.lessons.states import LESSON
from server.lessons.states.experiment import BURST_LINES, burst_line

SETTING = {"buffered": False, "pipe": "65536", "inotify": True}
READER = {param.name: param.default for param in LESSON.params}  # nobody acts but who is told to
TOUR = {**READER, **LESSON.alone}


def params(preset: str, **more: object) -> dict[str, object]:
    """The parameters of a preset, played by the script."""
    found = next(each for each in LESSON.presets if each.name == preset)
    return {**TOUR, **found.params, **more}


def written(log: Sequence[Entry]) -> list[str]:
    """Every line the writer said it wrote, in order."""
    lines: list[str] = []
    for entry in log:
        if isinstance(entry.fact, Output) and entry.fact.stream == "log":
            lines.append(entry.fact.text.removesuffix("\n"))
        if isinstance(entry.fact, Step) and entry.fact.label == "burst":
            lines += [burst_line(number) for number in range(1, BURST_LINES + 1)]
    return lines


def printed(log: Sequence[Entry]) -> str:
    """All that came out on the terminal."""
    return "".join(e.fact.text for e in log if isinstance(e.fact, Output) and e.fact.stream == "terminal")


def grep_alone(lines: Sequence[str]) -> bytes:
    """What grep prints for a file of these lines."""
    data = "".join(line + "\n" for line in lines).encode()
    return subprocess.run(["grep", "-F", "-e", "404", "--"], input=data, capture_output=True, check=False).stdout
