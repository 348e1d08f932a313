"""How processes are created, on your own machine: what a fork copies, and what spawn does not take along.

    python3 lab.py          (Windows: py lab.py)          or: python3 lab.py zh

It needs nothing but Python 3.9 or newer. Memory is read from /proc, so that part is for Linux alone; fork is for Unix.
"""

from __future__ import annotations

import locale
import multiprocessing
import os
import sys
import time
from array import array
from typing import Any

COUNT = 1_500_000
X = 1

WORDS = {
    "en": {
        "list": "1. A list of {count:,} floats; the child only reads them",
        "array": "2. The same in array('d')",
        "copied": "   the child's own memory: {before:.1f} MiB at the fork, {after:.1f} MiB after reading",
        "no_proc": "   (this system has no /proc: how much was copied cannot be seen here)",
        "no_fork": "1, 2. This system has no fork",
        "method": "3. {method}: the child finds X = {x} (the parent set 42), {ms:.0f} ms to its first word",
        "end": "Only a fork has the parent's memory. A page is copied at the first write, and counting is a write.",
    },
    "zh": {
        "list": "1. {count:,}个浮点数的列表，子进程只读",
        "array": "2. 换成array('d')",
        "copied": "   子进程独有的内存：fork时{before:.1f} MiB，读完后{after:.1f} MiB",
        "no_proc": "   （这个系统没有/proc，看不到复制了多少）",
        "no_fork": "1、2. 这个系统没有fork",
        "method": "3. {method}：子进程看到X＝{x}（父进程设成了42），到第一句话用了{ms:.0f}毫秒",
        "end": "只有fork带来父进程的内存。谁先写某页，才复制这一页；计数也是写。",
    },
}


def own_mib() -> float:
    """Memory that only this process has; -1 where nobody says."""
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as lines:
            return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024
    except OSError:
        return -1.0


def read_in_child(numbers: Any, say: Any) -> None:
    """Fork, let the child add up the numbers, and print what became its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        before, total = own_mib(), 0.0
        for at in range(len(numbers)):
            total += numbers[at]
        os.write(write, f"{before} {own_mib()}".encode())
        os._exit(0)
    os.waitpid(pid, 0)
    before, after = map(float, os.read(read, 100).split())
    print(say["no_proc"] if after < 0 else say["copied"].format(before=before, after=after))
    os.close(read)
    os.close(write)


def tell(line: Any) -> None:
    line.send(X)


def start(method: str, say: Any) -> None:
    context: Any = multiprocessing.get_context(method)
    near, far = context.Pipe()
    begun = time.perf_counter()
    child = context.Process(target=tell, args=(far,))
    child.start()
    x = near.recv()
    print(say["method"].format(method=method, x=x, ms=1000 * (time.perf_counter() - begun)))
    child.join()


def language() -> str:
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    if asked in WORDS:
        return asked
    here = str(locale.getlocale()[0] or os.environ.get("LANG", "")).lower()
    return "zh" if here.startswith(("zh", "chinese")) else "en"


def main() -> None:
    global X
    say = WORDS[language()]
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace", line_buffering=True)
    if hasattr(os, "fork"):
        print(say["list"].format(count=COUNT))
        read_in_child([float(number) for number in range(COUNT)], say)
        print(say["array"])
        read_in_child(array("d", range(COUNT)), say)
    else:
        print(say["no_fork"])
    X = 42
    for method in multiprocessing.get_all_start_methods():
        start(method, say)
    print(say["end"])


if __name__ == "__main__":
    main()
