"""How long a thread may keep a core at a stretch: sched_setattr(2) for ordinary threads, through ctypes."""

from __future__ import annotations

import contextlib
import ctypes
import os

_SYS_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_SYS_SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
_SHORTEST_NS = 100_000  # the least that the kernel grants
_AHEAD = -10


_libc = ctypes.CDLL(None, use_errno=True)


class _SchedAttr(ctypes.Structure):
    """struct sched_attr of sched_setattr(2), its first version (48 bytes)."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def set_time_slice(slice_ns: int) -> int | None:
    """Ask for time slices of ``slice_ns`` (0: the kernel's own) for the calling thread, and nice 0.

    Gives what the kernel granted, or None: before Linux 6.12 it takes the wish and does nothing (sched_setattr(2)).
    Forked children inherit the slice.
    """
    machine = os.uname().machine
    if machine not in _SYS_SCHED_SETATTR:
        return None
    wish = _SchedAttr(size=ctypes.sizeof(_SchedAttr), runtime=slice_ns)
    if _libc.syscall(_SYS_SCHED_SETATTR[machine], 0, ctypes.byref(wish), 0) != 0:
        return None
    got = _SchedAttr()
    if _libc.syscall(_SYS_SCHED_GETATTR[machine], 0, ctypes.byref(got), ctypes.sizeof(got), 0) != 0:
        return None
    return int(got.runtime) or None


def raise_priority() -> None:
    """Let this process run soon after it wakes, however many processes of its run want the cores too.

    A short slice gives an early deadline to whoever needs little (EEVDF, Linux 6.12); root may take a better nice
    value as well. Without this, a fork bomb starves whoever is to stop it.
    """
    set_time_slice(_SHORTEST_NS)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _AHEAD)


def reset_priority() -> None:
    """In a forked child: undo :func:`raise_priority`."""
    if set_time_slice(0) is None and os.getpriority(os.PRIO_PROCESS, 0) < 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
