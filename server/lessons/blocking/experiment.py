"""The program of this lesson, exactly as it runs and as the page shows it: one recv in many ways, one read in two."""

from __future__ import annotations

import asyncio
import os
import select
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import MSG_PEEK, socket, socketpair
from time import sleep
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext

ASK, ANSWER = b"?", b"here you are"
SIZE = 64  # bytes: more than an answer has
PAGE, PIECES, APART = 4096, 32, 65536  # a file is read in pieces that lie apart


def peer(me: TaskContext, line: socket, delay_s: float) -> None:
    line.recv(SIZE, MSG_PEEK)  # the question stays: taking it out would wake the asker, who could write again
    sleep(delay_s)
    me.step("answers")
    line.send(ANSWER)


# The same recv, in many ways ------------------------------------------------------------------------------------------


def blocking(me: TaskContext, line: socket) -> None:
    with me.io_call("recv"):
        line.send(ASK)
        me.step_next_line("waits")
        line.recv(SIZE)


def spin(me: TaskContext, line: socket) -> None:
    line.setblocking(False)
    refused = 0
    call = me.call("spin")
    line.send(ASK)
    me.step_next_line("asks")
    while True:
        try:
            line.recv(SIZE)
            break
        except BlockingIOError:  # EAGAIN: nothing there, and nobody is fetching it
            refused += 1
    call.returned("value")
    call.notified("poll", refused)


def nap(me: TaskContext, line: socket, nap_s: float) -> None:
    line.setblocking(False)
    refused = 0
    line.send(ASK)
    call = me.call("nap")
    while True:
        try:
            me.step_next_line("asks")
            line.recv(SIZE)
            break
        except BlockingIOError:
            refused += 1
            if refused == 1:
                call.returned("EAGAIN")
            me.step_next_line("leaves")
            sleep(nap_s)  # something else; it could be anything
    call.notified("poll", refused)


def timeout(me: TaskContext, line: socket) -> None:
    line.settimeout(10.0)
    with me.io_call("timeout"):
        line.send(ASK)
        me.step_next_line("waits")
        line.recv(SIZE)


def epoll(me: TaskContext, line: socket) -> None:
    with select.epoll() as poller:
        poller.register(line, select.EPOLLIN)
        with me.io_call("epoll"):
            line.send(ASK)
            me.step_next_line("waits")
            poller.poll()
            line.recv(SIZE)


def handle(me: TaskContext, line: socket) -> None:
    me.hook_library_tasks("ThreadPoolExecutor")  # the pool's thread is recorded, and proves itself
    pieces = 0
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()  # a first small job: now the pool is warm
        line.send(ASK)
        call = me.call("submit")
        me.step_next_line("submits")
        future = pool.submit(line.recv, SIZE)
        call.returned("handle")
        me.step_next_line("works")
        while not future.done():
            work()
            pieces += 1
        call.notified("poll", pieces)


def work() -> None:
    total = 0
    for number in range(20_000):
        total += number


# One thread, three sockets --------------------------------------------------------------------------------------------


def turns(me: TaskContext, *lines: socket) -> None:
    with me.io_call("turns"):
        for line in lines:
            line.send(ASK)
            me.step_next_line("waits")
            line.recv(SIZE)


def three(me: TaskContext, *lines: socket) -> None:
    waiting = len(lines)
    with select.epoll() as poller, me.io_call("three"):
        for line in lines:
            poller.register(line, select.EPOLLIN)
            line.send(ASK)
        while waiting:
            for fd, _ in poller.poll():
                os.read(fd, SIZE)
                waiting -= 1


def awaited(me: TaskContext, *lines: socket) -> None:
    asyncio.run(gathered(me, lines))


async def gathered(me: TaskContext, lines: tuple[socket, ...]) -> None:
    call = me.call("awaited")
    answers = [asyncio.create_task(answer(line)) for line in lines]
    call.returned("handle")
    me.step_next_line("waits")
    await asyncio.wait(answers)
    call.notified("event", len(answers))


async def answer(line: socket) -> bytes:
    loop = asyncio.get_running_loop()
    line.setblocking(False)
    line.send(ASK)
    return await loop.sock_recv(line, SIZE)


# One read, two ways ---------------------------------------------------------------------------------------------------


def cold(me: TaskContext) -> None:
    with own_file() as file:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)  # no reading ahead
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)  # out of the cache
        with me.io_call("disk"):
            read_pieces(file)


def cached(me: TaskContext) -> None:
    with own_file() as file:
        read_pieces(file)
        with me.io_call("cached"):
            read_pieces(file)


def read_pieces(file: int) -> None:
    for number in range(PIECES):
        os.pread(file, PAGE, number * APART)


@contextmanager
def own_file() -> Iterator[int]:
    """A file of this run's own, written down to the disk; it has no name any more, and ends with the run."""
    # /var/tmp outlives a restart, so it lies on a disk; /tmp is often kept in memory.
    disk = "/var/tmp" if os.access("/var/tmp", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryFile(dir=disk, buffering=0) as file:
        file.write(bytes(PIECES * APART))
        os.fsync(file.fileno())
        yield file.fileno()


# Who calls, and who answers -------------------------------------------------------------------------------------------


def caller(me: TaskContext, style: str, *args: Any) -> None:
    function: Callable[..., None] = globals()[style]
    function(me, *args)


#: For each preset its trials; the number says how many sockets the caller waits for.
SETS: dict[str, dict[str, int]] = {
    "four": {"blocking": 1, "spin": 1, "epoll": 1, "awaited": 3},
    "waits": {"spin": 1, "nap": 1, "timeout": 1},
    "three": {"turns": 3, "three": 3, "awaited": 3},
    "files": {"cold": 0, "cached": 0},
    "matrix": {"blocking": 1, "cached": 0, "awaited": 3, "handle": 1, "nap": 1, "spin": 1},
}
NAPS_AN_ANSWER = 2.5  # a nap is so much shorter than the delay, so that the answer comes in the middle of one


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    delay_s = params["delay_ms"] / 1000
    for style, sockets in SETS[params["show"]].items():
        with stage.trial(label=style, style=style):
            pairs = [socketpair() for _ in range(sockets)]
            for number, (_, far) in enumerate(pairs):
                # The first answers last: (3, 2, 1) thirds of the delay.
                stage.spawn(peer, far, delay_s * (sockets - number) / sockets, name=f"peer {number + 1}", role="peer")
            args = [near for near, _ in pairs] + ([delay_s / NAPS_AN_ANSWER] if style == "nap" else [])
            stage.spawn(caller, style, *args, name="caller", role="caller")
            stage.open_barrier()
            stage.wait()
            for end in (end for pair in pairs for end in pair):
                end.close()
