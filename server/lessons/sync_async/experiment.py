"""The program of this lesson, exactly as it runs and as the page shows it: one job, called in many ways."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from concurrent.futures import wait as wait_for
from socket import MSG_PEEK, socket
from time import sleep
from typing import TYPE_CHECKING, Any

from .trials import EXECUTORS, FORK, SETS, closing_pair

if TYPE_CHECKING:
    from multiprocessing.pool import Pool

    from ...stage import Stage, TaskContext

NAP_S = 0.01
ANSWERS_S = 0.1  # a peer answers so long after it was asked


def work(numbers: int) -> int:
    total = 0
    for number in range(numbers):
        total += number
    return total


def job(me: TaskContext, numbers: int) -> int:
    me = me.for_this_thread()  # from here on it speaks for the thread that runs the job
    me.step("computes")
    total = work(numbers)
    me.step("computed")
    return total


def fetch(me: TaskContext, line: int) -> bytes:
    me = me.for_this_thread()
    me.step("reads")
    os.write(line, b"?")
    answer = os.read(line, 64)  # nothing has come yet: the worker sleeps
    me.step("has_read")
    return answer


def peer(me: TaskContext, line: socket) -> None:
    line.recv(64, MSG_PEEK)  # the question stays: taking it out would wake the asker, who could write again
    sleep(ANSWERS_S)
    me.step("answers")
    line.send(b"here you are")


def direct(me: TaskContext, numbers: int) -> None:
    call = me.call("direct")
    me.step_next_line("calls")
    job(me, numbers)
    call.returned("value")


# With a multiprocessing.Pool ------------------------------------------------------------------------------------------


def apply(me: TaskContext, pool: Pool, numbers: int) -> None:
    call = me.call("apply")
    me.step_next_line("calls")
    pool.apply(job, (me, numbers))
    call.returned("value")


def apply_io(me: TaskContext, pool: Pool, line: int) -> None:
    call = me.call("apply_io")
    me.step_next_line("calls")
    pool.apply(fetch, (me, line))
    call.returned("value")


def get(me: TaskContext, pool: Pool, numbers: int) -> None:
    call = me.call("get")
    me.step_next_line("submits")
    handle = pool.apply_async(job, (me, numbers))
    call.returned("handle")
    me.step_next_line("waits")
    handle.get()
    call.notified("wait")


def ask_pool(me: TaskContext, pool: Pool, numbers: int) -> None:
    polls = 1
    call = me.call("ask_pool")
    me.step_next_line("submits")
    handle = pool.apply_async(job, (me, numbers))
    call.returned("handle")
    me.step_next_line("asks")
    while not handle.ready():
        polls += 1
    call.notified("poll", polls)


def nap_pool(me: TaskContext, pool: Pool, numbers: int) -> None:
    polls = 1
    call = me.call("nap_pool")
    me.step_next_line("submits")
    handle = pool.apply_async(job, (me, numbers))
    call.returned("handle")
    me.step_next_line("asks")
    while not handle.ready():
        sleep(NAP_S)
        polls += 1
    call.notified("poll", polls)


def wait_pool(me: TaskContext, pool: Pool, numbers: int) -> None:
    call = me.call("wait_pool")
    me.step_next_line("submits")
    handle = pool.apply_async(job, (me, numbers))
    call.returned("handle")
    me.step_next_line("waits")
    handle.wait()
    call.notified("wait")


def callback_pool(me: TaskContext, pool: Pool, numbers: int) -> None:
    def ring(_: int) -> None:
        call.notified("callback")  # in whichever thread runs this

    call = me.call("callback_pool")
    me.step_next_line("submits")
    handle = pool.apply_async(job, (me, numbers), callback=ring)
    call.returned("handle")
    me.step_next_line("works")
    work(numbers // 2)  # meanwhile the caller does something of its own
    me.step_next_line("waits")
    handle.wait()
    me.step("knows")


# With an executor of concurrent.futures: processes or threads ---------------------------------------------------------


def result(me: TaskContext, pool: Executor, numbers: int) -> None:
    call = me.call("result")
    me.step_next_line("calls")
    pool.submit(job, me, numbers).result()
    call.returned("value")


def ask(me: TaskContext, pool: Executor, numbers: int) -> None:
    polls = 1
    call = me.call("ask")
    me.step_next_line("submits")
    future = pool.submit(job, me, numbers)
    call.returned("handle")
    me.step_next_line("asks")
    while not future.done():
        polls += 1
    call.notified("poll", polls)


def nap(me: TaskContext, pool: Executor, numbers: int) -> None:
    polls = 1
    call = me.call("nap")
    me.step_next_line("submits")
    future = pool.submit(job, me, numbers)
    call.returned("handle")
    me.step_next_line("asks")
    while not future.done():
        sleep(NAP_S)
        polls += 1
    call.notified("poll", polls)


def wait(me: TaskContext, pool: Executor, numbers: int) -> None:
    call = me.call("wait")
    me.step_next_line("submits")
    future = pool.submit(job, me, numbers)
    call.returned("handle")
    me.step_next_line("waits")
    wait_for([future])
    call.notified("wait")


def callback(me: TaskContext, pool: Executor, numbers: int) -> None:
    def ring(call: Any) -> Callable[[Future[int]], None]:
        return lambda _: call.notified("callback")  # in whichever thread runs this

    call = me.call("callback")
    me.step_next_line("submits")
    future = pool.submit(job, me, numbers)
    call.returned("handle")
    future.add_done_callback(ring(call))
    me.step_next_line("works")
    work(numbers // 2)  # meanwhile the caller does something of its own
    me.step_next_line("waits")
    wait_for([future])
    call = me.call("late")  # the second call of this function: the result is there already
    me.step_next_line("late")
    future.add_done_callback(ring(call))
    call.returned("handle")


# With asyncio ---------------------------------------------------------------------------------------------------------


async def awaited(me: TaskContext, pool: Executor, numbers: int) -> None:
    beats: list[None] = []
    other = asyncio.create_task(beat(beats))
    await asyncio.sleep(0)  # the other coroutine has its first turn
    before = len(beats)
    call = me.call("awaited")
    me.step_next_line("submits")
    future = asyncio.get_running_loop().run_in_executor(pool, job, me, numbers)
    call.returned("handle")
    me.step_next_line("awaits")
    await future
    call.notified("event", len(beats) - before)
    other.cancel()


async def stuck(me: TaskContext, _: Executor, numbers: int) -> None:
    beats: list[None] = []
    other = asyncio.create_task(beat(beats))
    await asyncio.sleep(0)
    before = len(beats)
    call = me.call("stuck")
    me.step_next_line("calls")
    job(me, numbers)  # nothing here awaits: the loop cannot go on
    call.returned("value")
    call.notified("event", len(beats) - before)
    other.cancel()


async def held(me: TaskContext, pool: Executor, numbers: int) -> None:
    beats: list[None] = []
    other = asyncio.create_task(beat(beats))
    await asyncio.sleep(0)
    before = len(beats)
    call = me.call("held")
    me.step_next_line("calls")
    pool.submit(job, me, numbers).result()  # it sleeps, and the loop with it
    call.returned("value")
    call.notified("event", len(beats) - before)
    other.cancel()


async def beat(beats: list[None]) -> None:
    while True:
        beats.append(None)
        await asyncio.sleep(NAP_S)


# Who calls, and with which pool ---------------------------------------------------------------------------------------


def caller(me: TaskContext, style: str, pool: str, what: int) -> None:
    function: Callable[..., Any] = globals()[style]
    me.hook_library_tasks("ThreadPoolExecutor")  # the pool's processes and threads are recorded, and prove themselves
    if pool == "none":
        function(me, what)
    elif pool == "pool":
        with_pool(me, function, what)
    else:
        with_executor(me, function, what, EXECUTORS[pool])


def with_pool(me: TaskContext, function: Callable[..., None], what: int) -> None:
    pool = FORK.Pool(1)
    pool.apply(work, (1,))  # a first small job: now the worker runs
    function(me, pool, what)
    pool.close()
    pool.join()


def with_executor(me: TaskContext, function: Callable[..., Any], what: int, make: Callable[[], Executor]) -> None:
    with make() as pool:
        pool.submit(work, 1).result()
        if asyncio.iscoroutinefunction(function):
            asyncio.run(function(me, pool, what))
        else:
            function(me, pool, what)


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    for style, pool in SETS[params["executor"]]:
        label = f"{style}_{pool}" if pool in EXECUTORS else style
        with stage.trial(label=label, style=style, pool=pool), closing_pair() as (near, far):
            what = params["millions"] * 1_000_000
            if style == "apply_io":
                stage.spawn(peer, far, name="peer", role="peer")
                what = near.fileno()  # the worker is forked later, and has it under the same number
            stage.spawn(caller, style, pool, what, name="caller", role="caller")
            stage.open_barrier()
            stage.wait()
