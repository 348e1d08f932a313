"""The outline of a finished run: all of it but the changes of state, which are most of it, and how many are dispatches.

It is what pages say of a run beside its picture: figures, verdicts, proof. The seals are checked as in a whole reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import events
from . import seals
from .recording import Recording

_STATE, _DISPATCHED = b'"fact":{"kind":"task.state",', b'"cause":"dispatched"'


@dataclass(frozen=True, slots=True)
class Outline:
    """What was read of a run that is whole."""

    recording: Recording  # without the changes of state
    dispatches: int  # how often a task got a core: counted among the changes that are left out


def read(data: bytes) -> Outline | None:
    """The outline of a recording in its gzip form; None if it is not what was written, or has no end."""
    lines, dispatches, epoch = list[str](), 0, 1
    try:
        for block in seals.blocks(data):
            others = _all_but_states(block)
            dispatches += block.text.count(_DISPATCHED) - sum(_DISPATCHED in line for line in others)
            lines += [line.decode("ascii") for line in others]
            epoch = block.epoch
        found = Recording([events.decode(line) for line in lines], lines, epoch, None)
    except (seals.Unsealed, ValueError):
        return None
    return Outline(found, dispatches) if found.ended else None


def _all_but_states(block: seals.Block) -> list[bytes]:
    """The lines that are no change of state. Many blocks have none, which counting tells without taking them apart."""
    if block.text.count(_STATE) == block.count:
        return []
    return [line for line in block.text.split(b"\n") if line and _STATE not in line]
