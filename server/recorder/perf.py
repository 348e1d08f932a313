"""perf_event_open through ctypes: events, rings and loss; what the bytes mean is :mod:`server.recorder.parse`'s matter.

Sources: perf_event_open(2), include/uapi/linux/perf_event.h. The rings are mapped by hand, not with :mod:`mmap`: the
kernel does not copy them into a forked child, where a mapping object's destructor would unmap somebody else's memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import time
from collections.abc import Callable, Sequence

from ..events import Tier
from . import proc, tracefs
from .parse import parse, waking_reader
from .raw import FORK, INTERRUPT, LOST, WAKING, Busy, Raw, Refused

PAGE = os.sysconf("SC_PAGE_SIZE")
PAGES = 32  # data pages of a ring (a power of two): 4096 switches at 4 KiB pages
WAKING_PAGES = 64  # of a ring for wake-ups, which hears the whole machine's
LEAST_PAGES = 2

_SYSCALL = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}
_TYPE_SOFTWARE, _COUNT_SW_DUMMY, _TYPE_TRACEPOINT = 1, 9, 2
_SAMPLE_TID, _SAMPLE_TIME, _SAMPLE_CPU, _SAMPLE_RAW = 1 << 1, 1 << 2, 1 << 7, 1 << 10
_FORMAT_LOST = 1 << 4  # Linux 6.0
_DISABLED, _INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HV, _COMM, _TASK = 1 << 0, 1 << 1, 1 << 5, 1 << 6, 1 << 9, 1 << 13
_SAMPLE_ID_ALL, _COMM_EXEC, _USE_CLOCKID, _CONTEXT_SWITCH = 1 << 18, 1 << 24, 1 << 25, 1 << 26
_SWITCHES = (
    _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HV | _COMM | _TASK | _SAMPLE_ID_ALL | _COMM_EXEC | _USE_CLOCKID
    | _CONTEXT_SWITCH
)  # fmt: skip
_FLAG_CLOEXEC = 1 << 3
_HEAD, _TAIL = 1024, 1032  # offsets of data_head and data_tail in the metadata page
_PROT_READ, _PROT_WRITE, _MAP_SHARED = 1, 2, 1


class _Attr(ctypes.Structure):
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


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)


def switch_attr() -> _Attr:
    """Side-band records of a task and all its descendants: births, names, switches, ends."""
    return _Attr(
        type=_TYPE_SOFTWARE,
        size=ctypes.sizeof(_Attr),
        config=_COUNT_SW_DUMMY,
        sample_type=_SAMPLE_TID | _SAMPLE_TIME | _SAMPLE_CPU,
        read_format=_FORMAT_LOST,
        flags=_SWITCHES,
        clockid=time.CLOCK_MONOTONIC,
    )


def waking_attr(tracepoint: int) -> _Attr:
    """Every wake-up on a CPU, whoever does it (an inherited event would miss those by outsiders)."""
    return _Attr(
        type=_TYPE_TRACEPOINT,
        size=ctypes.sizeof(_Attr),
        config=tracepoint,
        sample_period=1,
        sample_type=_SAMPLE_TID | _SAMPLE_TIME | _SAMPLE_CPU | _SAMPLE_RAW,
        read_format=_FORMAT_LOST,
        flags=_SAMPLE_ID_ALL | _USE_CLOCKID,
        clockid=time.CLOCK_MONOTONIC,
    )


def open_event(attr: _Attr, pid: int, cpu: int) -> int:
    """A close-on-exec descriptor of the event. :class:`Refused`, :class:`Busy`, or ``OSError`` for a caller's fault."""
    number = _SYSCALL.get(platform.machine())
    if number is None:
        raise Refused(f"no system call number of perf_event_open is known for {platform.machine()}")
    fd = _libc.syscall(number, ctypes.byref(attr), pid, cpu, -1, ctypes.c_ulong(_FLAG_CLOEXEC))
    if fd >= 0:
        return int(fd)
    code = ctypes.get_errno()
    if code == errno.EINVAL and attr.read_format:  # before Linux 6.0: without PERF_FORMAT_LOST
        attr.read_format = 0
        return open_event(attr, pid, cpu)
    raise _refusal(code)


def _refusal(code: int) -> Exception:
    if code in (errno.EACCES, errno.EPERM):
        return Refused(f"the kernel refuses perf_event_open ({errno.errorcode[code]})")
    if code in (errno.ENOSYS, errno.ENOENT, errno.EOPNOTSUPP):
        return Refused(f"this kernel has no such perf event ({errno.errorcode[code]})")
    if code in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EBUSY):
        return Busy(f"perf_event_open: {os.strerror(code)}")
    return OSError(code, f"perf_event_open: {os.strerror(code)}")


