"""One turn of the launcher's timer: drain the rings, look at sleepers, hand entries on."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence

from ..events import Entry, Tier
from . import proc
from .perf import PerfRecorder
from .raw import Busy, Recorder, Refused, TaskGone
from .states import RecordFolder

#: Every wake-up of the machine goes through the rings of tier "exact+wake": 15,000 of them a core at 4 KiB pages.
_ROOT_PAGES = 256
_TIERS: tuple[Tier, ...] = ("exact+wake", "exact", "sampled")


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


def pump(recorder: Recorder, folder: RecordFolder, cut_ns: int | None = None) -> list[Entry]:
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


def open_best(best: Tier, patient: bool = False) -> Recorder:
    """The best tier, or the next one that opens; ``patient``: :class:`Busy` where only memory or descriptors lack."""
    for tier in _TIERS[_TIERS.index(best) if best in _TIERS else len(_TIERS) - 1 :]:
        try:
            if tier == "exact+wake" and os.geteuid() == 0:  # root has no quota of ring memory
                return PerfRecorder(tier, pages=_ROOT_PAGES)
            return open_recorder(tier)
        except (Refused, Busy) as error:
            if tier == "sampled" or (patient and isinstance(error, Busy)):
                raise
    raise Refused("there is no way to hear the kernel here")
