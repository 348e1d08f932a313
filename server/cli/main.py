"""The command `timeslice`: reads the command line and calls what does the work; errors are one line each."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..events import ClaimBroken, Entry, RunEnded, RunStarted
from ..lesson import Lesson, catalog
from ..log import archive, export
from ..log.event_log import EventLog
from ..log.recording import Recording
from ..settings import Settings, load
from . import output, terminal

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


class UsageError(Exception):
    """The command line asks for what does not exist: exit 2."""


class Failure(Exception):
    """It was asked rightly and did not work: exit 1."""


class Parser(argparse.ArgumentParser):
    """argparse whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}; `{self.prog} --help` says what there is\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; the exit status: 0 done, 1 failed, 2 asked wrongly, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without block characters still gets its lines
    args = argparse.Namespace(command="")
    try:
        _parser().parse_args(argv, args)
        status = int(args.act(args))
        output.flush()
        return status
    except SystemExit as leaving:  # of the parser: --help, --version, or asked wrongly
        return _leave(args, leaving)
    except UsageError as error:
        return _say(args, error, USAGE)
    except (Failure, archive.RecordingUnavailable) as error:
        return _say(args, error, FAILURE)
    except KeyboardInterrupt:
        return _say(args, "interrupted; everything it started is dead", INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has left: nothing to say, and nobody to say it to
        output.discard()
        return FAILURE
    except OSError as error:
        if not output.met(error):
            raise
        return _say(args, output.sentence(error), FAILURE)


def _leave(args: argparse.Namespace, leaving: SystemExit) -> int:
    """The parser's own exit, once what it printed is written."""
    try:
        output.flush()
    except BrokenPipeError:
        output.discard()
    except OSError as error:
        return _say(args, output.sentence(error), FAILURE)
    return int(leaving.code or 0) if not isinstance(leaving.code, str) else USAGE


def _say(args: argparse.Namespace, what: object, status: int) -> int:
    output.complain(f"timeslice {args.command}".rstrip(), what)
    return status


def _parser() -> Parser:
    parser = Parser(prog="timeslice", description="Real processes, recorded by the kernel, replayed in slow motion.")
    parser.add_argument("--version", action="version", version=f"timeslice {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    serve = commands.add_parser("serve", help="start the web server")
    serve.add_argument("--host", help="address to listen on (HOST; default 127.0.0.1)")
    serve.add_argument("--port", type=int, help="port to listen on (PORT; default 8000; 0: any free one)")
    serve.add_argument("--data", type=Path, metavar="DIR", help="where runs are kept (TIMESLICE_DATA_DIR)")
    serve.add_argument("--no-browser", action="store_true", help="open no browser")
    serve.set_defaults(act=_serve)
    run = commands.add_parser("run", help="run a lesson here and draw its lanes as text")
    run.add_argument("--json", metavar="FILE", help="write the log to FILE as NDJSON, one entry a line (-: stdout)")
    run.set_defaults(act=_run)
    out = commands.add_parser("export", help="write a recording, or a trace that Perfetto opens")
    out.add_argument("-o", dest="file", required=True, metavar="FILE", help=f"name ending in {', '.join(_FORMATS)}")
    out.add_argument("--lang", choices=("zh", "en"), default="en", help="language of an .html file")
    out.set_defaults(act=_export)
    run.add_argument("lesson", metavar="SLUG", help="a lesson")
    out.add_argument("lesson", metavar="SLUG|RUN", help="a lesson, run now for real, or the id of a finished run")
    for each in (run, out):
        each.add_argument("--preset", metavar="P", help="a preset of the lesson")
        each.add_argument("--set", metavar="k=v", action="append", default=[], help="a parameter; may be repeated")
    commands.add_parser("doctor", help="how well this machine can observe, and why").set_defaults(act=_doctor)
    commands.add_parser("lessons", help="the lessons there are").set_defaults(act=_lessons)
    return parser


def _settings() -> Settings:
    try:
        return load()
    except ValueError as error:
        raise UsageError(str(error)) from None


def _serve(args: argparse.Namespace) -> int:
    from ..web.serve import StartError, serve

    given = {"host": args.host, "port": args.port, "data_dir": args.data}
    settings = replace(_settings(), **{name: value for name, value in given.items() if value is not None})
    if not 0 <= settings.port <= 65535:
        raise UsageError("a port is a number from 0 to 65535")
    try:
        serve(settings, browser=not args.no_browser)
    except StartError as error:
        raise Failure(str(error)) from None
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from . import doctor

    able, lines = doctor.examine(_settings().uid)
    print("\n".join(lines))
    return 0 if able else FAILURE


def _lessons(_: argparse.Namespace) -> int:
    for number, (slug, lesson) in enumerate(catalog.discover().items(), start=1):
        presets = " ".join(preset.name for preset in lesson.presets)
        print(f"{number:>2}  {slug:<26} {_words(slug)[0]}\n    {'presets:':<26} {presets}")
    return 0


def _words(slug: str) -> tuple[str, dict[str, str]]:
    """Title and claims of a lesson, in English and without marks."""
    from ..text import lesson_text, prose

    front = lesson_text.text(slug, "en").front
    return front.title, {name: prose.plain(claim.say) for name, claim in front.claims.items()}


def _lesson(slug: str) -> Lesson:
    lessons = catalog.discover()
    if slug not in lessons:
        raise UsageError(f"there is no such lesson; there are: {', '.join(lessons)}")
    return lessons[slug]


def _perform(
    slug: str, preset: str | None, pairs: Sequence[str], hear: Callable[[Entry], None] | None = None
) -> EventLog:
    """Runs a lesson with checked parameters; its log, once it has ended. ``hear`` gets each entry as it comes."""
    from ..runs.once import run_once
    from ..runs.spawner_client import SpawnerError
    from ..web import validation

    lesson, settings = _lesson(slug), _settings()
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise UsageError(f"--set takes name=value, not {wrong[0]!r}")
    split = [(name, value) for name, _, value in (pair.partition("=") for pair in pairs)]
    names = {name for name, _ in split}
    try:
        given = {name: value for name, value in validation.from_form(lesson.params, split).items() if name in names}
        params = validation.params(lesson, {**lesson.alone, **given}, preset, "--set")
    except validation.Refused as error:
        raise UsageError(str(error).replace("--set.", "--set ")) from None
    try:
        return run_once(slug, params, preset, settings=settings, on_entry=hear)
    except SpawnerError as error:
        raise Failure(f"nothing could be started: {error}") from None


def _run(args: argparse.Namespace) -> int:
    _lesson(args.lesson)
    out = sys.stderr if args.json == "-" else sys.stdout
    target = None if args.json in (None, "-") else _open(args.json)

    def hear(entry: Entry) -> None:
        if isinstance(entry.fact, RunStarted):
            with contextlib.suppress(OSError):  # the run goes on; the report meets the same fault and says it
                print("\n".join(_head(entry.fact)), file=out, flush=True)

    log = _perform(args.lesson, args.preset, args.set, hear)
    entries = list(log.tail())
    if args.json is not None:
        written = "".join(f"{line}\n" for line in log.encoded()).encode("ascii")
        _put(written, target, args.json)
    outcome = terminal.outcome(entries)
    print("\n".join(_report(args.lesson, entries, outcome)), file=out)
    return 0 if outcome.ended_well and outcome.proved else FAILURE


def _head(fact: RunStarted) -> list[str]:
    """What `timeslice run` prints as soon as the run has started."""
    params = ", ".join(f"{name} = {value}" for name, value in fact.params.items())
    return [
        _words(fact.lesson)[0],
        f"{params}; tier {fact.tier}, CPUs {', '.join(map(str, fact.cpus))}, Python {fact.python}",
    ]


def _report(slug: str, entries: Sequence[Entry], outcome: terminal.Outcome) -> list[str]:
    """What it prints when the run has ended."""
    lines = ["", *terminal.lanes(entries, shutil.get_terminal_size((100, 24)).columns), ""]
    lines += ["Claims", *terminal.verdicts(entries, _words(slug)[1]), "", "Proof", *outcome.lines, ""]
    ended = [entry.fact for entry in entries if isinstance(entry.fact, RunEnded)]
    return lines + [f"{fact.reason.capitalize()}{': ' + fact.message if fact.message else '.'}" for fact in ended]


_FORMATS = (".ndjson", ".ndjson.gz", ".trace.json", ".html")


def _export(args: argparse.Namespace) -> int:
    if not args.file.endswith(_FORMATS):
        raise UsageError(f"{args.file}: the name says the format and ends in {', '.join(_FORMATS)}")
    found = _found(args)
    if args.file.endswith(".trace.json"):
        data = export.chrome_trace(found.entries)
    elif args.file.endswith(".html"):
        data = _replay(args, found)
    else:
        data = export.ndjson(found.entries, found.epoch, gzip=args.file.endswith(".gz"))
    _put(data, _open(args.file), args.file)
    return 0


def _found(args: argparse.Namespace) -> Recording:
    """The run to export: a lesson run now, or one that the archive has."""
    if args.lesson in catalog.discover():
        return _performed(args)
    found = archive.find(_settings().data_dir / "runs", args.lesson)
    if found is None:
        raise UsageError("there is no lesson and no finished run of this name; see `timeslice lessons`")
    if found.damage:
        print(f"timeslice export: the recording is {found.damage}", file=sys.stderr)
    return found


def _replay(args: argparse.Namespace, found: Recording) -> bytes:
    from ..web import replay

    try:
        return replay.html(_settings(), "local" if args.lesson in catalog.discover() else args.lesson, found, args.lang)
    except replay.NoRun as error:
        raise Failure(str(error)) from None


def _performed(args: argparse.Namespace) -> Recording:
    """A run worth keeping: it ended well, it is proved, and it shows what its lesson asserts."""
    log = _perform(args.lesson, args.preset, args.set)
    entries = list(log.tail())
    outcome = terminal.outcome(entries)
    if not outcome.ended_well:
        ended = entries[-1].fact
        message = ended.message if isinstance(ended, RunEnded) and ended.message else "it did not finish"
        raise Failure(f"the run is not worth keeping: {message}")
    if not outcome.proved:
        raise Failure(f"the run is not proved: {'; '.join(line.strip() for line in outcome.lines)}")
    asserted = {claim.name for claim in _lesson(args.lesson).claims if claim.kind == "asserted"}
    broken = {entry.fact.claim for entry in entries if isinstance(entry.fact, ClaimBroken)} & asserted
    if broken:
        raise Failure(f"the run does not show what the lesson asserts: {', '.join(sorted(broken))}")
    return Recording(entries, list(log.encoded()), 1, None)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Failure(f"cannot write {path}: {os.strerror(error.errno or 0)}") from None


def _put(data: bytes, fd: int | None, path: str) -> None:
    """Writes to an open file, or to standard output (None)."""
    if fd is None:
        if sys.stdout is None:
            raise Failure("standard output is closed, so the log cannot go there")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        with open(fd, "wb") as file:
            file.write(data)
    except OSError as error:
        raise Failure(f"cannot write {path}: {os.strerror(error.errno or 0)}") from None
