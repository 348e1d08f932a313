"""perf_event_open through ctypes: events, their rings, what they lost; what the bytes mean is perf_parser.py's matter.

Sources: perf_event_open(2), include/uapi/linux/perf_event.h. The rings are mapped by hand, not with :mod:`mmap`: the
kernel does not copy them into a forked child, where a mapping object's destructor would unmap somebody else's memory.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import time

from .records import RecorderUnavailable, ResourcesExhausted

PAGE = os.sysconf("SC_PAGE_SIZE")
PAGES = 32  # data pages of a ring (a power of two): 4096 switches at 4 KiB pages
LEAST_PAGES = 2

_SYSCALL = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}
_TYPE_SOFTWARE, _COUNT_SW_DUMMY, _TYPE_TRACEPOINT = 1, 9, 2
_SAMPLE_TID, _SAMPLE_TIME, _SAMPLE_CPU, _SAMPLE_RAW = 1 << 1, 1 << 2, 1 << 7, 1 << 10
_FORMAT_LOST = 1 << 4  # Linux 6.0
DISABLED, EXCLUDE = 1 << 0, 1 << 5 | 1 << 6  # both the kernel's and a hypervisor's part
_INHERIT, _COMM, _TASK = 1 << 1, 1 << 9, 1 << 13
_SAMPLE_ID_ALL, _COMM_EXEC, _USE_CLOCKID, _CONTEXT_SWITCH = 1 << 18, 1 << 24, 1 << 25, 1 << 26
_SWITCHES = (
    _INHERIT | EXCLUDE | _COMM | _TASK | _SAMPLE_ID_ALL | _COMM_EXEC | _USE_CLOCKID
    | _CONTEXT_SWITCH
)  # fmt: skip
_FLAG_CLOEXEC = 1 << 3
_HEAD, _TAIL = 1024 // 8, 1032 // 8  # data_head and data_tail among the 64-bit words of the metadata page
_PROT_READ, _PROT_WRITE, _MAP_SHARED = 1, 2, 1


class PerfEventAttr(ctypes.Structure):
    """perf_event_attr up to clockid's version (PERF_ATTR_SIZE_VER5, 112 bytes, Linux 4.1)."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("config", ctypes.c_uint64),
        ("sample_period", ctypes.c_uint64),
        ("sample_type", ctypes.c_uint64),
        ("read_format", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
        ("wakeup_events", ctypes.c_uint32),
        ("bp_type", ctypes.c_uint32),
        ("config1", ctypes.c_uint64),
        ("config2", ctypes.c_uint64),
        ("branch_sample_type", ctypes.c_uint64),
        ("sample_regs_user", ctypes.c_uint64),
        ("sample_stack_user", ctypes.c_uint32),
        ("clockid", ctypes.c_int32),
        ("sample_regs_intr", ctypes.c_uint64),
        ("aux_watermark", ctypes.c_uint32),
        ("sample_max_stack", ctypes.c_uint16),
        ("reserved", ctypes.c_uint16),
    )


libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


def context_switch_attr() -> PerfEventAttr:
    """Side-band records of a task and all its descendants: births, names, switches, ends."""
    return PerfEventAttr(
        type=_TYPE_SOFTWARE,
        size=ctypes.sizeof(PerfEventAttr),
        config=_COUNT_SW_DUMMY,
        sample_type=_SAMPLE_TID | _SAMPLE_TIME | _SAMPLE_CPU,
        read_format=_FORMAT_LOST,
        flags=_SWITCHES,
        clockid=time.CLOCK_MONOTONIC,
    )


def sched_waking_attr(tracepoint: int) -> PerfEventAttr:
    """Every wake-up on a CPU, whoever does it (an inherited event would miss those by outsiders)."""
    return PerfEventAttr(
        type=_TYPE_TRACEPOINT,
        size=ctypes.sizeof(PerfEventAttr),
        config=tracepoint,
        sample_period=1,
        sample_type=_SAMPLE_TID | _SAMPLE_TIME | _SAMPLE_CPU | _SAMPLE_RAW,
        read_format=_FORMAT_LOST,
        flags=_SAMPLE_ID_ALL | _USE_CLOCKID,
        clockid=time.CLOCK_MONOTONIC,
    )


