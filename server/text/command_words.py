"""The words of the command `timeslice` in both languages, and the language that a terminal asks for."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from functools import cache

from . import yaml_text
from .labels import TEXT, Lang, Words, known

#: The first of these that is set names the locale, as setlocale(3) has it for messages.
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


@cache
def words(lang: Lang) -> Words:
    """All words of the command in a language."""
    return Words(yaml_text.load((TEXT / f"command.{lang}.yaml").read_text("utf-8")))


@cache
def of_argparse(lang: Lang) -> Mapping[str, str]:
    """What argparse says, by its own English messages; a message that is not there stays as it is."""
    path = TEXT / f"argparse.{lang}.yaml"
    return dict(yaml_text.load(path.read_text("utf-8"))) if path.is_file() else {}


def language(argv: Sequence[str], environ: Mapping[str, str] | None = None) -> Lang:
    """The language of ``--lang`` among the arguments, else of the terminal's locale: zh for any Chinese, else en.

    It must be known before the arguments are parsed, as the parser's own words are in it; what is wrong with --lang
    the parser says.
    """
    for at, word in enumerate(argv):
        given = word.partition("=")[2] if word.startswith("--lang=") else next(iter(argv[at + 1 :]), "")
        if word == "--lang" or word.startswith("--lang="):
            return known(given) or _of_locale(environ)
    return _of_locale(environ)


def named(argv: Sequence[str]) -> bool:
    """Whether the arguments name a language themselves."""
    return any(word == "--lang" or word.startswith("--lang=") for word in argv)


def _of_locale(environ: Mapping[str, str] | None) -> Lang:
    env = os.environ if environ is None else environ
    locale = next((env[name] for name in VARIABLES if env.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def reason(error: OSError, lang: Lang) -> str:
    """Why a system call failed: our words for what people meet, else those of strerror(3)."""
    told = words(lang)["error"]["errno"]
    name = errno.errorcode.get(error.errno or 0, "")
    return str(told[name]) if name in told else os.strerror(error.errno or 0)


class LocalizedError(Exception):
    """An error whose sentence stands in both languages: its key among the words, and what is put into it."""

    def __init__(self, key: str, **slots: object) -> None:
        super().__init__(key)
        self.key, self.slots = key, slots

    def sentence(self, lang: Lang) -> str:
        """One line without its end: what, where, what to do. An ``OSError`` among the slots becomes its reason, an
        error of this kind its sentence, several names a list."""
        return str(words(lang)["error"][self.key]).format(**{k: _shown(v, lang) for k, v in self.slots.items()})


def _shown(value: object, lang: Lang) -> object:
    if isinstance(value, LocalizedError):
        return value.sentence(lang)
    if isinstance(value, OSError):
        return reason(value, lang)
    return words(lang)["list"].join(map(str, value)) if isinstance(value, list | tuple) else value
