"""Every process below one process: listing them and killing them until none is left; it knows nothing of runs.

Killing everything below works because the caller is a sub-reaper (prctl(2), PR_SET_CHILD_SUBREAPER): whatever loses
its parent becomes the caller's own child, so waitpid(2) answering ECHILD *proves* that nothing is left.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Iterable, Iterator

ReapedChild = tuple[int, int]  # pid, wait status


def list_children(pid: int) -> list[int]:
    """Pids of the children of every thread of ``pid``, zombies included; empty if ``pid`` has left.

    Source: ``/proc/PID/task/TID/children`` (proc(5), CONFIG_PROC_CHILDREN), else the parent field of every stat.
    """
    try:
        tids = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for tid in tids:
        try:
            with open(f"/proc/{pid}/task/{tid}/children", "rb") as file:
                found.extend(map(int, file.read().split()))
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{tid}"):
                return _children_by_stat(pid)
        except OSError:
            continue
    return found


def _children_by_stat(parent: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(name))
    return found


def iter_descendants(pid: int, spare: Collection[int] = ()) -> Iterator[int]:
    """Pids below ``pid`` as they are found, parents before children, without ``spare`` and what is below those."""
    todo = [pid]
    while todo:
        for child in list_children(todo.pop()):
            if child not in spare:
                yield child
                todo.append(child)


def list_descendants(pid: int) -> list[int]:
    """All pids below ``pid``."""
    return list(iter_descendants(pid))


def kill_processes(pids: Iterable[int]) -> None:
    """SIGKILL to each as it comes, and first to its whole process group, unless that is the caller's own.

    A signal to a group reaches every member at one instant, and fork(2) under it fails: that stops a fork bomb,
    which one pid at a time does not. A group never reaches beyond its session (setpgid(2)), and so not beyond what
    is below the caller, if the caller leads its session.
    """
    groups = {os.getpgrp()}
    for pid in pids:
        try:
            group = os.getpgid(pid)
            if group not in groups:
                groups.add(group)
                os.killpg(group, signal.SIGKILL)
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def reap_children(limit: int = 256) -> tuple[list[ReapedChild], bool]:
    """Deaths that can be had without waiting, at most ``limit``, and whether no child at all is left (ECHILD)."""
    deaths: list[ReapedChild] = []
    while len(deaths) < limit:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return deaths, True
        if pid == 0:
            break
        deaths.append((pid, status))
    return deaths, False