def open_event(attr: PerfEventAttr, pid: int, cpu: int) -> int:
    """A close-on-exec descriptor of the event.

    Raises :class:`RecorderUnavailable`, :class:`ResourcesExhausted`, or ``OSError`` for a caller's fault.
    """
    number = _SYSCALL.get(platform.machine())
    if number is None:
        raise RecorderUnavailable(f"no system call number of perf_event_open is known for {platform.machine()}")
    fd = libc.syscall(number, ctypes.byref(attr), pid, cpu, -1, ctypes.c_ulong(_FLAG_CLOEXEC))
    if fd >= 0:
        return int(fd)
    code = ctypes.get_errno()
    if code == errno.EINVAL and attr.read_format:  # before Linux 6.0: without PERF_FORMAT_LOST
        attr.read_format = 0
        return open_event(attr, pid, cpu)
    raise _refusal(code)


def _refusal(code: int) -> Exception:
    if code in (errno.EACCES, errno.EPERM):
        return RecorderUnavailable(f"the kernel refuses perf_event_open ({errno.errorcode[code]})")
    if code in (errno.ENOSYS, errno.ENOENT, errno.EOPNOTSUPP):
        return RecorderUnavailable(f"this kernel has no such perf event ({errno.errorcode[code]})")
    if code in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EBUSY):
        return ResourcesExhausted(f"perf_event_open: {os.strerror(code)}")
    return OSError(code, f"perf_event_open: {os.strerror(code)}")


class RingBuffer:
    """One event's ring buffer: bytes written by the kernel, read here, never overwritten (the kernel drops instead)."""

    def __init__(self, fd: int, pages: int = PAGES) -> None:
        """Map the ring; on EPERM (the user's quota of locked memory is used up) try half the pages, then give up."""
        self.fd = fd
        self._address = 0
        while not self._map(pages):
            pages //= 2
            if pages < LEAST_PAGES:
                raise ResourcesExhausted(
                    "the quota of locked memory for perf rings (kernel.perf_event_mlock_kb) is used up"
                )
        self.pages = pages
        self._size = pages * PAGE
        self._crowded = False
        self._view(self._address)

    def _view(self, address: int) -> None:
        """Looks at the mapping through memoryviews: ctypes' own accesses take longer, and make objects."""
        mapped = memoryview((ctypes.c_char * (PAGE + self._size)).from_address(address)).cast("B")
        self._words, self._data = mapped[:PAGE].cast("Q"), mapped[PAGE:]

    def _map(self, pages: int) -> bool:
        at = libc.mmap(None, (pages + 1) * PAGE, _PROT_READ | _PROT_WRITE, _MAP_SHARED, self.fd, 0)
        if at != ctypes.c_void_p(-1).value:
            self._address = at
            return True
        code = ctypes.get_errno()
        if code in (errno.EPERM, errno.ENOMEM):
            return False
        raise OSError(code, f"mmap of a perf ring: {os.strerror(code)}")

    def read(self) -> bytes:
        """Everything written since the last call; its room is given back to the kernel."""
        words, size = self._words, self._size
        tail, head = words[_TAIL], words[_HEAD]
        if head == tail:
            return b""
        at, count = tail % size, head - tail
        if count > size // 2:
            self._crowded = True
        taken = bytes(self._data[at : at + count])
        if len(taken) < count:  # the rest lies at the beginning
            taken += self._data[: count - len(taken)]
        words[_TAIL] = head
        return taken

    def take_crowded(self) -> bool:
        """Whether a :meth:`read` since the last call found the ring more than half full: it may have lost records."""
        crowded, self._crowded = self._crowded, False
        return crowded

    def lost_records(self) -> int | None:
        """Records dropped for want of room so far (PERF_FORMAT_LOST), or None where the kernel cannot say."""
        answer = os.read(self.fd, 16)
        return int.from_bytes(answer[8:16], "little" if _LITTLE else "big") if len(answer) == 16 else None

    def close(self) -> None:
        """Unmap and close."""
        if self._address:
            libc.munmap(self._address, (self.pages + 1) * PAGE)
            self._address = 0
        os.close(self.fd)


_LITTLE = ctypes.c_uint16(1).value.to_bytes(2, "little") == bytes(ctypes.c_uint16(1))


def online_cpus() -> list[int]:
    """Numbers of the CPUs that are on, from ``/sys/devices/system/cpu/online``."""
    with open("/sys/devices/system/cpu/online") as file:
        parts = [part.split("-") for part in file.read().strip().split(",")]
    return [cpu for part in parts for cpu in range(int(part[0]), int(part[-1]) + 1)]


def open_ring_buffer(attr: PerfEventAttr, pid: int, cpu: int, pages: int) -> RingBuffer:
    """A mapped ring of a new event; nothing stays open where that fails."""
    fd = open_event(attr, pid, cpu)
    try:
        return RingBuffer(fd, pages)
    except BaseException:
        os.close(fd)
        raise
