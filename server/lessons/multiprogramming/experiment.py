"""The program of this lesson, exactly as it runs and as the page shows it: tasks that compute, wait, compute on."""

from __future__ import annotations

import heapq
import mmap
import os
import select
import socket
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext

BURST = 700_000  # steps of the loop between two waits: some 10 ms on a core
LONG = 10_000_000  # steps without any wait
ROUNDS = 5  # times each task computes, then waits
REPEATS = 20  # times task 1 leaves and comes back
NAP_S = 0.015
FILE_BYTES = 4 << 20
SLICES_MS = (0, 20, 100)  # 0: what the kernel gives unasked


def burn(steps: int) -> None:
    while steps:
        steps -= 1


def task(me: TaskContext, kind: str, end: Any, wait_s: float, slice_ms: int) -> None:
    me.set_time_slice(slice_ms * 1_000_000)  # 0 asks for the kernel's own
    for _ in range(ROUNDS):
        me.step("compute")
        burn(BURST)
        me.step("io")
        with me.io_call(kind):
            IO[kind](end, wait_s)
    me.step("done")


def sleep(_: None, wait_s: float) -> None:
    time.sleep(wait_s)


def ask_through_pipes(ends: tuple[int, int], _: float) -> None:
    os.write(ends[1], b"?")
    os.read(ends[0], 1)  # nothing there yet, so the kernel puts this task to sleep


def ask_through_socket(end: socket.socket, _: float) -> None:
    end.send(b"?")
    end.recv(1)


def read_from_disk(file: int, _: float) -> None:
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)  # out of memory with it, so that the disk must be asked
    os.pread(file, FILE_BYTES, 0)


IO: dict[str, Callable[[Any, float], None]] = {
    "sleep": sleep,
    "pipe_read": ask_through_pipes,
    "disk": read_from_disk,
    "socket": ask_through_socket,
}


def peer(me: TaskContext, ends: Mapping[int, int], questions: int, wait_s: float) -> None:
    me.step("serve")
    due: list[tuple[float, int]] = []
    while questions or due:
        rest_s = max(0.0, due[0][0] - time.monotonic()) if due else None
        for asked in select.select(ends, (), (), rest_s)[0]:
            questions -= len(os.read(asked, 1))
            heapq.heappush(due, (time.monotonic() + wait_s, asked))
        while due and due[0][0] <= time.monotonic():
            os.write(ends[heapq.heappop(due)[1]], b"!")


def pair(kind: str) -> tuple[Any, dict[int, int]]:
    """What a task needs for its I/O; and of the other end, where to read a question and where to answer it."""
    if kind == "pipe_read":
        (question, ask), (hear, answer) = os.pipe(), os.pipe()
        return (hear, ask), {question: answer}
    if kind == "socket":
        near, far = socket.socketpair()
        fd = far.detach()
        return near, {fd: fd}
    if kind == "disk":
        with tempfile.TemporaryFile(dir=on_disk()) as file:
            file.write(os.urandom(FILE_BYTES))
            os.fsync(file.fileno())
            return os.dup(file.fileno()), {}
    return None, {}


def on_disk() -> str | None:
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else None  # noqa: S108 - /tmp often lies in memory


def wait_between(tasks: int, cores: int) -> float:
    """Seconds of waiting after which, on average, not quite one more task than there are cores wants to compute."""
    return max(0.003, 0.010 * (tasks / (cores + 0.7) - 1))


def mixed(stage: Stage, cpus: Sequence[int], params: Mapping[str, Any]) -> None:
    kinds = [list(IO)[number % len(IO)] for number in range(params["tasks"])]
    pairs = [pair(kind) for kind in kinds]
    ends = {question: answer for _, other in pairs for question, answer in other.items()}
    wait_s = wait_between(params["tasks"], len(cpus))
    with stage.trial(label="mixed", cores=len(cpus), tasks=params["tasks"], wait_ms=wait_s * 1000):
        for number, (kind, (end, _)) in enumerate(zip(kinds, pairs, strict=True), start=1):
            stage.spawn(task, kind, end, wait_s, params["slice_ms"], name=f"T{number}", cpus=cpus)
        if ends:
            stage.spawn(peer, ends, ROUNDS * len(ends), wait_s, name="peer", cpus=cpus, role="peer")
        stage.open_barrier()
        stage.wait()


def leaver(me: TaskContext, over: mmap.mmap, slice_ms: int) -> None:
    me.set_time_slice(slice_ms * 1_000_000)
    for _ in range(REPEATS):
        me.step("compute")
        burn(BURST)
        me.step("io")
        with me.io_call("sleep"):
            time.sleep(NAP_S)
    me.step("done")
    over[0] = 1


def stayer(me: TaskContext, over: mmap.mmap, slice_ms: int) -> None:
    me.set_time_slice(slice_ms * 1_000_000)
    me.step("compute")
    while not over[0]:
        burn(10_000)


def again(stage: Stage, cpus: Sequence[int], params: Mapping[str, Any]) -> None:
    over = mmap.mmap(-1, 1)  # one byte that all of them share
    with stage.trial(label="again", cores=len(cpus), tasks=len(cpus) + 2, wait_ms=NAP_S * 1000):
        stage.spawn(leaver, over, params["slice_ms"], name="T1", cpus=cpus)
        for number in range(2, len(cpus) + 3):
            stage.spawn(stayer, over, params["slice_ms"], name=f"T{number}", cpus=cpus)
        stage.open_barrier()
        stage.wait()


def computer(me: TaskContext, slice_ms: int) -> None:
    me.set_time_slice(slice_ms * 1_000_000)
    me.step("compute")
    burn(LONG)
    me.step("done")


def slices(stage: Stage, cpus: Sequence[int], params: Mapping[str, Any]) -> None:
    wanted = {*SLICES_MS, params["slice_ms"]} if stage.machine.has("slice") else {0}
    for slice_ms in sorted(wanted):
        label = f"slice{slice_ms}" if slice_ms in SLICES_MS else "slice_own"
        with stage.trial(label=label, cores=1, tasks=3, slice_ms=slice_ms):
            for number in (1, 2, 3):
                stage.spawn(computer, slice_ms, name=f"T{number}", cpus=cpus[:1])
            stage.open_barrier()
            stage.wait()


SCENES = {"mixed": mixed, "again": again, "slices": slices}


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    SCENES[params["scene"]](stage, stage.cpus[: params["cores"]], params)
