"""The few words of prctl(2) and rlimits a run needs, through ctypes; it decides nothing."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Mapping
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: Any) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def name_thread(name: str) -> None:
    """Name the calling thread; the kernel keeps 15 bytes (PR_SET_NAME) and tells every observer."""
    _prctl(PR_SET_NAME, ctypes.c_char_p(name.encode("utf-8", "replace")[:15]))


def become_subreaper() -> None:
    """Orphans below this process become its children (PR_SET_CHILD_SUBREAPER)."""
    _prctl(PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1))


def kill_when_parent_ends(parent: int) -> None:
    """SIGKILL when the thread that forked this process ends (PR_SET_PDEATHSIG); leaves at once if it has already."""
    _prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
    if os.getppid() != parent:
        os._exit(1)


def resume_when_parent_ends(parent: int) -> None:
    """SIGCONT when the thread that started this process ends (PR_SET_PDEATHSIG), so that even a stopped one notices."""
    _prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGCONT))
    if os.getppid() != parent:
        os._exit(1)


def set_rlimits(bounds: Mapping[str, Any]) -> None:
    """The rlimits of one worker (getrlimit(2)): CPU seconds, address space, open files, bytes a file, no core dump.

    No core dump is RLIMIT_CORE = 1, not 0: 0 stops no program that core_pattern pipes the dump into (core(5)).
    """
    for which, most in (
        (resource.RLIMIT_CPU, int(bounds["cpu_s"])),
        (resource.RLIMIT_AS, int(bounds["memory_bytes"])),
        (resource.RLIMIT_NOFILE, int(bounds["open_files"])),
        (resource.RLIMIT_FSIZE, int(bounds["file_bytes"])),
        (resource.RLIMIT_CORE, 1),
    ):
        _, hard = resource.getrlimit(which)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def become_user(uid: int) -> None:
    """Leave root for ``uid`` (group of the same number), and be readable again to who has the same uid (proc(5))."""
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    _prctl(PR_SET_DUMPABLE, ctypes.c_ulong(1))
