"""Synchronous and asynchronous calls, on your own machine: one job, called in eight ways.

    python3 lab.py          (Windows: py lab.py)          or: python3 lab.py zh

It needs nothing but Python 3.9 or newer and takes about ten seconds. It can only read clocks: wall time, and the CPU
time of the calling thread. Where the wall time is long and the CPU time short, the thread slept (or waited for a core);
which of the two it was, only the kernel's record on the page can tell.
"""

from __future__ import annotations

import asyncio
import locale
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from typing import Any

WORDS = {
    "en": {
        "machine": "Python {python}, {cores} cores. The job adds up {numbers:,} numbers.",
        "head": ("call", "wall", "caller's CPU", "asked", "returned after"),
        "direct": "job(n)",
        "where": "The callback ran in: {thread}. The caller is: {main}.",
        "late": "Added to a finished future, it ran in: {thread}.",
        "turns": "asyncio: {turns} turns of another coroutine while one awaited the result.",
        "end": "Synchronous or not is the last column; the CPU column tells whether the caller's thread could rest.",
    },
    "zh": {
        "machine": "Python {python}，{cores} 个核。工作是把 {numbers:,} 个数加起来。",
        "head": ("调用", "总耗时", "调用者CPU时间", "问了", "多久返回"),
        "direct": "job(n)",
        "where": "回调在 {thread} 里运行，调用者是 {main}。",
        "late": "给已完成的 future 加回调，它在 {thread} 里运行。",
        "turns": "asyncio：一个协程等结果时，另一个协程轮到 {turns} 次。",
        "end": "同步还是异步，看最后一列；调用者的线程能不能歇着，看 CPU 时间一列。",
    },
}

Row = tuple[str, float, float, int, float]  # name, wall, CPU of the caller, times it asked, when the call returned


def job(numbers: int) -> int:
    total = 0
    for number in range(numbers):
        total += number
    return total


def timed(name: str, call: Callable[[], Any], learn: Callable[[Any], int]) -> Row:
    """Make a call, then learn of its result; ``learn`` says how often it had to ask."""
    wall, cpu = time.perf_counter(), time.thread_time()
    handle = call()
    returned = time.perf_counter() - wall
    asked = learn(handle)
    return name, time.perf_counter() - wall, time.thread_time() - cpu, asked, returned


def nothing(_: Any) -> int:
    return 0


def ask(done: Callable[[], bool], pause_s: float) -> int:
    asked = 1
    while not done():
        asked += 1
        if pause_s:
            time.sleep(pause_s)
    return asked


def done(call: Callable[[], Any]) -> int:
    call()
    return 0


def rows(numbers: int) -> list[Row]:
    """Every way to call, on pools of one worker each that were started before."""
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") and sys.platform == "linux" else "spawn")
    found = [timed("job(n)", lambda: job(numbers), nothing)]
    with context.Pool(1) as pool:
        pool.apply(job, (1,))
        found.append(timed("Pool.apply", lambda: pool.apply(job, (numbers,)), nothing))
        found.append(timed("apply_async + get", lambda: pool.apply_async(job, (numbers,)), lambda h: done(h.get)))
    for kind, executor in (
        ("processes", ProcessPoolExecutor(1, mp_context=context)),
        ("threads", ThreadPoolExecutor(1)),
    ):
        with executor:
            executor.submit(job, 1).result()
            submit = lambda executor=executor: executor.submit(job, numbers)  # noqa: E731
            found.append(timed(f"{kind}: result()", submit, lambda f: done(f.result)))
            found.append(timed(f"{kind}: ask, no pause", submit, lambda f: ask(f.done, 0)))
            found.append(timed(f"{kind}: ask, 10 ms", submit, lambda f: ask(f.done, 0.01)))
            found.append(timed(f"{kind}: wait()", submit, lambda f: done(lambda: wait([f]))))
    return found


def callbacks(numbers: int) -> tuple[str, str]:
    """The names of the threads that ran a callback: added before the result was there, and after."""
    names: list[str] = []
    rung = threading.Event()

    def ring(_: Any) -> None:
        names.append(threading.current_thread().name)
        rung.set()

    with ThreadPoolExecutor(1) as executor:
        future = executor.submit(job, numbers)
        future.add_done_callback(ring)
        rung.wait()
        future.add_done_callback(ring)
    return names[0], names[1]


async def turns(numbers: int) -> int:
    """How many turns another coroutine has while one awaits a thread."""
    beats: list[None] = []

    async def beat() -> None:
        while True:
            beats.append(None)
            await asyncio.sleep(0.01)

    other = asyncio.create_task(beat())
    await asyncio.get_running_loop().run_in_executor(None, job, numbers)
    other.cancel()
    return len(beats)


def about(seconds: float) -> int:
    """How many numbers take so long here."""
    numbers = 1_000_000
    return max(1_000_000, round(numbers * seconds / min(timed("", lambda: job(numbers), nothing)[1] for _ in range(3))))


def language() -> str:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked in WORDS:
        return asked
    here = str(locale.getlocale()[0] or os.environ.get("LANG", "")).lower()
    return "zh" if here.startswith(("zh", "chinese")) else "en"


def main() -> None:
    say: Any = WORDS[language()]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    numbers = about(0.4)
    print(say["machine"].format(python=sys.version.split()[0], cores=os.cpu_count(), numbers=numbers))
    print("\n{:26}{:>11}{:>14}{:>12}{:>16}".format(*say["head"]))
    for name, wall, cpu, asked, returned in rows(numbers):
        question = f"{asked:,}" if asked else ""
        print(f"{name:26}{wall * 1000:8.1f} ms{cpu * 1000:11.1f} ms{question:>12}{returned * 1000:13.2f} ms")
    before, after = callbacks(numbers)
    print("\n" + say["where"].format(thread=before, main=threading.current_thread().name))
    print(say["late"].format(thread=after))
    print(say["turns"].format(turns=asyncio.run(turns(numbers))))
    print(say["end"])


if __name__ == "__main__":
    main()
