"""The lessons there are: every folder of ``lessons/`` that has a ``LESSON``, in the order that ``after`` gives."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Mapping, Set
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
    """Slug → lesson, in reading order. ``package`` is the importable package that holds the folders.

    A folder without ``LESSON`` is no lesson yet; one that cannot be imported is left out and named in the log, so
    that it does not take the others with it: what comes after it stands at the end. Of two lessons after the same
    one, that with fewer lessons behind it comes first: a new lesson can be put between two without an edit of theirs.
    Raises :class:`CatalogError` if ``after`` names no lesson, if two lessons are the first or if ``after`` goes round.
    """
    found: dict[str, Lesson] = {}
    unreadable: set[str] = set()
    for name in lesson_folders(package):
        slug = name.replace("_", "-")
        try:
            lesson = getattr(importlib.import_module(f"{package}.{name}"), "LESSON", None)
        except Exception as error:  # whatever an unfinished folder raises
            _LOG.error("lesson %s is left out: %s: %s", name, type(error).__name__, error)
            unreadable.add(slug)
            continue
        if isinstance(lesson, Lesson):
            found[slug] = lesson
    return {slug: found[slug] for slug in _order({slug: each.after for slug, each in found.items()}, unreadable)}


def lesson_folders(package: str = PACKAGE) -> list[str]:
    """Names of the folders that may be lessons."""
    return [each.name for each in pkgutil.iter_modules(importlib.import_module(package).__path__) if each.ispkg]


def lesson_number(slug: str, package: str = PACKAGE) -> int:
    """The number a reader sees: its place in the order, from 1; ``KeyError`` if there is no such lesson."""
    for place, each in enumerate(discover(package), start=1):
        if each == slug:
            return place
    raise KeyError(slug)


def parts(lessons: Mapping[str, Lesson]) -> list[tuple[str, list[str]]]:
    """The path in parts: the key of each (``Lesson.part``) and its slugs, in reading order.

    A part begins once: a second lesson that names it, such as a copy, stays in the part of the one before.
    """
    made: list[tuple[str, list[str]]] = []
    for slug, lesson in lessons.items():
        if not made or (lesson.part and lesson.part not in dict(made)):
            made.append((lesson.part, []))
        made[-1][1].append(slug)
    return made


def lesson_folder(slug: str, package: str = PACKAGE) -> Path:
    """The folder of a lesson, by its slug; ``KeyError`` if there is no such lesson."""
    if slug not in discover(package):
        raise KeyError(slug)
    return Path(next(iter(importlib.import_module(package).__path__)), slug.replace("-", "_"))


def recording_path(slug: str, preset: str, package: str = PACKAGE) -> Path | None:
    """The shipped recording of a preset, or None if there is none; ``KeyError`` if there is no such lesson."""
    path = lesson_folder(slug, package) / "recordings" / f"{preset}.ndjson.gz"
    return path if path.is_file() else None


def _order(after: Mapping[str, str | None], unreadable: Set[str]) -> list[str]:
    """The slugs in reading order; ``after`` says of each which one it follows."""
    followers: dict[str | None, list[str]] = {}
    for slug, other in after.items():
        if other is not None and other not in after and other not in unreadable:
            raise CatalogError(f"{slug} comes after {other!r}, and there is no such lesson")
        followers.setdefault(other, []).append(slug)
    first = followers.get(None, [])
    if len(first) > 1:
        raise CatalogError(f"two lessons are the first: {', '.join(sorted(first))}")
    found = [each for other in (None, *sorted(unreadable)) for each in _behind(other, followers)]
    left = sorted(set(after) - set(found))
    if left:
        raise CatalogError(f"these lessons come after one another in a circle: {', '.join(left)}")
    return found


def _behind(slug: str | None, followers: Mapping[str | None, list[str]]) -> list[str]:
    """All that comes after a lesson, shorter branches first."""
    branches = [[each, *_behind(each, followers)] for each in followers.get(slug, ())]
    return [each for branch in sorted(branches, key=lambda branch: (len(branch), branch)) for each in branch]
