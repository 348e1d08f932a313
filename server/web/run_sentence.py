"""How it is with a run, in one or two sentences of the reader's language."""

from __future__ import annotations

from ..text.labels import Words
from .screen import RunOnScreen


def sentence(words: Words, run: RunOnScreen) -> str:
    """Its status, of one that waits its place and how long it should be, and what became of its recording if that is
    not as it should be; of a damaged one only the latter."""
    status: str = words["run"][run.status]
    if run.waiting is not None:
        status = status.format(position=run.waiting.place, seconds=round(run.waiting.estimate_s))
        if run.waiting.why:
            status += f" {words['labels'][f'status.waits.{run.waiting.why}']}"
    if run.note is None:
        return status
    note: str = words["labels"][f"status.{run.note}"]
    return note if run.note == "damaged" else f"{status} {note}"


def joined(words: Words, run: RunOnScreen) -> str:
    """Whom a page that has joined a run watches it with; "" if nobody else does."""
    if not run.others:
        return ""
    said: str = words["run"]["joined_one" if run.others == 1 else "joined"]
    return said.format(others=run.others)
