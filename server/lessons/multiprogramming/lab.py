"""Multiprogramming, on your own machine: two tasks more than cores, and one of them sleeps and wakes 20 times.

    python3 lab.py          (Windows: py lab.py)          or: python3 lab.py zh

It needs nothing but Python 3.9 or newer, takes about five seconds, and keeps all your cores busy meanwhile.
It is not the recorded experiment of the page: it can only look at the clock and at the kernel's own counters.
"""

from __future__ import annotations

import importlib
import locale
import multiprocessing
import os
import sys
import time
from typing import Any

resource: Any
try:
    resource = importlib.import_module("resource")  # Unix only: the kernel's counters of this process
except ImportError:
    resource = None

REPEATS = 20
NAP_S = 0.015
AT_ONCE_S = 0.001  # a sleep never ends to the microsecond: a timer's own slack counts as "at once"

WORDS = {
    "en": {
        "machine": "Python {python}, {cores} cores for this program, {tasks} tasks.",
        "round": "{number:3}. slept {nap:.0f} ms, then {late:7.2f} ms late  {bar}{core}",
        "core": "  on core {core}",
        "other": "  on core {core}, before on {before}",
        "alone": "1. Alone: it sleeps and wakes, and nobody wants a core",
        "crowd": "2. In a crowd: {others} others compute all the time",
        "sum": "   at once (within {limit:.0f} ms): {fast} of {all}; the slowest took {worst:.1f} ms",
        "moved": "   came back on another core: {moved} of {all}",
        "counts": "   the kernel counted: gave the core up {voluntary} times, was preempted {forced} times",
        "end": "Compare 1 with 2: awake is not the same as running.",
    },
    "zh": {
        "machine": "Python {python}，本程序可用 {cores} 个核，共 {tasks} 个任务。",
        "round": "{number:3}. 睡了 {nap:.0f} 毫秒，又晚了 {late:7.2f} 毫秒  {bar}{core}",
        "core": "  在核 {core} 上",
        "other": "  在核 {core} 上，原来在 {before} 上",
        "alone": "1. 独自一个：睡睡醒醒，没有别人要用核",
        "crowd": "2. 一群之中：另外 {others} 个一直在算",
        "sum": "   马上拿到核（{limit:.0f} 毫秒以内）：{all} 次中有 {fast} 次；最慢的一次等了 {worst:.1f} 毫秒",
        "moved": "   回到另一个核：{all} 次中有 {moved} 次",
        "counts": "   内核的计数：自愿让出 {voluntary} 次，被抢占 {forced} 次",
        "end": "比较 1 和 2：醒了，不等于在运行。",
    },
}


def burn(steps: int) -> None:
    while steps:
        steps -= 1


def stayer(over: Any) -> None:
    """Computes until the other one is done."""
    while not over.is_set():
        burn(100_000)


def core() -> int | None:
    """The core this process is on; None where the system does not say."""
    try:
        with open("/proc/self/stat", encoding="ascii") as file:
            return int(file.read().rpartition(")")[2].split()[36])
    except OSError:
        return None


def leaver(steps: int, answer: Any) -> None:
    """Computes, sleeps, and notes how late it is, 20 times."""
    before, found = counters(), []
    for _ in range(REPEATS):
        burn(steps)
        left = core()
        due = time.perf_counter() + NAP_S
        time.sleep(NAP_S)
        found.append((time.perf_counter() - due, left, core()))
    answer.send((found, [after - start for after, start in zip(counters(), before)]))  # noqa: B905


def counters() -> list[float]:
    """Times the core was given up, times it was taken away; zeros where nobody counts."""
    if resource is None:
        return [0, 0]
    used = resource.getrusage(resource.RUSAGE_SELF)
    return [used.ru_nvcsw, used.ru_nivcsw]


def story(steps: int, others: int) -> Any:
    """One task that sleeps and wakes among others that compute; what it noted."""
    near, far = multiprocessing.Pipe(duplex=False)
    over = multiprocessing.Event()
    crowd = [multiprocessing.Process(target=stayer, args=(over,), daemon=True) for _ in range(others)]
    one = multiprocessing.Process(target=leaver, args=(steps, far))
    for each in [*crowd, one]:
        each.start()
    found = near.recv()
    over.set()
    for each in [*crowd, one]:
        each.join()
    return found


def report(say: Any, found: Any) -> None:
    waits, (voluntary, forced) = found
    for number, (late, left, back) in enumerate(waits, 1):
        where = "" if back is None else say["core" if left == back else "other"].format(core=back, before=left)
        bar = "#" * min(40, 1 + round(late * 1000))
        print(say["round"].format(number=number, nap=NAP_S * 1000, late=late * 1000, bar=bar, core=where))
    fast = sum(late <= AT_ONCE_S for late, _, _ in waits)
    worst = max(late for late, _, _ in waits) * 1000
    print(say["sum"].format(limit=AT_ONCE_S * 1000, fast=fast, all=len(waits), worst=worst))
    if waits[0][1] is not None:
        print(say["moved"].format(moved=sum(left != back for _, left, back in waits), all=len(waits)))
    if resource is not None:
        print(say["counts"].format(voluntary=voluntary, forced=forced))


def about_ten_milliseconds() -> int:
    """How many steps take about 10 ms here."""
    steps, start = 2_000_000, time.perf_counter()
    burn(steps)
    return max(10_000, round(steps * 0.010 / (time.perf_counter() - start)))


def cores_allowed() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    cores, steps = cores_allowed(), about_ten_milliseconds()
    print(say["machine"].format(python=sys.version.split()[0], cores=cores, tasks=cores + 2))
    print(say["alone"])
    report(say, story(steps, 0))
    print(say["crowd"].format(others=cores + 1))
    report(say, story(steps, cores + 1))
    print(say["end"])


if __name__ == "__main__":
    main()
