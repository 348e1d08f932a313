"""`timeslice run`: one run in the terminal, its progress while it lasts, and its lanes, claims and proof after it."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from ..events import Entry, RunEnded, RunStarted
from ..lesson import Lesson, catalog
from ..log.event_log import EventLog
from ..settings import Settings, load
from ..text import lesson_text
from ..text.labels import Lang
from . import failures, output, style, terminal
from .failures import FAILURE, Failure, UsageError
from .progress import Progress
from .style import Style


def settings() -> Settings:
    """The settings of the environment; :class:`UsageError` names a bad one."""
    try:
        return load()
    except ValueError as error:
        raise failures.of_setting(error) from None


def lesson_of(slug: str) -> Lesson:
    """The lesson of a slug; :class:`UsageError` says which there are."""
    lessons = catalog.discover()
    if slug not in lessons:
        raise UsageError("no_lesson", lessons=list(lessons))
    return lessons[slug]


def perform(
    slug: str, preset: str | None, pairs: Sequence[str], on_entry: Callable[[Entry], None] | None = None
) -> EventLog:
    """Runs a lesson with checked parameters; its log, once it has ended. ``on_entry`` gets each entry as it comes."""
    from ..runs.once import run_once
    from ..runs.spawner_client import SpawnerError

    params = parameters(slug, preset, pairs)
    try:
        return run_once(slug, params, preset, settings=settings(), on_entry=on_entry)
    except SpawnerError as error:
        raise Failure("start", why=str(error)) from None


def parameters(slug: str, preset: str | None, pairs: Sequence[str]) -> dict[str, bool | int | str]:
    """All parameters of a run: those of its preset, with what --set says; :class:`UsageError` for what does not fit."""
    from ..web import validation

    lesson = lesson_of(slug)
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise UsageError("pair", pair=wrong[0])
    split = [(name, value) for name, _, value in (pair.partition("=") for pair in pairs)]
    names = {name for name, _ in split}
    try:
        given = {name: value for name, value in validation.from_form(lesson.params, split).items() if name in names}
        return validation.params(lesson, {**lesson.alone, **given}, preset, "--set")
    except validation.Refused as error:
        raise failures.of_values(slug, error, tuple(each.name for each in lesson.params)) from None


def run(args: argparse.Namespace) -> int:
    """The command; 0 only if the run ended well and is proved."""
    params = parameters(args.lesson, args.preset, args.set)
    out = sys.stderr if args.json == "-" else sys.stdout
    look, across = style.of(out, args.lang), shutil.get_terminal_size((100, 24)).columns
    target = None if args.json in (None, "-") else output.create(args.json)
    with watching(args.lesson, params, out, args.lang) as progress:

        def on_entry(entry: Entry) -> None:
            progress.entries += 1
            if isinstance(entry.fact, RunStarted):
                progress.begin("\n".join(_head(entry.fact, look)), out)

        log = perform(args.lesson, args.preset, args.set, on_entry)
    entries = list(log.tail())
    if args.json is not None:
        written = "".join(f"{line}\n" for line in log.encoded()).encode("ascii")
        output.put(written, target, args.json)
    outcome = terminal.outcome(entries, look)
    print("\n".join(report(args.lesson, entries, outcome, across, look)), file=out)
    return 0 if outcome.ended_well and outcome.proved else FAILURE


def watching(slug: str, params: Mapping[str, Any], out: TextIO | None, lang: Lang) -> Progress:
    """The progress of a run that is about to start, for a terminal; in a pipe or a file nothing is said."""
    from ..runs.durations import Durations

    across = shutil.get_terminal_size((100, 24)).columns
    shown = out if style.is_terminal(out) else None
    return Progress(shown, style.of(out, lang), Durations().expected_s(slug, params) if shown else 0.0, across)


def words_of(slug: str, lang: Lang) -> tuple[str, dict[str, str]]:
    """Title and claims of a lesson; the figures of a run are slots."""
    front = lesson_text.text(slug, lang).front
    return front.title, {name: claim.say for name, claim in front.claims.items()}


def _head(fact: RunStarted, look: Style) -> list[str]:
    """What is printed as soon as the run has started."""
    params = ", ".join(f"{name} = {str(v).lower() if isinstance(v, bool) else v}" for name, v in fact.params.items())
    head = look.words["run"]["head"].format(
        params=params, tier=fact.tier, cpus=", ".join(map(str, fact.cpus)), python=fact.python
    )
    return [look.paint("strong", words_of(fact.lesson, look.lang)[0]), str(head)]


def report(slug: str, entries: Sequence[Entry], outcome: terminal.Outcome, across: int, look: Style) -> list[str]:
    """What is printed when the run has ended."""
    said = look.words["run"]
    lines = ["", *terminal.lanes(entries, across, look), ""]
    lines += [look.paint("strong", said["claims"]), *terminal.verdicts(entries, words_of(slug, look.lang)[1], look), ""]
    lines += [look.paint("strong", said["proof"]), *outcome.lines, ""]
    ended = [entry.fact for entry in entries if isinstance(entry.fact, RunEnded)]
    colon, stop = look.words["colon"], look.words["stop"]
    return lines + [f"{said['ended'][fact.reason]}{colon + fact.message if fact.message else stop}" for fact in ended]
