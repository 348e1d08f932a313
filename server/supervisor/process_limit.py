"""How many processes a run can have at the most, enforced by the kernel at fork(2): a pids cgroup, or RLIMIT_NPROC.

Only a bound at fork(2) cannot be outrun: the launcher's loop counts too, and ends a run over its bound, but on a busy
machine a fork bomb is faster than any counting. Which of them holds depends on who we are (``way``):

- "cgroup": root, and the pids controller is writable. A run's launcher is *born* in its group: to be moved costs a
  process about 15 ms (the kernel waits for a grace period), so the spawner moves itself ahead of the next fork.
- "uid": root, and runs have a user of their own (TIMESLICE_UID): RLIMIT_NPROC counts that user's tasks.
- "user": an ordinary user: RLIMIT_NPROC counts all that the user has, so there is slack for what else they do.
- "none": root without either; RLIMIT_NPROC does not count root's.

Sources: getrlimit(2), Documentation/admin-guide/cgroup-v1/pids.rst, cgroup-v2.rst ("PID").
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

LimitMechanism = Literal["cgroup", "uid", "user", "none"]

#: A bomb needs one more than allowed to be seen over the bound, and ended.
_OVER = 1
_LEAVING = 4  # tasks of this user that are counted now and may be gone when a bomb forks
_PREFIX = "timeslice-"


def limit_processes(uid: int, most: int) -> None:
    """In a launcher, still with the privileges it was born with: bound what it and its children can fork.

    ``most`` processes may be left below it without the run being ended. A launcher counts as one of its user's.
    """
    if os.geteuid() != 0:
        allowed = count_user_tasks(os.geteuid()) + 2 * most - _LEAVING
    elif uid >= 0:
        allowed = count_user_tasks(uid) + 1 + most + _OVER
    else:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    allowed = allowed if hard == resource.RLIM_INFINITY else min(allowed, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (allowed, hard))


def is_enforced(uid: int) -> bool:
    """Whether the kernel refuses the launcher's run one process over the bound, so that nobody need watch for it."""
    if os.geteuid() == 0 and uid >= 0:
        return True
    return any(f"/{_PREFIX}" in line for line in _text("/proc/self/cgroup").splitlines())


def lift_limit() -> bool:
    """Fork was refused (EAGAIN): whoever shares this uid elsewhere is counted too. Lifts the limit, if there is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    return soft != hard


def make_limit_final() -> None:
    """In a worker: what bounds it cannot be raised again."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (soft, soft))


def count_user_tasks(uid: int) -> int:
    """How many tasks (threads) this user has, as far as /proc shows them; about 5 µs a process of the machine."""
    count = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{name}").st_uid == uid:
                count += len(os.listdir(f"/proc/{name}/task"))
    return count


class PidsCgroups:
    """The pids cgroups of a spawner's runs. Made by the spawner; its launchers only are in one."""

    def __init__(self, most: int, base: Path) -> None:
        """``base``: a folder of the cgroup file system in which groups can be made."""
        self._most = most
        self._base = base
        self._made: list[Path] = []
        self._count = 0

    def enter_new_cgroup(self) -> None:
        """Go where the next launcher is to be born; ``OSError`` if that is refused."""
        self._count += 1
        group = self._base / f"{_PREFIX}{os.getpid()}-{self._count}"
        group.mkdir()
        self._made.append(group)
        (group / "pids.max").write_text(str(self._most + _OVER + 1), "ascii")
        (group / "cgroup.procs").write_text("0", "ascii")

    def remove_empty(self) -> None:
        """Remove the groups that nobody is in any more."""
        for group in list(self._made):
            with contextlib.suppress(OSError):  # EBUSY: somebody still is
                group.rmdir()
                self._made.remove(group)

    def close(self) -> None:
        """Leave, and remove all."""
        with contextlib.suppress(OSError):
            (self._base / "cgroup.procs").write_text("0", "ascii")
        self.remove_empty()


def open_pids_cgroups(uid: int, most: int) -> PidsCgroups | None:
    """The groups to use here, the caller in the first of them already; None where there is no need or no right."""
    if os.geteuid() == 0 and uid >= 0:
        return None
    for base in _bases():
        _remove_foreign(base)
        found = PidsCgroups(most, base)
        try:
            found.enter_new_cgroup()
        except OSError:
            found.close()
            continue
        return found
    return None


def _remove_foreign(base: Path) -> None:
    """Groups of spawners that were killed; one that somebody is in stays (EBUSY)."""
    for group in base.glob(f"{_PREFIX}*-*"):
        with contextlib.suppress(OSError):
            group.rmdir()


def _bases() -> Iterator[Path]:
    """Folders below which a group with a pids.max of its own may be made."""
    mounts = [line.split() for line in _text("/proc/self/mountinfo").splitlines()]
    for line in _text("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        for words in mounts:
            kind, options, where = words[words.index("-") + 1], words[-1], words[4]
            if "pids" in controllers.split(",") and kind == "cgroup" and "pids" in options.split(","):
                yield Path(where, path.lstrip("/"))
            elif not controllers and kind == "cgroup2":
                here = Path(where, path.lstrip("/"))
                places = (here, here.parent) if _unlimited(here) else (here,)
                yield from (each for each in places if "pids" in _text(each / "cgroup.subtree_control"))


def _unlimited(group: Path) -> bool:
    """Whether leaving this group (cgroup v2) for one beside it would escape no limit that somebody has set on it."""
    limits = (_text(group / name) for name in ("memory.max", "memory.high", "cpu.max", "pids.max"))
    return all(not limit or limit.startswith("max") for limit in limits)


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
