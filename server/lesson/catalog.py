"""The lessons there are: folders with an ``experiment.py`` become lessons in reading order; it keeps no list."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from .contract import Lesson

ROOT_PACKAGE = __package__.rpartition(".")[0]  # "server" in a clone; the wheel carries it under another name
PACKAGE = f"{ROOT_PACKAGE}.lessons"
_LOG = logging.getLogger("timeslice")


class CatalogError(Exception):
    """The folders do not make one order; the message names the folder."""


@cache
def discover(package: str = PACKAGE) -> Mapping[str, Lesson]:
    """Slug → lesson, in reading order: by ``number``, which must agree with ``after``.

    ``package`` is the importable package that holds the folders. A folder without ``LESSON`` is no lesson yet; one
    that cannot be imported is left out and named in the log, so that it does not take the others with it.
    """
    found: dict[str, Lesson] = {}
    for name in folders(package):
        try:
            lesson = getattr(importlib.import_module(f"{package}.{name}"), "LESSON", None)
        except Exception as error:  # whatever an unfinished folder raises
            _LOG.error("lesson %s is left out: %s: %s", name, type(error).__name__, error)
            continue
        if isinstance(lesson, Lesson):
            found[name.replace("_", "-")] = lesson
    return _ordered(found)


def folders(package: str = PACKAGE) -> list[str]:
    """Names of the folders that may be lessons."""
    return [each.name for each in pkgutil.iter_modules(importlib.import_module(package).__path__) if each.ispkg]


def folder(slug: str, package: str = PACKAGE) -> Path:
    """The folder of a lesson, by its slug; ``KeyError`` if there is no such lesson."""
    if slug not in discover(package):
        raise KeyError(slug)
    return Path(next(iter(importlib.import_module(package).__path__)), slug.replace("-", "_"))


def recording(slug: str, preset: str, package: str = PACKAGE) -> Path | None:
    """The shipped recording of a preset, or None if there is none; ``KeyError`` if there is no such lesson."""
    path = folder(slug, package) / "recordings" / f"{preset}.ndjson.gz"
    return path if path.is_file() else None


def _ordered(found: Mapping[str, Lesson]) -> Mapping[str, Lesson]:
    ordered = dict(sorted(found.items(), key=lambda each: each[1].number))
    numbers = [lesson.number for lesson in ordered.values()]
    if len(set(numbers)) != len(numbers):
        raise CatalogError(f"two lessons have one number: {', '.join(ordered)}")
    seen: set[str] = set()
    for slug, lesson in ordered.items():
        if lesson.after in ordered and lesson.after not in seen:
            raise CatalogError(f"{slug} comes after {lesson.after}, but its number is lower")
        seen.add(slug)
    return ordered
