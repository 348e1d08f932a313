"""The command `timeslice`: reads the command line and calls what does the work; errors are one line each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace

from ..lesson import catalog
from ..text import command_words
from ..text.labels import Lang
from . import arguments, columns, exporting, output, running
from .arguments import Act
from .failures import FAILURE, INTERRUPTED, USAGE, Failure, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; the exit status: 0 done, 1 failed, 2 asked wrongly, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without block characters still gets its lines
    words = sys.argv[1:] if argv is None else list(argv)
    args = argparse.Namespace(command=None, lang=command_words.language(words), one_language=command_words.named(words))
    try:
        with arguments.speaking(args.lang):
            parser = arguments.build(args.lang, ACTS)
            parser.parse_args(words, args)
            if args.command is None:
                print(parser.help_of(""), end="")
        status = 0 if args.command is None else int(args.act(args))
        output.flush()
        return status
    except SystemExit as leaving:  # of the parser: --help, --version, or asked wrongly
        return _leave(args, leaving)
    except UsageError as error:
        return _say(args, error.sentence(args.lang), USAGE)
    except Failure as error:
        return _say(args, error.sentence(args.lang), FAILURE)
    except KeyboardInterrupt:
        return _say(args, command_words.words(args.lang)["error"]["interrupted"], INTERRUPTED)
    except BrokenPipeError:  # whoever read our output has left: nothing to say, and nobody to say it to
        output.discard()
        return FAILURE
    except OSError as error:
        return _say_fault(args, error)


def _leave(args: argparse.Namespace, leaving: SystemExit) -> int:
    """The parser's own exit, once what it printed is written."""
    try:
        output.flush()
    except BrokenPipeError:
        output.discard()
    except OSError as error:
        return _say_fault(args, error)
    return int(leaving.code or 0) if not isinstance(leaving.code, str) else USAGE


def _say_fault(args: argparse.Namespace, error: OSError) -> int:
    """Standard output did not take what was written; any other error of the system is a fault of ours."""
    failure = output.write_error(error)
    if failure is None:
        raise error
    return _say(args, failure.sentence(args.lang), FAILURE)


def _say(args: argparse.Namespace, what: object, status: int) -> int:
    name = f"timeslice {args.command}" if args.command else "timeslice"
    output.complain(f"{name}{command_words.words(args.lang)['colon']}{what}")
    return status


def _serve(args: argparse.Namespace) -> int:
    from ..web.serve import StartError, serve

    given = {"host": args.host, "port": args.port, "data_dir": args.data}
    settings = replace(running.settings(), **{name: value for name, value in given.items() if value is not None})
    if not 0 <= settings.port <= 65535:
        raise UsageError("port")
    try:
        serve(settings, browser=not args.no_browser, lang=args.lang)
    except StartError as error:
        raise Failure(error.key, **error.slots) from None
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from . import doctor

    able, lines = doctor.examine(args.lang, running.settings().uid)
    print("\n".join(lines))
    return 0 if able else FAILURE


def _lessons(args: argparse.Namespace) -> int:
    if args.json:
        from ..web import api

        print(json.dumps([api.about(*each) for each in catalog.discover().items()], ensure_ascii=False, indent=1))
        return 0
    said = command_words.words(args.lang)["lessons"]["presets"]
    for number, (slug, lesson) in enumerate(catalog.discover().items(), start=1):
        presets = " ".join(preset.name for preset in lesson.presets)
        print(f"{number:>2}  {slug:<26} {_title(slug, args.lang)}\n    {columns.pad(said, 26)} {presets}")
    return 0


def _title(slug: str, lang: Lang) -> str:
    return running.words_of(slug, lang)[0]


def _completion(args: argparse.Namespace) -> int:
    import shtab

    parser = arguments.build(args.lang, ACTS, list(catalog.discover()))
    print(shtab.complete(parser, args.shell))
    return 0


ACTS: dict[str, Act] = {
    "serve": _serve, "run": running.run, "export": exporting.export_file, "quiz": exporting.export_quiz,
    "doctor": _doctor, "lessons": _lessons, "completion": _completion,
}  # fmt: skip
