"""Where ``sched:sched_waking`` is described: its id and the offsets of its fields; it opens no event."""

from __future__ import annotations

import ctypes
import os
import re
from functools import cache
from typing import NamedTuple

from .records import RecorderUnavailable

TRACEFS_MOUNTS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
_FIELD = re.compile(r"field:[^;]*?(\w+)(?:\[\w*\])?;\s*offset:(\d+);\s*size:(\d+);")


class WakingTracepoint(NamedTuple):
    """The tracepoint's number for perf_event_attr.config, and where its fields lie in PERF_SAMPLE_RAW data."""

    id: int
    pid_offset: int
    flags_offset: int


def parse_field_offsets(format_text: str) -> dict[str, tuple[int, int]]:
    """name → (offset, size) in bytes, from the text of a tracepoint's ``format`` file."""
    return {name: (int(offset), int(size)) for name, offset, size in _FIELD.findall(format_text)}


@cache
def read_sched_waking() -> WakingTracepoint:
    """Read the description of sched_waking; :class:`RecorderUnavailable` says why it cannot be read.

    It is the same until the machine is booted anew, so the spawner reads it once for all launchers it forks (half a
    millisecond each); a refusal is not kept.
    """
    failure = "tracefs is not mounted"
    _mount_if_root()
    for place in TRACEFS_MOUNTS:
        folder = f"{place}/events/sched/sched_waking"
        try:
            with open(f"{folder}/id") as number, open(f"{folder}/format") as text:
                found = parse_field_offsets(text.read())
                return WakingTracepoint(int(number.read()), found["pid"][0], found["common_flags"][0])
        except PermissionError:
            failure = "the tracepoint ids in tracefs are readable by root only"
        except (OSError, KeyError, ValueError):
            continue
    raise RecorderUnavailable(failure)


def _mount_if_root() -> None:
    """Mount tracefs where the kernel keeps an empty folder for it, as ``perf`` itself does; only root can."""
    place = TRACEFS_MOUNTS[0]
    try:
        if os.geteuid() != 0 or os.listdir(place):
            return
    except OSError:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount(b"tracefs", place.encode(), b"tracefs", 0, None)  # a refusal shows when the id cannot be read
