"""kcmp(2): whether two processes share a kernel object, such as their memory or an open file; through ctypes."""

from __future__ import annotations

import ctypes
import os
from typing import Literal

_SYSCALL = {"x86_64": 312, "aarch64": 272, "riscv64": 272}
KernelObject = Literal["file", "vm", "files", "fs", "sighand"]
_WHAT: dict[KernelObject, int] = {"file": 0, "vm": 1, "files": 2, "fs": 3, "sighand": 4}

_libc = ctypes.CDLL(None, use_errno=True)


def share_kernel_object(one: int, other: int, what: KernelObject, fds: tuple[int, int] = (0, 0)) -> bool | None:
    """Whether the processes ``one`` and ``other`` share it; None where the kernel does not say.

    "vm": one address space; "file": the same open file behind ``fds`` (and so one offset). Docker's default seccomp
    profile allows kcmp only with CAP_SYS_PTRACE, and some kernels have none.
    """
    number = _SYSCALL.get(os.uname().machine)
    if number is None:
        return None
    answer = _libc.syscall(number, one, other, _WHAT[what], ctypes.c_ulong(fds[0]), ctypes.c_ulong(fds[1]))
    return None if answer < 0 else answer == 0
