"""The exact tiers: every switch of a run by perf events, and in the better one every wake-up of its tasks.

Sources: perf_event_open(2), include/uapi/linux/perf_event.h.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from ..events import Tier
from . import perf_events, procfs, tracefs
from .perf_events import PAGES, RingBuffer
from .perf_parser import parse_records
from .records import FORK, INTERRUPT, LOST, RawRecord, RecorderUnavailable, ResourcesExhausted
from .wakeup_events import WakeupEvents


class PerfRecorder:
    """Every context switch of the caller and its future descendants, per CPU; see :class:`records.Recorder`."""

    period_ns: int | None = None

    def __init__(self, tier: Tier, cpus: Sequence[int] | None = None, pages: int = PAGES) -> None:
        """Listen on ``cpus`` (default: all that are on; a task that runs elsewhere is not heard there)."""
        self.tier: Tier = tier
        self._switch_rings: list[RingBuffer] = []
        self._wakeup_events: WakeupEvents | None = None
        self._reported_lost = 0  # what LOST records said, for kernels without PERF_FORMAT_LOST
        self._counted_lost: int | None = 0  # what the kernel said when it was last asked; None: it cannot say
        self._run: set[int] = set()
        self._names: dict[int, str] = {}
        self._collected: list[RawRecord] = []
        self._rare: list[RawRecord] = []  # those of them that are no switches
        self._wakeup_records: list[list[RawRecord]] = []  # a list a ring
        try:
            self._open(perf_events.online_cpus() if cpus is None else list(cpus), pages)
        except BaseException:
            self.close()
            raise

    def _open(self, cpus: list[int], pages: int) -> None:
        attr = perf_events.context_switch_attr()
        for cpu in cpus:
            self._switch_rings.append(perf_events.open_ring_buffer(attr, 0, cpu, pages))
        if self.tier == "exact+wake":
            self._wakeup_events = WakeupEvents(cpus)
            self._wakeup_records = [[] for _ in cpus]

    def collect(self) -> None:
        """Empties the rings into memory, so that they do not overflow while the caller is busy with other things."""
        if self._wakeup_events:  # first: whoever is woken has its FORK among the records below
            for waiting, found in zip(self._wakeup_records, self._wakeup_events.read(), strict=True):
                waiting += found
        self.collect_switches()

    def collect_switches(self) -> list[RawRecord]:
        """As :meth:`collect`, without the wake-ups; what was in the rings, for a glance: it is drained later."""
        found: list[RawRecord] = []
        for ring in self._switch_rings:
            if data := ring.read():
                found += parse_records(data, self._rare)
        self._collected += found
        return found

    def drain(self) -> list[RawRecord]:
        """The records since the last call, unordered between CPUs; wake-ups of tasks outside the run are left out."""
        self.collect()
        records, self._collected = self._collected, []
        rare, self._rare = self._rare, []
        if rare:
            self._run.update(record[4] for record in rare if record[1] == FORK)
            self._reported_lost += sum(record[5] for record in rare if record[1] == LOST)
        if self._wakeup_events:
            woken, self._wakeup_records = self._wakeup_records, [[] for _ in self._wakeup_records]
            records += map(self._named, self._wakeup_events.select_own(woken, rare))
        return records

    def _named(self, record: RawRecord) -> RawRecord:
        t_ns, op, cpu, soft, tid, waker, _ = record
        if waker in self._run or waker == os.getpid():
            return record
        if waker == INTERRUPT:
            return (t_ns, op, cpu, soft, tid, waker, "interrupt")
        if waker not in self._names:
            self._names[waker] = procfs.comm(waker)
        return (t_ns, op, cpu, soft, tid, waker, self._names[waker] or f"swapper/{cpu}")

    def lost_records(self) -> int:
        """How many records of the run the kernel dropped so far, over all rings.

        What the rings for wake-ups drop is not counted: it is the whole machine's, and a wake-up of the run without
        a record is derived from run_delay, so it is not missing, only less exact, and marked so. The kernel drops a
        record where a ring has no room for it, and it is only emptied here: so it is asked after a ring was found
        more than half full, and else has nothing new to say.
        """
        if sum(ring.take_crowded() for ring in self._switch_rings):  # a sum: it asks every ring
            counts = [ring.lost_records() for ring in self._switch_rings]
            known = [count for count in counts if count is not None]
            self._counted_lost = sum(known) if len(known) == len(counts) else None
        return self._reported_lost if self._counted_lost is None else self._counted_lost

    def close_after_fork(self) -> None:
        """In a forked child: close the descriptors. The rings are not mapped here, so nothing is unmapped."""
        for ring in self._switch_rings:
            with contextlib.suppress(OSError):
                os.close(ring.fd)
        if self._wakeup_events:
            self._wakeup_events.close_after_fork()
        self._switch_rings, self._wakeup_events = [], None

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        for ring in self._switch_rings:
            ring.close()
        if self._wakeup_events:
            self._wakeup_events.close()
        self._switch_rings, self._wakeup_events = [], None


def open_idle_events(tier: Tier) -> list[int]:
    """Descriptors of idle events to keep while runs come and go: the first open after none costs 11 ms or more.

    Opening the first event makes the kernel patch its own code and wait for every CPU. The events here count and
    record nothing. Gives an empty list where the kernel refuses.
    """
    attr = perf_events.context_switch_attr()
    attr.flags = perf_events.DISABLED | perf_events.EXCLUDE
    kept: list[int] = []
    with contextlib.suppress(RecorderUnavailable, ResourcesExhausted, OSError):
        kept.append(perf_events.open_event(attr, 0, -1))
        if tier == "exact+wake":
            wake = perf_events.sched_waking_attr(tracefs.read_sched_waking().id)
            wake.flags |= perf_events.DISABLED
            kept.append(perf_events.open_event(wake, -1, perf_events.online_cpus()[0]))
    return kept
