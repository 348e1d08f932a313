"""What /proc says about a process from outside (proc(5)): its state, where it stands in a file; it changes nothing."""

from __future__ import annotations

import os


def letter(pid: int) -> str:
    """The kernel's letter for the state of a process (proc(5), stat): R S D T Z; empty once it has gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b") ")[2][:1].decode()
    except OSError:
        return ""


def bytes_read(pid: int) -> int | None:
    """How many bytes a process has read so far; None if that is not to be had."""
    try:
        with open(f"/proc/{pid}/io", "rb") as file:
            return int(file.readline().split()[1])
    except (OSError, ValueError, IndexError):
        return None


def position(pid: int, file: int) -> int | None:
    """Where a process stands in the file that is open here as ``file``; None if it has not opened it (any more).

    Its own descriptor only reads; before its exec it still has the launcher's, which also writes.
    """
    found = (_offset(pid, fd) for fd in _descriptors(pid) if _same(f"/proc/{pid}/fd/{fd}", file))
    return next((offset for offset in found if offset is not None), None)


def watches(pid: int) -> bool:
    """Whether a process has told inotify what it wants to be told of."""
    return any(b"\ninotify " in _info(pid, fd) for fd in _descriptors(pid))


def _descriptors(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return []


def _info(pid: int, fd: str) -> bytes:
    try:
        with open(f"/proc/{pid}/fdinfo/{fd}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def _same(path: str, log: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(log))
    except OSError:
        return False


def _offset(pid: int, fd: str) -> int | None:
    """Of a descriptor that only reads: how far it has come."""
    fields = dict(line.split(b":\t", 1) for line in _info(pid, fd).splitlines() if b":\t" in line)
    if b"pos" not in fields or int(fields[b"flags"], 8) & os.O_ACCMODE != os.O_RDONLY:
        return None
    return int(fields[b"pos"])
