"""Why does a task sleep: from the number of its system call, never from a wchan name; pure.

Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h (aarch64, riscv64).
"""

from __future__ import annotations

import platform
from collections.abc import Collection

from ..events import WaitsFor
from .records import TaskSnapshot

# name: (x86_64, asm-generic); -1 where the architecture has no such call
_NUMBERS: dict[str, tuple[int, int]] = {
    "read": (0, 63), "write": (1, 64), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65),
    "writev": (20, 66), "preadv": (295, 69), "pwritev": (296, 70), "sendfile": (40, 71), "splice": (275, 76),
    "open": (2, -1), "openat": (257, 56), "close": (3, 57), "fsync": (74, 82), "fdatasync": (75, 83),
    "sync": (162, 81), "syncfs": (306, 267), "execve": (59, 221), "poll": (7, -1), "ppoll": (271, 73),
    "select": (23, -1), "pselect6": (270, 72), "epoll_wait": (232, -1), "epoll_pwait": (281, 22),
    "epoll_pwait2": (441, 441), "io_getevents": (208, 4), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
    "pause": (34, -1), "rt_sigsuspend": (130, 133), "rt_sigtimedwait": (128, 137), "futex": (202, 98),
    "futex_waitv": (449, 449), "futex_wait": (455, 455), "wait4": (61, 260), "waitid": (247, 95),
    "vfork": (58, -1), "clone": (56, 220), "clone3": (435, 435), "flock": (73, 32), "fcntl": (72, 25),
    "semop": (65, 193), "semtimedop": (220, 192), "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242),
    "sendto": (44, 206), "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "recvmmsg": (299, 243),
    "sendmmsg": (307, 269),
}  # fmt: skip

_ALWAYS: dict[WaitsFor, tuple[str, ...]] = {
    "sleep": ("nanosleep", "clock_nanosleep"),
    "poll": ("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2"),
    "futex": ("futex", "futex_waitv", "futex_wait"),
    "child": ("wait4", "waitid", "vfork", "clone", "clone3"),
    "lock": ("flock", "fcntl", "semop", "semtimedop"),
    "socket": ("connect", "accept", "accept4", "sendto", "recvfrom", "sendmsg", "recvmsg", "recvmmsg", "sendmmsg"),
    "disk": ("fsync", "fdatasync", "sync", "syncfs"),
    "signal": ("pause", "rt_sigsuspend", "rt_sigtimedwait"),
}
_READS = ("read", "pread64", "readv", "preadv", "splice", "sendfile")
_WRITES = ("write", "pwrite64", "writev", "pwritev")


class SyscallTable:
    """The numbers of one architecture."""

    def __init__(self, machine: str = "") -> None:
        """``machine`` as in ``uname -m`` (default: this one); an unknown one knows no reasons."""
        machine = machine or platform.machine()
        column = {"x86_64": 0, "aarch64": 1, "riscv64": 1}.get(machine)
        known = {} if column is None else {name: pair[column] for name, pair in _NUMBERS.items() if pair[column] >= 0}
        self._always: dict[int, WaitsFor] = {
            known[name]: reason for reason, names in _ALWAYS.items() for name in names if name in known
        }
        self._reads = {known[name] for name in _READS if name in known}
        self._writes = {known[name] for name in _WRITES if name in known}

    def wait_reason(
        self, snapshot: TaskSnapshot, barriers: Collection[str] = (), gil: tuple[int, int] = (0, 0)
    ) -> WaitsFor | None:
        """The reason a snapshot gives, None if it gives none. ``barriers``: link texts of the barrier pipes' read ends;
        ``gil``: addresses [start, end) in which the futexes of the process's GIL lie."""
        number = snapshot.syscall
        if number is None or number < 0:
            return None
        reason = self.reason_of(number)
        if reason == "futex" and snapshot.args and gil[0] <= snapshot.args[0] < gil[1]:
            return "gil"
        if reason:
            return reason
        if number in self._reads or number in self._writes:
            return self._transfer(snapshot, barriers, writes=number in self._writes)
        return "disk" if snapshot.state == "D" else "other"

    def reason_of(self, number: int) -> WaitsFor | None:
        """The reason that the number of a system call gives by itself, None if what it waits for decides."""
        return self._always.get(number)

    @staticmethod
    def _transfer(snapshot: TaskSnapshot, barriers: Collection[str], *, writes: bool) -> WaitsFor:
        target = snapshot.target or ""
        if target in barriers:
            return "barrier"
        if target.startswith("socket:"):
            return "socket"
        if target.startswith("pipe:"):
            return "pipe_write" if writes else "pipe_read"
        return "disk" if snapshot.state == "D" else "other"
