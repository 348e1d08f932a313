"""The command line of `timeslice` as argparse reads it, in the language of the terminal; it acts on nothing."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from gettext import gettext, ngettext
from pathlib import Path
from typing import Any, NoReturn

from .. import __version__
from ..lesson import catalog
from ..text import command_words
from ..text.labels import LANGS, Lang, Words
from . import columns, lesson_help
from .failures import USAGE

FORMATS = (".ndjson", ".ndjson.gz", ".trace.json", ".html")
SHELLS = ("bash", "zsh", "tcsh")
Act = Callable[[argparse.Namespace], int]
_CHINESE_HEADING = re.compile(r"(?<=[\u4e00-\u9fff]):$", re.M)


class Formatter(argparse.HelpFormatter):
    """Help in lines that fit, although argparse would break no line of Chinese."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return columns.wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in columns.wrap(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """argparse in the language it is given, whose errors are one line; ``more`` says what ends the help, and is asked
    only for it, with the lesson that stands before --help."""

    def __init__(self, *, said: Words, more: Callable[[str], str] | None = None, **options: Any) -> None:
        super().__init__(**{**options, "add_help": False, "formatter_class": Formatter})
        self.said, self._more = said, more
        self.add_argument("-h", "--help", action=_Help, nargs=0, help=said["help"]["help"])

    def error(self, message: str) -> NoReturn:
        """Leaves with a line: what is wrong, and where it says what is right."""
        what = self.said["error"]["usage"].format(what=message, program=self.prog)
        self.exit(USAGE, f"{self.prog}{self.said['colon']}{what}\n")

    def help_of(self, lesson: str) -> str:
        """The help, with what is to be said of one lesson, or of all ("")."""
        text = _CHINESE_HEADING.sub("：", self.format_help())
        return text + ("\n" + self._more(lesson) if self._more else "")


class _Help(argparse.Action):
    """--help of a :class:`Parser`."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, *_: Any) -> NoReturn:
        assert isinstance(parser, Parser)
        named = getattr(namespace, "lesson", None) or next(iter(getattr(namespace, "lessons", None) or ()), "")
        parser._print_message(parser.help_of(named), sys.stdout)
        parser.exit()


@contextmanager
def speaking(lang: Lang) -> Iterator[None]:
    """argparse's own words in a language, for as long as the block lasts.

    It looks its messages up through the two functions of gettext that it imports; there is no other way in but a
    catalogue of compiled messages on the disk.
    """
    said = command_words.of_argparse(lang)
    before = {name: getattr(argparse, name) for name in ("_", "ngettext")}
    vars(argparse)["_"] = lambda message: said.get(message) or gettext(message)
    vars(argparse)["ngettext"] = lambda one, many, count: said.get(many) or ngettext(one, many, count)
    try:
        yield
    finally:
        vars(argparse).update(before)


def build(lang: Lang, acts: Mapping[str, Act], lessons: Sequence[str] = ()) -> Parser:
    """The parser; ``acts`` does each command. ``lessons``: names that a shell is to complete, and no error lists."""
    said = command_words.words(lang)
    parser = Parser(prog="timeslice", description=said["about"], said=said)
    parser.add_argument(
        "-V", "--version", action="version", version=f"timeslice {__version__}", help=said["help"]["version"]
    )
    _add_lang(parser, said)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    made = {name: _command(commands, name, said, lang) for name in acts}
    _serve(made["serve"], said["help"])
    _run(made["run"], said["help"])
    _export(made["export"], said["help"])
    _quiz(made["quiz"], said["help"])
    made["lessons"].add_argument("--json", action="store_true", help=said["help"]["lessons_json"])
    made["completion"].add_argument("shell", choices=SHELLS, help=said["help"]["shell"])
    for name in ("run", "export"):
        _add_values(made[name], said["help"])
    for name, each in made.items():
        each.set_defaults(act=acts[name])
        if lessons:
            _complete(each, lessons)
    return parser


def _command(commands: Any, name: str, said: Words, lang: Lang) -> Parser:
    told = said["help"]
    about = told[f"{name}_about"] if f"{name}_about" in told else told[name]
    more = (lambda lesson: lesson_help.text(lesson, lang)) if name in ("run", "export") else None
    made: Parser = commands.add_parser(name, help=told[name], description=about, said=said, more=more)
    _add_lang(made, said)
    return made


def _add_lang(parser: Parser, said: Words) -> None:
    parser.add_argument("--lang", choices=LANGS, default=argparse.SUPPRESS, help=said["help"]["lang"])


def _serve(serve: Parser, told: Words) -> None:
    def port(given: str) -> int:
        if not given.isascii() or not given.isdecimal() or int(given) > 65535:
            raise argparse.ArgumentTypeError(serve.said["error"]["port"])
        return int(given)

    serve.add_argument("--host", help=told["host"])
    serve.add_argument("--port", type=port, help=told["port"])
    serve.add_argument("--data", type=Path, metavar="DIR", help=told["data"])
    serve.add_argument("--no-browser", action="store_true", help=told["no_browser"])


def _run(run: Parser, told: Words) -> None:
    run.add_argument("--json", metavar="FILE", help=told["json_file"])
    run.add_argument("lesson", metavar="LESSON", help=told["run_lesson"])


def _export(out: Parser, told: Words) -> None:
    where = out.add_mutually_exclusive_group(required=True)
    where.add_argument("-o", dest="file", metavar="FILE", help=_formats(told["export_file"]))
    where.add_argument("--site", type=Path, metavar="DIR", help=told["site"])
    out.add_argument("--recorded", action="store_true", help=told["recorded"])
    out.add_argument("lessons", nargs="*", metavar="LESSON|RUN", help=told["export_lesson"])


def _quiz(quiz: Parser, told: Words) -> None:
    quiz.add_argument("lessons", nargs="*", metavar="LESSON", help=told["quiz_lessons"])
    quiz.add_argument("-o", dest="file", metavar="FILE", help=told["quiz_file"])


def _formats(text: str) -> str:
    return text.format(formats=" ".join(FORMATS))


def _add_values(parser: Parser, told: Words) -> None:
    parser.add_argument("--preset", metavar="PRESET", help=told["preset"])
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help=told["set"])


def _complete(parser: Parser, lessons: Sequence[str]) -> None:
    """Names for a shell to offer: only the parser that a completion script is made of has them."""
    found = catalog.discover()
    for action in parser._actions:
        if action.dest in ("lesson", "lessons"):
            action.choices = list(lessons)
        if action.dest == "preset":
            action.choices = sorted({preset.name for slug in lessons for preset in found[slug].presets})
