"""How many bytes the facts of a run take on the stream, beside one JSON message a fact, uncompressed on both sides.

Counted over all shipped recordings, each as a viewer who opens it late gets it: in slices of at most SLICE_BYTES, with
everything that SSE adds (chunk sizes apart, which the peer has more of). Goals: a state change ≤ 1/12 of its one
message and ≤ 13 bytes, all facts ≤ 1/5. The counts are the same on every machine, so there is nothing to repeat.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import table
from server.lesson import catalog
from server.log import recording
from server.web import frames
from server.web.hub import SLICE_BYTES

STATE = '"kind":"task.state"'


@dataclass(frozen=True, slots=True)
class Counted:
    """Bytes of the same facts both ways."""

    facts: int
    ours: int
    peer: int

    def __add__(self, other: Counted) -> Counted:
        return Counted(self.facts + other.facts, self.ours + other.ours, self.peer + other.peer)


def ours(lines: Sequence[str]) -> int:
    """Bytes of the messages that hold these entries."""
    size, done = 0, 0
    while done < len(lines):
        text, count = frames.pack(lines[done:], SLICE_BYTES)
        done += count
        size += len(frames.message([text], 1, done))
    return size


def counted(lines: Sequence[str]) -> Counted:
    """These entries packed, and in one JSON message each."""
    peer = sum(len(frames.message([line], 1, number)) for number, line in enumerate(lines, start=1))
    return Counted(len(lines), ours(lines), peer)


def recordings() -> dict[str, tuple[Counted, Counted]]:
    """All facts, and the state changes alone, of each shipped recording."""
    found = {}
    for slug, lesson in catalog.discover().items():
        for preset in lesson.presets:
            path = catalog.recording_path(slug, preset.name)
            if path is not None:
                lines = recording.read(path).lines
                found[f"{slug}/{preset.name}"] = counted(lines), counted([each for each in lines if STATE in each])
    return found


def totals() -> tuple[Counted, Counted]:
    """All facts, and the state changes alone, of all recordings together."""
    nothing = Counted(0, 0, 0)
    every = recordings().values()
    return sum((facts for facts, _ in every), nothing), sum((states for _, states in every), nothing)


def main() -> int:
    """Prints each recording and the three ratios; 1 if a goal was missed."""
    for name, (facts, states) in recordings().items():
        print(
            f"{name:40} {facts.facts:6} facts  1/{facts.peer / facts.ours:.1f}   "
            f"{states.facts:6} state changes  1/{states.peer / states.ours:.1f}, {states.ours / states.facts:.1f} bytes"
        )
    facts, states = totals()
    peer = "one JSON message a fact"
    met = [
        table.compared("bytes of a state change", peer, [states.ours / states.peer], at_most=1 / 12),
        table.compared("bytes of a state change", "–", [states.ours / states.facts], at_most=13, unit="bytes"),
        table.compared("bytes of all facts", peer, [facts.ours / facts.peer], at_most=1 / 5),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
