"""`timeslice export`: a lesson run now, its shipped recording, or a finished run, as one file."""

from __future__ import annotations

import argparse
import sys

from ..events import ClaimBroken, RunEnded
from ..lesson import catalog
from ..log import archive, export, recording
from ..log.recording import Recording
from ..text import command_words
from ..text.labels import LANGS
from . import failures, output, running, terminal
from .arguments import FORMATS
from .failures import Failure, UsageError


def export_file(args: argparse.Namespace) -> int:
    """The command; the file is made only when there is something to write."""
    if args.site is not None:
        return _site(args)
    if len(args.lessons) != 1:
        raise UsageError("one_lesson")
    args.lesson = args.lessons[0]
    if not args.file.endswith(FORMATS):
        raise UsageError("format", file=args.file, formats=FORMATS)
    found = _found(args)
    if args.file.endswith(".trace.json"):
        data = export.chrome_trace(found.entries)
    elif args.file.endswith(".html"):
        data = _replay(args, found)
    else:
        data = export.ndjson(found.entries, found.epoch, gzip=args.file.endswith(".gz"))
    output.put(data, output.create(args.file), args.file)
    return 0


def _site(args: argparse.Namespace) -> int:
    """A folder of files that needs no server; it says how much that is."""
    from ..web import site

    if args.recorded or args.preset or args.set:
        raise UsageError("site_only")
    for slug in args.lessons:
        running.lesson_of(slug)
    langs = (args.lang,) if args.one_language else LANGS
    try:
        size = site.write(args.site, running.settings(), langs, args.lessons)
    except OSError as error:
        raise Failure("write", file=error.filename or args.site, why=error) from None
    print(command_words.words(args.lang)["site"]["written"].format(directory=args.site, size=f"{size / 1e6:.1f}"))
    return 0


def _found(args: argparse.Namespace) -> Recording:
    """What to export: a recording that is shipped, a lesson run now, or a run that the archive has."""
    lessons = catalog.discover()
    if args.recorded:
        return shipped(args)
    if args.lesson in lessons:
        return _performed(args)
    try:
        found = archive.find(running.settings().data_dir / "runs", args.lesson)
    except archive.RecordingUnavailable as error:
        raise failures.of_recording(error) from None
    if found is None:
        raise UsageError("no_run")
    if found.damage:
        said = command_words.words(args.lang)
        output.complain(f"timeslice export{said['colon']}{said['error']['damaged'].format(damage=found.damage)}")
    return found


def shipped(args: argparse.Namespace) -> Recording:
    """The recording that the lesson ships of the preset that was asked for, or of its first."""
    if args.set or args.lesson not in catalog.discover():
        raise UsageError("only_recorded")
    lesson = running.lesson_of(args.lesson)
    running.parameters(args.lesson, args.preset, ())
    path = catalog.recording_path(args.lesson, args.preset or lesson.presets[0].name)
    if path is None:
        raise UsageError("no_recording", lesson=args.lesson)
    return recording.read(path)


def _replay(args: argparse.Namespace, found: Recording) -> bytes:
    from ..web import replay

    name = "local" if args.lesson in catalog.discover() else args.lesson
    try:
        return replay.html(running.settings(), name, found, args.lang)
    except replay.NoRun:
        raise Failure("not_playable") from None


def _performed(args: argparse.Namespace) -> Recording:
    """A run worth keeping: it ended well, it is proved, and it shows what its lesson asserts."""
    params = running.parameters(args.lesson, args.preset, args.set)
    with running.watching(args.lesson, params, sys.stderr, args.lang) as progress:
        log = running.perform(args.lesson, args.preset, args.set, progress.on_entry)
    entries = list(log.tail())
    outcome = terminal.outcome(entries)
    if not outcome.ended_well:
        ended = entries[-1].fact
        message = ended.message if isinstance(ended, RunEnded) else ""
        raise Failure("worth", why=message or Failure("unfinished"))
    if not outcome.proved:
        raise Failure("unproved", why="; ".join(line.strip() for line in outcome.lines))
    asserted = {claim.name for claim in running.lesson_of(args.lesson).claims if claim.kind == "asserted"}
    broken = {entry.fact.claim for entry in entries if isinstance(entry.fact, ClaimBroken)} & asserted
    if broken:
        raise Failure("broken", claims=sorted(broken))
    return Recording(entries, list(log.encoded()), 1, None)


def export_quiz(args: argparse.Namespace) -> int:
    """`timeslice quiz`: the questions of lessons in GIFT."""
    from ..web import quiz

    slugs = args.lessons or list(catalog.discover())
    for slug in slugs:
        running.lesson_of(slug)
    made = [text for text in (quiz.gift(slug, args.lang) for slug in slugs) if text]
    data = "\n".join(made).encode("utf-8")
    output.put(data, output.create(args.file) if args.file else None, args.file or "")
    return 0
