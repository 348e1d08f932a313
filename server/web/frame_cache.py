"""Runs that were read from the archive to be streamed, as frames: who opens one after others costs no reading."""

from __future__ import annotations

from collections import OrderedDict

from .log_frames import LogFrames
from .queue_stream import QueuedRun

_BYTES = 32 * 2**20  # of frames, some 10 bytes a fact


class FrameCache:
    """The runs that were watched last, and their frames. A run in memory is not kept: it has its log."""

    def __init__(self, most_bytes: int = _BYTES) -> None:
        self._most_bytes = most_bytes
        self._cached: OrderedDict[str, tuple[QueuedRun, LogFrames]] = OrderedDict()
        self._bytes = 0

    def keep(self, id: str, run: QueuedRun, log_frames: LogFrames | None) -> None:
        """Keeps a run whose last viewer has left, if all of it was read and only for its stream."""
        if log_frames is None or not run.log.transient:
            return
        self._drop(id)
        self._cached[id] = run, log_frames
        self._bytes += log_frames.size_bytes
        while self._bytes > self._most_bytes:
            self._drop(next(iter(self._cached)))

    def _drop(self, id: str) -> None:
        if id in self._cached:
            self._bytes -= self._cached.pop(id)[1].size_bytes

    def run(self, id: str) -> QueuedRun | None:
        """The run of this id, if it is kept."""
        return self._cached[id][0] if id in self._cached else None

    def frames_of(self, id: str, run: QueuedRun) -> LogFrames | None:
        """All of this run as frames, if it is kept."""
        found = self._cached.get(id)
        return found[1] if found is not None and found[0] is run else None
