"""Runs that were read from the archive to be streamed, as frames: who opens one after others costs no reading."""

from __future__ import annotations

from collections import OrderedDict

from .framed import Framed
from .queue_stream import QueuedRun

_BYTES = 32 * 2**20  # of frames, some 10 bytes a fact


class KeptFrames:
    """The runs that were watched last, and their frames. A run in memory is not kept: it has its log."""

    def __init__(self, most_bytes: int = _BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, tuple[QueuedRun, Framed]] = OrderedDict()
        self._bytes = 0

    def keep(self, id: str, run: QueuedRun, framed: Framed | None) -> None:
        """Keeps a run whose last viewer has left, if all of it was read and only for its stream."""
        if framed is None or not run.log.transient:
            return
        self._drop(id)
        self._kept[id] = run, framed
        self._bytes += framed.size_bytes
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, id: str) -> None:
        if id in self._kept:
            self._bytes -= self._kept.pop(id)[1].size_bytes

    def run(self, id: str) -> QueuedRun | None:
        """The run of this id, if it is kept."""
        return self._kept[id][0] if id in self._kept else None

    def framed(self, id: str, run: QueuedRun) -> Framed | None:
        """All of this run as frames, if it is kept."""
        kept = self._kept.get(id)
        return kept[1] if kept is not None and kept[0] is run else None
