"""How it is with a run, in one or two sentences of the reader's language."""

from __future__ import annotations

from ..text.labels import Words
from .screen import RunOnScreen


def sentence(words: Words, run: RunOnScreen) -> str:
    """Its status, and what became of its recording if that is not as it should be; of a damaged one only the latter."""
    status: str = words["run"][run.status].format(position=run.position)
    if run.note is None:
        return status
    note: str = words["labels"][f"status.{run.note}"]
    return note if run.note == "damaged" else f"{status} {note}"
