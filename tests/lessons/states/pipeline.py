"""What the tests of lesson states share: parameters, readers who act on what they see, what was written and printed."""

from __future__ import annotations

import asyncio
import subprocess
from collections import deque
from collections.abc import Callable, Sequence

from server.events import Entry, Fact, Output, Step
from server.runs.admission import Runs
from server.runs.run import Run
from server.settings import Settings
from tests.lessons import module_of, slug_of

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
BURST_LINES = module_of(__package__, "experiment").BURST_LINES
burst_line = module_of(__package__, "experiment").burst_line
Pipeline = module_of(__package__, "readings").Pipeline
PipelineReading = module_of(__package__, "readings").PipelineReading

SETTING = {"buffered": False, "pipe": "65536", "inotify": True}
READER = {param.name: param.default for param in LESSON.params}  # nobody acts but who is told to
TOUR = {**READER, **LESSON.alone}


Moment = Callable[[Pipeline, Fact], bool]  # asked of the newest pipeline after every entry
Act = tuple[Moment, str] | tuple[Moment, str, str]  # when, which action, with which text


def resting(line: Pipeline, fact: Fact) -> bool:
    """All that was written before has gone through, and all sleep."""
    return line.resting and line.process("grep").since_ns > line.cause_ns


def number(count: int) -> Moment:
    """The run's pipeline with this number rests."""
    return lambda line, fact: line.number == count and resting(line, fact)


def frozen(line: Pipeline, fact: Fact) -> bool:
    """grep is stopped."""
    return line.process("grep").state == "stopped"


def told(label: str) -> Moment:
    """The writer states a step."""
    return lambda line, fact: isinstance(fact, Step) and fact.label == label


def out(line: Pipeline, fact: Fact) -> bool:
    """Something has come out."""
    return isinstance(fact, Output) and fact.stream == "terminal"


def play(acts: Sequence[Act], preset: str = "plain", hear: Callable[[Entry], None] = lambda entry: None) -> list[Entry]:
    """The log of a run by a reader who acts on what is seen: each act waits for its moment after the one before."""
    return asyncio.run(_play(acts, preset, hear))


async def _play(acts: Sequence[Act], preset: str, hear: Callable[[Entry], None]) -> list[Entry]:
    runs = Runs(Settings(), archive=False)
    await runs.start()
    try:
        run = runs.submit(SLUG, READER, preset, "exact+wake")
        run.log.subscribe(_reader(run, deque(acts), hear))
        await run.done.wait()
        return list(run.log.tail(0))
    finally:
        await runs.stop()


def _reader(run: Run, left: deque[Act], hear: Callable[[Entry], None]) -> Callable[[], None]:
    reading, heard = PipelineReading(READER), 0

    def wake() -> None:
        nonlocal heard
        for entry in run.log.tail(heard):
            heard += 1
            list(reading.see(entry))
            hear(entry)
            line = next(reversed(reading.pipelines.values()), None)
            if left and line is not None and left[0][0](line, entry.fact):
                asyncio.get_running_loop().call_soon(run.send_action, *left.popleft()[1:])

    return wake


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
