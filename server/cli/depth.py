"""What holds here of the defence in depth, tried in a forked child as a run would have it: one line each for `doctor`.

Each line says that it holds, or why not and what to do.
"""

from __future__ import annotations

import json
import os

from ..recorder import SnapshotRequest, TaskGone, take_snapshot
from ..settings import Bounds
from ..supervisor import confinement, prctl, process_limit

_ASK_PTRACE = "add CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE), or run the server as the user of TIMESLICE_UID"


def lines(uid: int) -> list[tuple[str, str]]:
    """(name, sentence) of each part, for runs made by the user ``uid`` (-1: the caller's). Forks: single-threaded."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            os.write(write, json.dumps(_try(uid)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    found = json.loads(said) if said else [["depth", "the trial gave no answer; nothing is known to hold"]]
    return [(name, what) for name, what in found]


def _try(uid: int) -> list[tuple[str, str]]:
    network = _network()
    groups = process_limit.open_pids_cgroups(uid, Bounds().processes)
    try:
        processes = _processes(uid, groups)
        privileges = _privileges()
        reasons = _reasons(uid)
    finally:
        if groups is not None:
            groups.close()
    return [("reasons", reasons), ("privileges", privileges), ("network", network), ("processes", processes)]


def _network() -> str:
    try:
        confinement.isolate_network()
    except OSError as error:
        return (
            f"runs share this machine's ({confinement.errno_name(error)}); a namespace of their own needs root with "
            "CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN)"
        )
    return "runs have a namespace of their own, with nothing but the loopback"


def _privileges() -> str:
    try:
        confinement.no_new_privileges()
    except OSError as error:
        return f"runs could gain some by exec ({confinement.errno_name(error)}); NO_NEW_PRIVS needs Linux 3.5"
    try:
        confinement.empty_bounding_set()
    except OSError as error:
        reason = confinement.errno_name(error)
        return f"no new ones (NO_NEW_PRIVS); the bounding set stays ({reason}: only root empties it)"
    return "no new ones (NO_NEW_PRIVS), no capabilities, empty bounding set"


def _processes(uid: int, groups: process_limit.PidsCgroups | None) -> str:
    most = Bounds().processes
    if groups is not None:
        return f"at most {most + 1} a run, by a pids cgroup"
    if os.geteuid() == 0 and uid >= 0:
        return f"at most {most + 1} a run, by RLIMIT_NPROC of uid {uid}"
    if os.geteuid() != 0:
        return f"at most {2 * most} a run, by RLIMIT_NPROC of uid {os.geteuid()} (33 with a pids cgroup one may write)"
    return (
        f"counted, and ended above {most}: root has no limit of its own and the pids cgroup cannot be written; "
        "set TIMESLICE_UID to a user for runs"
    )


def _reasons(uid: int) -> str:
    """One look at a child of the run's user, as a launcher looks."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, _look_at_child(uid).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said or f"why a task sleeps could not be tried; {_ASK_PTRACE}"


def _look_at_child(uid: int) -> str:
    if uid >= 0 and os.geteuid() == 0:
        prctl.become_user(uid)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            confinement.drop_capabilities()
            os.close(write)
            os.read(read, 1)  # until the looker closes its end
        finally:
            os._exit(0)
    os.close(read)
    try:
        seen = _asleep(pid)
    finally:
        os.close(write)
        os.waitpid(pid, 0)
    if seen:
        return "why a task sleeps can be read"
    return f"why a task sleeps cannot be read (/proc/PID/syscall is refused), so blocks have no reason; {_ASK_PTRACE}"


def _asleep(pid: int) -> bool:
    """Whether the system call it sleeps in can be read.

    A look reads the call before the state: one that finds it asleep may have read the call while it was still running.
    So the look after that one counts.
    """
    slept = False
    while True:
        try:
            found = take_snapshot(SnapshotRequest(pid, pid, syscall=True, delay=False))
        except TaskGone:
            return False
        if slept:
            return found.syscall is not None and found.syscall >= 0
        slept = found.state == "S"
        os.sched_yield()
