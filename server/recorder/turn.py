"""One turn of the launcher's timer: drain the rings, look at sleepers, hand entries on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from ..events import Entry, Tier
from . import proc
from .perf import PerfRecorder
from .raw import Recorder, Refused, TaskGone
from .states import Folder


def open_recorder(tier: Tier, cpus: Sequence[int] | None = None) -> Recorder:
    """Listen on the calling single-threaded process, before it forks. Raises ``Refused`` or ``Busy``.

    ``cpus`` None means all that are on; narrow it only if nothing of the run, the caller included, can run elsewhere.
    """
    if tier in ("exact", "exact+wake"):
        return PerfRecorder(tier, cpus)
    if tier == "sampled":
        from .sampler import Sampler

        return Sampler()
    raise Refused("no tier left: only recordings can be shown")


def pump(recorder: Recorder, folder: Folder, cut_ns: int | None = None) -> list[Entry]:
    """Drain, feed, look, advance: the entries that are ripe at ``cut_ns`` (default: now), in order of time.

    Whoever merges them with other facts gives one instant for both, at or before now.
    """
    cut_ns = time.monotonic_ns() if cut_ns is None else cut_ns
    raws = recorder.drain()
    folder.feed(raws, cut_ns)
    folder.losses(recorder.lost(), cut_ns)
    for want in folder.wanted():
        with contextlib.suppress(TaskGone):
            folder.looked(proc.look(want))
    return folder.advance(cut_ns)
