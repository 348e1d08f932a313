"""The exact tiers: every switch of a run by perf events, and in the better one every wake-up of its tasks.

Sources: perf_event_open(2), include/uapi/linux/perf_event.h.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from ..events import Tier
from . import perf_events, proc, tracefs
from .parse import parse
from .perf_events import PAGES, Ring
from .raw import FORK, INTERRUPT, LOST, Busy, Raw, Refused
from .wakings import Wakings


class PerfRecorder:
    """Every switch of the calling process's future descendants (and of itself), per CPU; see :class:`raw.Recorder`."""

    period_ns: int | None = None

    def __init__(self, tier: Tier, cpus: Sequence[int] | None = None, pages: int = PAGES) -> None:
        """Listen on ``cpus`` (default: all that are on; a task that runs elsewhere is not heard there)."""
        self.tier: Tier = tier
        self._switches: list[Ring] = []
        self._wakings: Wakings | None = None
        self._told_lost = 0  # what LOST records said, for kernels without PERF_FORMAT_LOST
        self._run: set[int] = set()
        self._names: dict[int, str] = {}
        try:
            self._open(perf_events.online() if cpus is None else list(cpus), pages)
        except BaseException:
            self.close()
            raise

    def _open(self, cpus: list[int], pages: int) -> None:
        attr = perf_events.switch_attr()
        for cpu in cpus:
            self._switches.append(perf_events.ring(attr, 0, cpu, pages))
        if self.tier == "exact+wake":
            self._wakings = Wakings(cpus)

    def drain(self) -> list[Raw]:
        """The records since the last call, unordered between CPUs; wake-ups of tasks outside the run are left out."""
        woken = self._wakings.take() if self._wakings else []  # first: whoever is woken has its FORK among those below
        raws: list[Raw] = []
        for ring in self._switches:
            raws += parse(ring.take())
        self._run.update(raw[4] for raw in raws if raw[1] == FORK)
        self._told_lost += sum(raw[5] for raw in raws if raw[1] == LOST)
        if self._wakings:
            raws += [self._named(raw) for raw in self._wakings.own(woken, raws)]
        return raws

    def _named(self, raw: Raw) -> Raw:
        t_ns, op, cpu, soft, tid, waker, _ = raw
        if waker in self._run or waker == os.getpid():
            return raw
        if waker == INTERRUPT:
            return (t_ns, op, cpu, soft, tid, waker, "interrupt")
        if waker not in self._names:
            self._names[waker] = proc.comm(waker)
        return (t_ns, op, cpu, soft, tid, waker, self._names[waker] or f"swapper/{cpu}")

    def lost(self) -> int:
        """How many records of the run the kernel dropped so far, over all rings.

        What the rings for wake-ups drop is not counted: it is the whole machine's, and a wake-up of the run without
        a record is derived from run_delay, so it is not missing, only less exact, and marked so.
        """
        counts = [ring.lost() for ring in self._switches]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else self._told_lost

    def forget(self) -> None:
        """In a forked child: close the descriptors. The rings are not mapped here, so nothing is unmapped."""
        for ring in self._switches:
            with contextlib.suppress(OSError):
                os.close(ring.fd)
        if self._wakings:
            self._wakings.forget()
        self._switches, self._wakings = [], None

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        for ring in self._switches:
            ring.close()
        if self._wakings:
            self._wakings.close()
        self._switches, self._wakings = [], None


def keep_open(tier: Tier) -> list[int]:
    """Descriptors of idle events to keep while runs come and go: the first open after none costs 11 ms or more.

    Opening the first event makes the kernel patch its own code and wait for every CPU. The events here count and
    record nothing. Gives an empty list where the kernel refuses.
    """
    attr = perf_events.switch_attr()
    attr.flags = perf_events.DISABLED | perf_events.EXCLUDE
    kept: list[int] = []
    with contextlib.suppress(Refused, Busy, OSError):
        kept.append(perf_events.open_event(attr, 0, -1))
        if tier == "exact+wake":
            wake = perf_events.waking_attr(tracefs.waking().id)
            wake.flags |= perf_events.DISABLED
            kept.append(perf_events.open_event(wake, -1, perf_events.online()[0]))
    return kept
