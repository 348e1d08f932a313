"""Concurrency and parallelism, on your own machine: equal jobs on one core, on two, and as threads.

    python3 lab.py          (Windows: py lab.py)          or: python3 lab.py zh

It needs nothing but Python 3.9 or newer, takes about ten seconds, and keeps up to two cores busy meanwhile.
It is not the recorded experiment of the page: it can only look at the clock and at the kernel's own counters.
"""

from __future__ import annotations

import importlib
import locale
import multiprocessing
import multiprocessing.connection
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

resource: Any
try:
    resource = importlib.import_module("resource")  # Unix only: the kernel's counters of this process
except ImportError:
    resource = None

Finished = list[tuple[float, list[float]]]  # seconds after the start, counters; in order of finishing

WORDS = {
    "en": {
        "machine": "Python {python} ({gil}), {cores} cores for this program. One job is a loop of {loops:,} steps.",
        "gil": "with a GIL",
        "free": "free-threaded: no GIL",
        "alone": "1. One job alone",
        "one_core": "2. Two jobs share one core",
        "crowd": "2. {jobs} jobs share {cores} cores (this system cannot confine a program to one of them)",
        "two_cores": "3. Two jobs, each may use any core",
        "in_turn": "4. One thread does both jobs, one after the other",
        "threads": "5. Two threads, one job each",
        "guests": "6. Two sub-interpreters, one job each",
        "too_old": "6. Sub-interpreters with a GIL each: needs Python 3.13 or newer",
        "one_only": "3. Two jobs on two cores: this program has only one core here",
        "took": "   took {wall:.2f} s",
        "ends": "   the first finished after {first:.2f} s ({percent:.0f} % of the whole), the last after {last:.2f} s",
        "switches": "   {name}: {cpu:.2f} s on a core; gave it up {voluntary} times, was preempted {forced} times",
        "end": "Compare 1 with 2: neither job was quick. Compare 2 with 3: the second core ends the turn-taking.\n"
        "Compare 4 with 5: under the GIL, threads take turns even where there are cores enough.",
    },
    "zh": {
        "machine": "Python {python}（{gil}），本程序可用 {cores} 个核。一份工作是循环 {loops:,} 次。",
        "gil": "有 GIL",
        "free": "自由线程版，没有 GIL",
        "alone": "1. 只做一份工作",
        "one_core": "2. 两份工作共用一个核",
        "crowd": "2. {jobs} 份工作共用 {cores} 个核（这个系统不能把程序限制在一个核上）",
        "two_cores": "3. 两份工作，哪个核都能用",
        "in_turn": "4. 一个线程先后做两份工作",
        "threads": "5. 两个线程，各做一份",
        "guests": "6. 两个子解释器，各做一份",
        "too_old": "6. 各有 GIL 的子解释器：需要 Python 3.13 或更新的版本",
        "one_only": "3. 两个核上的两份工作：本程序在这里只有一个核",
        "took": "   用了 {wall:.2f} 秒",
        "ends": "   最先做完在 {first:.2f} 秒，最后做完在 {last:.2f} 秒：最先的一份在总耗时的 {percent:.0f}% 处",
        "switches": "   {name}：CPU 时间 {cpu:.2f} 秒；自愿让出 {voluntary} 次，被抢占 {forced} 次",
        "end": "比较 1 和 2：两份工作谁也没快。比较 2 和 3：有了第二个核，就不用轮流。\n"
        "比较 4 和 5：有 GIL 时，核再多，线程也只能轮流。",
    },
}


def burn(iterations: int) -> None:
    while iterations:
        iterations -= 1


def job(iterations: int, core: int | None, gate: Any, answer: Any) -> None:
    """One process: wait for the others, work, report what the kernel counted. Its end is seen by the parent."""
    if core is not None:
        os.sched_setaffinity(0, {core})
    gate.wait()
    before = counters()
    burn(iterations)
    answer.send([after - start for after, start in zip(counters(), before)])  # noqa: B905


