"""Opening a recorder, and polling it: drain its rings, take snapshots of sleeping tasks, emit the entries."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence

from ..events import Entry, Tier
from . import procfs
from .perf_recorder import PerfRecorder
from .records import Recorder, RecorderUnavailable, ResourcesExhausted, TaskGone
from .state_reconstructor import StateReconstructor

#: Every wake-up of the machine goes through the rings of tier "exact+wake": 15,000 of them a core at 4 KiB pages.
_ROOT_PAGES = 256
_SNAPSHOTS_AT_ONCE = 20  # about 1 ms
_TIERS: tuple[Tier, ...] = ("exact+wake", "exact", "sampled")


def open_recorder(tier: Tier, cpus: Sequence[int] | None = None) -> Recorder:
    """Listen on the calling single-threaded process, before it forks.

    Raises :class:`RecorderUnavailable` or :class:`ResourcesExhausted`.

    ``cpus`` None means all that are on; narrow it only if nothing of the run, the caller included, can run elsewhere.
    """
    if tier in ("exact", "exact+wake"):
        return PerfRecorder(tier, cpus)
    if tier == "sampled":
        from .sampler import Sampler

        return Sampler()
    raise RecorderUnavailable("no tier left: only recordings can be shown")


def poll_recorder(recorder: Recorder, reconstructor: StateReconstructor, cut_ns: int | None = None) -> list[Entry]:
    """Poll once: drain the records, take the snapshots that are wanted, and give the entries that are ready.

    ``cut_ns``: CLOCK_MONOTONIC up to which records count (default: now). Entries come in order of time.

    Whoever merges them with other facts gives one instant for both, at or before now. The rings are emptied meanwhile:
    tasks that switch 100,000 times a second fill them in the time that it takes to fold what was in them.
    """
    cut_ns = time.monotonic_ns() if cut_ns is None else cut_ns
    records = recorder.drain()
    reconstructor.feed_records(records, cut_ns, recorder.collect)
    reconstructor.report_lost(recorder.lost_records(), cut_ns)
    for number, request in enumerate(reconstructor.snapshot_requests(), start=1):
        with contextlib.suppress(TaskGone):
            reconstructor.apply_snapshot(procfs.take_snapshot(request))
        if number % _SNAPSHOTS_AT_ONCE == 0:
            recorder.collect()
    return reconstructor.emit_ready(cut_ns)


def open_best_recorder(best: Tier, patient: bool = False) -> Recorder:
    """The best tier, or the next one that opens.

    ``patient``: :class:`ResourcesExhausted` where only memory or descriptors lack.
    """
    for tier in _TIERS[_TIERS.index(best) if best in _TIERS else len(_TIERS) - 1 :]:
        try:
            if tier != "sampled" and os.geteuid() == 0:  # root has no quota of ring memory
                return PerfRecorder(tier, pages=_ROOT_PAGES)
            return open_recorder(tier)
        except (RecorderUnavailable, ResourcesExhausted) as error:
            if tier == "sampled" or (patient and isinstance(error, ResourcesExhausted)):
                raise
    raise RecorderUnavailable("there is no way to hear the kernel here")
