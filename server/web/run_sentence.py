"""How it is with a run, in one or two sentences of the reader's language."""

from __future__ import annotations

from ..text.labels import Words
from .screen import RunOnScreen


def sentence(words: Words, run: RunOnScreen) -> str:
    """Its status, of one that waits its place and how long it should be, and what became of its recording if that is
    not as it should be; of a damaged one only the latter."""
    status: str = words["run"][run.status]
    if run.queue_position is not None:
        status = status.format(position=run.queue_position.number, seconds=round(run.queue_position.estimate_s))
        if run.queue_position.reason:
            status += f" {words['labels'][f'status.waits.{run.queue_position.reason}']}"
    if run.note is None:
        return status
    note: str = words["labels"][f"status.{run.note}"]
    return note if run.note == "damaged" else f"{status} {note}"


def joined(words: Words, run: RunOnScreen) -> str:
    """Whom a page that has joined a run watches it with; "" if nobody else does."""
    if not run.other_pages:
        return ""
    said: str = words["run"]["joined_one" if run.other_pages == 1 else "joined"]
    return said.format(other_pages=run.other_pages)