def counters() -> list[float]:
    """CPU seconds, times the core was given up, times it was taken away; zeros where nobody counts."""
    if resource is None:
        return [time.process_time(), 0, 0]
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [used.ru_utime + used.ru_stime, used.ru_nvcsw, used.ru_nivcsw]


def race(jobs: int, iterations: int, core: int | None = None) -> Finished:
    """Run equal jobs in processes of their own; (seconds after the start, counters) of each, in order of finishing."""
    gate = multiprocessing.Barrier(jobs + 1)
    pipes = [multiprocessing.Pipe(duplex=False) for _ in range(jobs)]
    crew = [multiprocessing.Process(target=job, args=(iterations, core, gate, far)) for _, far in pipes]
    for each in crew:
        each.start()
    gate.wait()
    start = time.perf_counter()
    waiting: list[Any] = [near for near, _ in pipes]
    finished: Finished = []
    while waiting:
        answered: list[Any] = multiprocessing.connection.wait(waiting)
        for near in answered:
            finished.append((time.perf_counter() - start, near.recv()))
            waiting.remove(near)
    for each in crew:
        each.join()
    return finished


def timed(function: Callable[..., None], *args: Any) -> float:
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def both(iterations: int) -> None:
    burn(iterations)
    burn(iterations)


def threads(function: Callable[..., None], *args: Any) -> None:
    crew = [threading.Thread(target=function, args=args) for _ in range(2)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()


def guest(iterations: int) -> None:
    """The job in a new interpreter of this process; ImportError before Python 3.13."""
    work = "def work(n):\n    while n:\n        n -= 1\n"
    interpreter_exec()(f"{work}work({iterations})")


def interpreter_exec() -> Callable[[str], Any]:
    try:
        public = importlib.import_module("concurrent.interpreters")  # Python 3.14
        return lambda code: public.create().exec(code)
    except ImportError:
        private = importlib.import_module("_interpreters")  # Python 3.13
        return lambda code: private.exec(private.create(), code)


def cores_allowed() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def about_one_second() -> int:
    """How many steps take about a second here."""
    steps = 5_000_000
    return max(1_000_000, round(steps / min(timed(burn, steps) for _ in range(3)) / 1e6) * 1_000_000)


def say_race(say: Any, finished: Finished) -> None:
    first, last = finished[0][0], finished[-1][0]
    print(say["ends"].format(first=first, last=last, percent=100 * first / last))
    if resource is not None and len(finished) == 2:
        for number, (_, (cpu, voluntary, forced)) in enumerate(finished, 1):
            print(say["switches"].format(name=f"#{number}", cpu=cpu, voluntary=voluntary, forced=forced))


def language() -> str:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked in WORDS:
        return asked
    here = str(locale.getlocale()[0] or os.environ.get("LANG", "")).lower()
    return "zh" if here.startswith(("zh", "chinese")) else "en"


def main() -> None:
    say = WORDS[language()]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    cores, loops = cores_allowed(), about_one_second()
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    version = sys.version.split()[0]
    print(say["machine"].format(python=version, gil=say["gil" if gil else "free"], cores=len(cores), loops=loops))
    print(say["alone"])
    print(say["took"].format(wall=timed(burn, loops)))
    if hasattr(os, "sched_setaffinity"):
        print(say["one_core"])
        say_race(say, race(2, loops, cores[0]))
    elif len(cores) <= 32:
        print(say["crowd"].format(jobs=2 * len(cores), cores=len(cores)))
        say_race(say, race(2 * len(cores), loops))
    if len(cores) > 1:
        print(say["two_cores"])
        say_race(say, race(2, loops))
    else:
        print(say["one_only"])
    print(say["in_turn"])
    print(say["took"].format(wall=timed(both, loops)))
    print(say["threads"])
    print(say["took"].format(wall=timed(threads, burn, loops)))
    try:
        interpreter_exec()
    except ImportError:
        print(say["too_old"])
    else:
        print(say["guests"])
        print(say["took"].format(wall=timed(threads, guest, loops)))
    print(say["end"])


if __name__ == "__main__":
    main()
