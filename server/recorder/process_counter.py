"""How many processes a run has, heard at once and for next to nothing: births and ends, and a descriptor to poll.

Where no limit of the kernel's stops a fork bomb at the bound (supervisor/process_limit.py), the launcher must be woken
by the bomb itself: reading all that a busy run's rings hold takes milliseconds of a core that sixty processes request.
Source: perf_event_open(2), ``watermark``.
"""

from __future__ import annotations

import contextlib
import os
import select
import time

from .perf_events import RingBuffer, context_switch_attr, online_cpus, open_event
from .perf_parser import parse_records
from .records import EXIT, FORK

_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HV, _TASK, _WATERMARK = 1 << 1, 1 << 5, 1 << 6, 1 << 13, 1 << 14
_SAMPLE_ID_ALL, _USE_CLOCKID = 1 << 18, 1 << 25
_PAGES = 2
_WAKE_BYTES = 448  # eight births or ends on a core, of 56 bytes each


class LiveProcessCounter:
    """Counts the living processes below the caller.

    Open it before a fork. Raises :class:`RecorderUnavailable`, :class:`ResourcesExhausted` or ``OSError``.
    """

    def __init__(self) -> None:
        self._rings: list[RingBuffer] = []
        self._living: set[int] = set()
        self._poll = select.epoll()
        attr = context_switch_attr()
        attr.flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HV | _TASK | _WATERMARK | _SAMPLE_ID_ALL | _USE_CLOCKID
        attr.wakeup_events = _WAKE_BYTES  # with ``watermark`` it counts bytes
        attr.clockid = time.CLOCK_MONOTONIC
        try:
            for cpu in online_cpus():
                self._rings.append(RingBuffer(open_event(attr, 0, cpu), _PAGES))
                self._poll.register(self._rings[-1].fd, select.EPOLLIN)
        except BaseException:
            self.close()
            raise

    @property
    def fd(self) -> int:
        """Readable once several processes were born or have ended since the last count."""
        return self._poll.fileno()

    def count(self) -> int:
        """Processes that live now, by the records so far."""
        self._poll.poll(0)
        records = [record for ring in self._rings for record in parse_records(ring.read())]
        for _, op, _, pid, tid, _, _ in sorted(records):
            if op == FORK and pid == tid:
                self._living.add(pid)
            elif op == EXIT and pid == tid:
                self._living.discard(pid)
        return len(self._living)

    def close_after_fork(self) -> None:
        """In a forked child: close the descriptors; the rings are not mapped there."""
        for ring in self._rings:
            with contextlib.suppress(OSError):
                os.close(ring.fd)
        self._rings = []
        self._poll.close()

    def close(self) -> None:
        """Stop counting."""
        for ring in self._rings:
            ring.close()
        self._rings = []
        self._poll.close()