class Ring:
    """One event's ring buffer: bytes written by the kernel, read here, never overwritten (the kernel drops instead)."""

    def __init__(self, fd: int, pages: int = PAGES) -> None:
        """Map the ring; on EPERM (the user's quota of locked memory is used up) try half the pages, then Busy."""
        self.fd = fd
        self._address = 0
        while not self._map(pages):
            pages //= 2
            if pages < LEAST_PAGES:
                raise Busy("the quota of locked memory for perf rings (kernel.perf_event_mlock_kb) is used up")
        self.pages = pages
        self._size = pages * PAGE
        self._head = ctypes.c_uint64.from_address(self._address + _HEAD)
        self._tail = ctypes.c_uint64.from_address(self._address + _TAIL)

    def _map(self, pages: int) -> bool:
        at = _libc.mmap(None, (pages + 1) * PAGE, _PROT_READ | _PROT_WRITE, _MAP_SHARED, self.fd, 0)
        if at != ctypes.c_void_p(-1).value:
            self._address = at
            return True
        code = ctypes.get_errno()
        if code in (errno.EPERM, errno.ENOMEM):
            return False
        raise OSError(code, f"mmap of a perf ring: {os.strerror(code)}")

    def take(self) -> bytes:
        """Everything written since the last call; its room is given back to the kernel."""
        tail, head = self._tail.value, self._head.value
        if head == tail:
            return b""
        data = self._address + PAGE
        at, count = tail % self._size, head - tail
        first = min(count, self._size - at)
        taken = ctypes.string_at(data + at, first)
        if first < count:
            taken += ctypes.string_at(data, count - first)
        self._tail.value = head
        return taken

    def lost(self) -> int | None:
        """Records dropped for want of room so far (PERF_FORMAT_LOST), or None where the kernel cannot say."""
        answer = os.read(self.fd, 16)
        return int.from_bytes(answer[8:16], "little" if _LITTLE else "big") if len(answer) == 16 else None

    def close(self) -> None:
        """Unmap and close."""
        if self._address:
            _libc.munmap(self._address, (self.pages + 1) * PAGE)
            self._address = 0
        os.close(self.fd)


_LITTLE = ctypes.c_uint16(1).value.to_bytes(2, "little") == bytes(ctypes.c_uint16(1))


def online() -> list[int]:
    """Numbers of the CPUs that are on, from ``/sys/devices/system/cpu/online``."""
    with open("/sys/devices/system/cpu/online") as file:
        parts = [part.split("-") for part in file.read().strip().split(",")]
    return [cpu for part in parts for cpu in range(int(part[0]), int(part[-1]) + 1)]


class PerfRecorder:
    """Every switch of the calling process's future descendants (and of itself), per CPU; see :class:`raw.Recorder`."""

    period_ns: int | None = None

    def __init__(self, tier: Tier, cpus: Sequence[int] | None = None, pages: int = PAGES) -> None:
        """Listen on ``cpus`` (default: all that are on; a task that runs elsewhere is not heard there)."""
        self.tier: Tier = tier
        self._switches: list[Ring] = []
        self._wakings: list[Ring] = []
        self._told_lost = 0  # what LOST records said, for kernels without PERF_FORMAT_LOST
        self._run: set[int] = set()
        self._names: dict[int, str] = {}
        self._read: Callable[[memoryview, int], Raw | None] | None = None
        try:
            self._open(online() if cpus is None else list(cpus), pages)
        except BaseException:
            self.close()
            raise

    def _open(self, cpus: list[int], pages: int) -> None:
        attr = switch_attr()
        for cpu in cpus:
            self._switches.append(_ring(attr, 0, cpu, pages))
        if self.tier == "exact+wake":
            found = tracefs.waking()
            self._read = waking_reader(found.pid_offset, found.flags_offset)
            wake = waking_attr(found.id)
            for cpu in cpus:
                self._wakings.append(_ring(wake, -1, cpu, WAKING_PAGES))

    def drain(self) -> list[Raw]:
        """The records since the last call, unordered between CPUs; wake-ups of tasks outside the run are left out."""
        woken: list[Raw] = []
        for ring in self._wakings:  # before the switches: whoever is woken here has its FORK among those below
            woken += parse(ring.take(), self._read)
        raws: list[Raw] = []
        for ring in self._switches:
            raws += parse(ring.take())
        self._run.update(raw[4] for raw in raws if raw[1] == FORK)
        self._told_lost += sum(raw[5] for raw in raws if raw[1] == LOST)
        raws += [self._named(raw) for raw in woken if raw[1] == WAKING and raw[4] in self._run]
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
        for ring in self._switches + self._wakings:
            with contextlib.suppress(OSError):
                os.close(ring.fd)
        self._switches, self._wakings = [], []

    def close(self) -> None:
        """Stop listening; a second call does nothing."""
        for ring in self._switches + self._wakings:
            ring.close()
        self._switches, self._wakings = [], []


def _ring(attr: _Attr, pid: int, cpu: int, pages: int) -> Ring:
    fd = open_event(attr, pid, cpu)
    try:
        return Ring(fd, pages)
    except BaseException:
        os.close(fd)
        raise


def keep_open(tier: Tier) -> list[int]:
    """Descriptors of idle events to keep while runs come and go: the first open after none costs 11 ms or more.

    Opening the first event makes the kernel patch its own code and wait for every CPU. The events here count and
    record nothing. Gives an empty list where the kernel refuses.
    """
    attr = switch_attr()
    attr.flags = _DISABLED | _EXCLUDE_KERNEL | _EXCLUDE_HV
    kept: list[int] = []
    with contextlib.suppress(Refused, Busy, OSError):
        kept.append(open_event(attr, 0, -1))
        if tier == "exact+wake":
            wake = waking_attr(tracefs.waking().id)
            wake.flags |= _DISABLED
            kept.append(open_event(wake, -1, online()[0]))
    return kept
