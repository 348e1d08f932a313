"""What holds here of the defence in depth, tried in a forked child as a run would have it: a finding each for `doctor`.

What a finding means, and what to do where a part does not hold, stands among the command's words (``doctor``).
"""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from ..recorder import SnapshotRequest, TaskGone, take_snapshot
from ..settings import Bounds
from ..supervisor import confinement, prctl, process_limit


class Finding(NamedTuple):
    """One part of the defence: how it stands, as a key among the part's words, and what is put into them."""

    part: str
    state: str
    slots: dict[str, object]


def findings(uid: int) -> list[Finding]:
    """Each part, for runs made by the user ``uid`` (-1: the caller's). Forks: single-threaded."""
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
    found = json.loads(said) if said else [["hardening", "unanswered", {}]]
    return [Finding(*each) for each in found]


def _try(uid: int) -> list[Finding]:
    network = _network()
    groups = process_limit.open_pids_cgroups(uid, Bounds().processes)
    try:
        processes = _processes(uid, groups)
        privileges = _privileges()
        reasons = Finding("reasons", _reasons(uid), {})
    finally:
        if groups is not None:
            groups.close()
    return [reasons, privileges, network, processes]


def _network() -> Finding:
    try:
        confinement.isolate_network()
    except OSError as error:
        return Finding("network", "shared", {"error": confinement.errno_name(error)})
    return Finding("network", "own", {})


def _privileges() -> Finding:
    try:
        confinement.no_new_privileges()
    except OSError as error:
        return Finding("privileges", "gained", {"error": confinement.errno_name(error)})
    try:
        confinement.empty_bounding_set()
    except OSError as error:
        return Finding("privileges", "bounding_set", {"error": confinement.errno_name(error)})
    return Finding("privileges", "none", {})


def _processes(uid: int, groups: process_limit.PidsCgroups | None) -> Finding:
    most = Bounds().processes
    if groups is not None:
        return Finding("processes", "cgroup", {"most": most + 1})
    if os.geteuid() == 0 and uid >= 0:
        return Finding("processes", "own_user", {"most": most + 1, "uid": uid})
    if os.geteuid() != 0:
        return Finding("processes", "shared_user", {"most": 2 * most, "uid": os.geteuid(), "cgroup": most + 1})
    return Finding("processes", "counted", {"most": most})


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
    return said or "untried"


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
    return "read" if seen else "refused"


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
