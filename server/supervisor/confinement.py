"""What the processes of a run cannot do, whatever their code tries: gain privileges, use capabilities, reach a network.

No reader's code runs here; this is defence in depth. Each part is done where the kernel allows it, and ``timeslice
doctor`` says which hold. Sources: prctl(2), capabilities(7), capset(2), network_namespaces(7), netdevice(7).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct

_PR_CAPBSET_READ, _PR_CAPBSET_DROP = 23, 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CLONE_NEWNET = 0x4000_0000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_CAPABILITY_VERSION_3 = 0x2008_0522  # include/uapi/linux/capability.h: two 32-bit words a set
_MOST_CAPABILITIES = 64

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def no_new_privileges() -> None:
    """From here on no exec gives more than the caller has, for good and for every descendant (Linux 3.5)."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def empty_bounding_set() -> None:
    """No exec below the caller gives a capability any more; ``OSError`` EPERM without CAP_SETPCAP."""
    for capability in range(_MOST_CAPABILITIES):
        held = _libc.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0)
        if held < 0:  # EINVAL: the kernel has no more
            return
        if held:
            _check(_libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0))


def drop_capabilities() -> None:
    """The calling thread gives up every capability it has, for good."""
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)  # EINVAL before Linux 4.3: there are none
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, bytes(24)))


def isolate_network() -> None:
    """A network namespace whose only interface is the loopback, up; ``OSError`` EPERM without CAP_SYS_ADMIN."""
    _check(_libc.unshare(_CLONE_NEWNET))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))


def confine_caller() -> None:
    """For the process that forks all runs: whatever of this module is allowed here, and nothing is said.

    Once, before the first run, as each part is inherited: it costs a run nothing. Capabilities the caller has stay, as
    it needs them to open the recorder and to become another user.
    """
    for part in (isolate_network, no_new_privileges, empty_bounding_set):
        with contextlib.suppress(OSError):
            part()


def errno_name(error: OSError) -> str:
    """The name of an error, such as EPERM."""
    return errno.errorcode.get(error.errno or 0, str(error))
