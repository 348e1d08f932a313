"""The text of a lesson by its slug and a language, and whether it has one that can be shown."""

from __future__ import annotations

import logging

from ..lesson import catalog
from . import prose
from .labels import Lang

_LOG = logging.getLogger("timeslice")


def text(slug: str, lang: Lang) -> prose.Prose:
    """A lesson's text in one language; raises ``KeyError`` for no lesson, :class:`prose.Malformed` or ``OSError``."""
    return prose.read(catalog.lesson_folder(slug) / f"{lang}.md")


def has_text(slug: str, lang: Lang) -> bool:
    """Whether the lesson can be shown: one that only runs, such as a test's, has no text.

    A text that cannot be read is named in the log; the other lessons' pages go on without it.
    """
    try:
        return text(slug, lang) is not None
    except (KeyError, FileNotFoundError):
        return False
    except (OSError, ValueError) as error:
        _LOG.error("lesson %s is not shown: %s", slug, error)
        return False
