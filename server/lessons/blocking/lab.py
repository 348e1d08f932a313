"""Blocking and non-blocking, on your own machine: one answer, waited for in several ways, and a file read twice.

    python3 lab.py          (Windows: py lab.py)          or: python3 lab.py zh

It needs nothing but Python 3.9 or newer, takes about two seconds, and spins on one core for a fraction of one.
It is not the recorded experiment of the page: it cannot see a thread sleep, it can only look at clocks and counters.
"""

from __future__ import annotations

import asyncio
import importlib
import locale
import os
import selectors
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

resource: Any
try:
    resource = importlib.import_module("resource")  # Unix only: the kernel's counters of this program
except ImportError:
    resource = None

DELAY_S = 0.2  # how long a peer takes to answer
NAP_S = 0.08
SIZE, PIECES, APART = 4096, 32, 65536

WORDS = {
    "en": {
        "peer": "A peer answers {ms:.0f} ms after it was asked. Waiting for it in several ways:",
        "blocking": "1. blocking recv",
        "spin": "2. non-blocking recv, again and again",
        "nap": "3. non-blocking recv, a nap after each EAGAIN",
        "timeout": "4. recv with settimeout(): Python waits in poll(), then calls recv",
        "select": "5. selectors: sleep until the socket is readable",
        "handle": "6. given to a thread pool; meanwhile this thread works",
        "three": "7. asyncio: three peers, who answer after {a:.0f}, {b:.0f} and {c:.0f} ms",
        "took": "   {wall:6.1f} ms in all, {cpu:6.1f} ms of it on a core{gave}{refused}",
        "gave": ", gave the core up {count} times",
        "refused": ", {count:,} times EAGAIN",
        "cold": "8. read {pieces} pieces of a file that was thrown out of the cache",
        "cached": "9. read the same {pieces} pieces again",
        "no_advice": "8. a read of data that are not cached: not here, this system has no posix_fadvise",
        "end": "Compare 1 with 2: the same delay, another CPU time. Compare 2 with 3: polling is not busy-waiting.\n"
        "In 2 and 3 nobody fetched the answer after EAGAIN. In 6 somebody did: a thread of the pool.\n"
        "7 took as long as the slowest peer, not as long as all three together.",
    },
    "zh": {
        "peer": "对方在被问到 {ms:.0f} 毫秒之后才答。用几种方式等它：",
        "blocking": "1. 阻塞的 recv",
        "spin": "2. 非阻塞的 recv，一次接一次",
        "nap": "3. 非阻塞的 recv，每次 EAGAIN 之后小睡",
        "timeout": "4. 设了 settimeout() 的 recv：Python 先在 poll() 里等，再 recv",
        "select": "5. selectors：睡到套接字可读",
        "handle": "6. 交给线程池；这时本线程做自己的事",
        "three": "7. asyncio：三个对方，分别在 {a:.0f}、{b:.0f}、{c:.0f} 毫秒后才答",
        "took": "   一共 {wall:6.1f} 毫秒，其中占核 {cpu:6.1f} 毫秒{gave}{refused}",
        "gave": "，主动让出核 {count} 次",
        "refused": "，EAGAIN {count:,} 次",
        "cold": "8. 读一个文件的 {pieces} 段，它已被逐出缓存",
        "cached": "9. 把同样的 {pieces} 段再读一遍",
        "no_advice": "8. 读不在缓存里的数据：做不了，这个系统没有 posix_fadvise",
        "end": "比较 1 和 2：等的一样久，占核却不同。比较 2 和 3：轮询不是忙等待。\n"
        "在 2 和 3 里，EAGAIN 之后没有谁去取答复。在 6 里有：池里的线程。\n"
        "7 只用了最慢的那个对方的时间，不是三个之和。",
    },
}


def peer(line: socket.socket, delay_s: float) -> None:
    """Wait for a question, take some time, answer."""
    line.recv(SIZE)
    time.sleep(delay_s)
    line.send(b"here you are")


def blocking(line: socket.socket) -> int:
    line.send(b"?")
    line.recv(SIZE)
    return 0


