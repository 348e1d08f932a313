"""What a test may have left behind: processes (wherever they were re-parented), zombies, threads, descriptors, folders.

A test is blamed only for what its own session made. A process of ours is known by a mark in its environment, so that a
session's server and its launchers are seen too; the folders of runs are made in a runtime directory of the session's.
"""

from __future__ import annotations

import atexit
import gc
import os
import select
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

MARK = f"/timeslice-test-session-{os.getpid()}-"  # a directory that does not exist; no other's mark begins like it
_SHM = Path("/dev/shm")
RUNTIME = Path(_SHM if os.access(_SHM, os.W_OK) else tempfile.gettempdir(), f"timeslice-tests-{os.getpid()}")
GRACE_S = 5.0  # what was told to die may still be dying when the test is over
_BROWSER = ("chrom", "headless_shell", "node", "MainThread")  # Chromium makes and ends processes as it likes


def mark() -> None:
    """Marks every process started from now on: the spawner passes PATH and XDG_RUNTIME_DIR on, and little else."""
    os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:{MARK}"
    RUNTIME.mkdir(exist_ok=True)
    RUNTIME.chmod(0o755)
    os.environ["XDG_RUNTIME_DIR"] = str(RUNTIME)
    atexit.register(shutil.rmtree, RUNTIME, ignore_errors=True)


@dataclass(frozen=True)
class Held:
    """What this session holds at one instant."""

    processes: frozenset[tuple[int, str]]  # (pid, start time): pids come back
    threads: frozenset[int]
    files: frozenset[tuple[int, str]]  # (descriptor, what it leads to)
    folders: frozenset[str]  # of lesson states, its logs


def held() -> Held:
    """Looks around."""
    return Held(
        frozenset(_processes()),
        frozenset(thread.ident or 0 for thread in threading.enumerate()),
        frozenset(_files()),
        frozenset(_folders()),
    )


def left(before: Held) -> list[str]:
    """A sentence for everything that is there now and was not before; waits for what is about to end."""
    _stop_tracker(before)
    if not _more(held(), before) and not any(_zombies()):
        return []
    gc.collect()  # what nobody refers to is closed
    for thread in threading.enumerate():
        if thread.ident not in before.threads:
            thread.join(GRACE_S)
    _wait(held().processes - before.processes)
    _wait_folders(before)
    now = held()
    found = [f"process {pid}: {_said(pid)}" for pid, _ in now.processes - before.processes]
    found += [f"zombie {pid}" for pid in _zombies()]
    found += [f"thread {each.name}" for each in threading.enumerate() if each.ident not in before.threads]
    found += [f"descriptor {fd}: {target}" for fd, target in now.files - before.files]
    return found + [f"folder {name}" for name in now.folders - before.folders]


def _more(now: Held, before: Held) -> bool:
    return any(
        (now.processes - before.processes, now.threads - before.threads, now.files - before.files,
         now.folders - before.folders)
    )  # fmt: skip


def _processes() -> Iterator[tuple[int, str]]:
    mark, own = MARK.encode(), str(os.getpid())
    for pid in os.listdir("/proc"):  # twice a test, over all processes of the machine: no Path for each
        if not pid.isdigit() or pid == own:
            continue
        try:
            with open(f"/proc/{pid}/environ", "rb", buffering=0) as environ:
                if mark not in environ.read():
                    continue
            entry = Path("/proc", pid)
            name, stat = (entry / "comm").read_text().strip(), (entry / "stat").read_text()
        except OSError:
            continue
        if not name.startswith(_BROWSER) and "resource_tracker" not in _said(int(pid)):
            yield int(pid), stat.rpartition(")")[2].split()[19]


def _said(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    except OSError:
        return "gone"


def _wait(processes: frozenset[tuple[int, str]]) -> None:
    deadline = time.monotonic() + GRACE_S
    for pid, _ in processes:
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        finally:
            os.close(fd)


def _folders() -> Iterator[str]:
    """Folders of this session's runs (server/lessons/states/workdir.py), which live until tail has started."""
    yield from (path.name for path in RUNTIME.glob("timeslice-*"))  # others' programs keep things there too


def _wait_folders(before: Held) -> None:
    """A run that was told to end removes its folder on its way."""
    deadline, pause = time.monotonic() + GRACE_S, threading.Event()
    while frozenset(_folders()) - before.folders and time.monotonic() < deadline:
        pause.wait(0.02)


def _zombies() -> Iterator[int]:
    """Children of this very process that nobody has waited for."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    for pid in children.read_text().split():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state == "Z":
            yield int(pid)


def _files() -> Iterator[tuple[int, str]]:
    for entry in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{entry}")
        except OSError:
            continue
        if target != f"/proc/{os.getpid()}/fd":
            yield int(entry), target


def _stop_tracker(before: Held) -> None:
    """multiprocessing's resource tracker stays for as long as its parent: one that this test started goes with it."""
    tracker: Any = resource_tracker._resource_tracker
    known = {fd for fd, _ in before.files}
    if tracker._fd is not None and tracker._fd not in known:
        tracker._stop()


def kill(before: Held) -> None:
    """Ends the processes that are left, so that one bad test does not spoil those after it."""
    for pid, _ in held().processes - before.processes:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