def ask(line: socket.socket, nap_s: float) -> int:
    """Ask until there is an answer; how often there was none."""
    line.setblocking(False)
    line.send(b"?")
    refused = 0
    while True:
        try:
            line.recv(SIZE)
        except BlockingIOError:
            refused += 1
        else:
            return refused
        if nap_s:
            time.sleep(nap_s)


def timeout(line: socket.socket) -> int:
    line.settimeout(10)
    return blocking(line)


def select(line: socket.socket) -> int:
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        line.send(b"?")
        selector.select()
        line.recv(SIZE)
    return 0


def handle(line: socket.socket) -> int:
    with ThreadPoolExecutor(1) as pool:
        line.send(b"?")
        future = pool.submit(line.recv, SIZE)
        while not future.done():
            sum(range(20_000))  # its own work
    return 0


def three(*lines: socket.socket) -> int:
    async def one(line: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=line)
        writer.write(b"?")
        await reader.read(SIZE)
        writer.close()

    async def every() -> None:
        await asyncio.gather(*(one(line) for line in lines))

    asyncio.run(every())
    return 0


def talk(say: Any, function: Callable[..., int], *args: Any, delays: tuple[float, ...] = (DELAY_S,)) -> None:
    """Measure a function that is given as many sockets as there are delays, with a peer in a thread at each far end."""
    pairs = [socket.socketpair() for _ in delays]
    crew = [threading.Thread(target=peer, args=(far, delay)) for (_, far), delay in zip(pairs, delays)]  # noqa: B905
    for each in crew:
        each.start()
    measure(say, function, *(near for near, _ in pairs), *args)
    for each in crew:
        each.join()
    for end in (end for pair in pairs for end in pair):
        end.close()


def given_up() -> int:
    """How often this thread gave its core up so far; 0 where nobody counts."""
    if resource is None or not hasattr(resource, "RUSAGE_THREAD"):
        return 0
    return int(resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw)


def measure(say: Any, function: Callable[..., int], *args: Any) -> None:
    """Call a function and print what it took."""
    before, wall, cpu = given_up(), time.perf_counter(), time.thread_time()
    refused = function(*args)
    cpu, wall, gave = time.thread_time() - cpu, time.perf_counter() - wall, given_up() - before
    counted = hasattr(resource, "RUSAGE_THREAD")
    line = say["took"].format(
        wall=wall * 1000,
        cpu=cpu * 1000,
        gave=say["gave"].format(count=gave) if counted else "",
        refused=say["refused"].format(count=refused) if refused else "",
    )
    print(line)


def read_pieces(file: int) -> int:
    for number in range(PIECES):
        os.lseek(file, number * APART, os.SEEK_SET)
        os.read(file, SIZE)
    return 0


def files(say: Any) -> None:
    advise = getattr(os, "posix_fadvise", None)
    with tempfile.TemporaryFile(dir="/var/tmp" if os.path.isdir("/var/tmp") else None, buffering=0) as file:  # noqa: S108
        file.write(bytes(PIECES * APART))
        os.fsync(file.fileno())
        if advise is None:
            print(say["no_advice"])
        else:
            advise(file.fileno(), 0, 0, getattr(os, "POSIX_FADV_RANDOM"))  # noqa: B009
            advise(file.fileno(), 0, 0, getattr(os, "POSIX_FADV_DONTNEED"))  # noqa: B009
            print(say["cold"].format(pieces=PIECES))
            measure(say, read_pieces, file.fileno())
        read_pieces(file.fileno())
        print(say["cached"].format(pieces=PIECES))
        measure(say, read_pieces, file.fileno())


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
    print(say["peer"].format(ms=DELAY_S * 1000))
    ways: list[tuple[str, Callable[..., int], tuple[Any, ...]]] = [
        ("blocking", blocking, ()), ("spin", ask, (0,)), ("nap", ask, (NAP_S,)), ("timeout", timeout, ()),
        ("select", select, ()), ("handle", handle, ()),
    ]  # fmt: skip
    for name, function, args in ways:
        print(say[name])
        talk(say, function, *args)
    delays = (DELAY_S, DELAY_S * 2 / 3, DELAY_S / 3)
    print(say["three"].format(a=delays[0] * 1000, b=delays[1] * 1000, c=delays[2] * 1000))
    talk(say, three, delays=delays)
    files(say)
    print(say["end"])


if __name__ == "__main__":
    main()
