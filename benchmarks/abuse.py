"""Abusive and slow clients while 100 viewers watch a run, and the ways in that need no setting; loopback only.

    python -m benchmarks.abuse [endless headers half_open silent crowd crowd_at_1024 stalled access shapes broken_link]

Goals of each attack: /healthz p99 ≤ 100 ms, RSS + ≤ 20 MiB, every viewer complete, everything freed 20 s later. A
stalled viewer of a 500 KB log costs ≤ 64 KiB. No answer is 5xx but a deliberate 503.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

from benchmarks.access_cases import access, shapes
from benchmarks.broken_link import broken_link
from benchmarks.server_process import Server, serving
from benchmarks.sse_clients import DeathObserver, SseClient, ask, descriptors, rss_bytes

SEED = 20261130
VIEWERS, ATTACK_S, FREED_S = 100, 12.0, 20.0
HALF = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "
Attack = Callable[[int], Awaitable[str]]


async def until(port: int, begin: bytes, more: Callable[[], bytes]) -> str:
    """One connection after another sends ``begin`` and then more, as fast as it is taken, each until it is cut."""
    sent = cuts = 0
    deadline = time.monotonic() + ATTACK_S
    while time.monotonic() < deadline:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(OSError):
            writer.write(begin)
            while time.monotonic() < deadline and not writer.transport.is_closing():
                piece = more()
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
        cuts += writer.transport.is_closing()
        writer.transport.abort()
    return f"{sent / 2**20:.1f} MiB sent, cut {cuts} times"


async def endless(port: int) -> str:
    return await until(port, HALF, lambda: b"a" * 16384)


async def headers(port: int) -> str:
    chance = random.Random(SEED)
    return await until(port, HALF[:-5], lambda: b"X-%06d: b\r\n" % chance.randrange(10**6) * 1000)


async def held(port: int, count: int, said: bytes) -> str:
    """``count`` connections that send ``said`` and then nothing, for as long as the attack lasts."""
    opened = []
    for number in range(count):
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(said)
            opened.append((reader, writer))
        if number % 50 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(ATTACK_S)
    ended = [asyncio.ensure_future(reader.read()) for reader, _ in opened]
    await asyncio.sleep(0.1)
    left = sum(not each.done() for each in ended)
    for _, writer in opened:
        writer.transport.abort()
    await asyncio.gather(*ended, return_exceptions=True)
    return f"{len(opened)} opened, {left} of them still open after {ATTACK_S:.0f} s"


async def half_open(port: int) -> str:
    return await held(port, 1100, HALF)


async def silent(port: int) -> str:
    return await held(port, 10_000, b"")


def started(port: int, lesson: str = "states", **more: object) -> dict[str, str]:
    """A run; a server that still looks at its machine says 503, and when to ask again."""
    while True:
        status, run, headers = ask(port, "POST", "/api/runs", {"lesson": lesson, **more})
        if status in (200, 201):
            return dict(run)
        assert status == 503, (status, run)
        time.sleep(float(headers["retry-after"]))


def stop(port: int, run: dict[str, str]) -> int:
    return ask(port, "DELETE", f"/api/runs/{run['id']}", Authorization=f"Bearer {run['key']}")[0]


async def watched(server: Server, attack: Attack) -> bool:
    """The goals of one attack, while viewers watch a run from its start to its end."""
    run = await asyncio.to_thread(started, server.port)
    viewers = [SseClient() for _ in range(VIEWERS)]
    watching = [asyncio.ensure_future(each.watch(server.port, f"/api/runs/{run['id']}/events")) for each in viewers]
    await asyncio.sleep(1.5)
    before, fds, most = rss_bytes(server.pid), descriptors(server.pid), 0
    quiet, seen = DeathObserver(server.port), DeathObserver(server.port)
    with quiet.looking():
        await asyncio.sleep(4)
    with seen.looking():
        attacking = asyncio.ensure_future(attack(server.port))
        while not attacking.done():
            most = max(most, rss_bytes(server.pid))
            await asyncio.sleep(0.1)
        told = await attacking
    freed_s = await freed(server.pid, fds)
    await asyncio.to_thread(stop, server.port, run)
    await asyncio.gather(*watching)
    complete = sum(each.ended and not each.gaps and each.last == viewers[0].last for each in viewers)
    grew = (most - before) / 2**20
    print(f"  {told}")
    print(f"  /healthz: median {seen.p(0.5):.1f} ms, p99 {seen.p(0.99):.1f} (before: {quiet.p(0.99):.1f}) ms", end="")
    print(f" of {len(seen.took_ms)}, {seen.failed} failed")
    print(f"  RSS + {grew:.1f} MiB; {complete} of {VIEWERS} viewers complete; freed after {freed_s:.1f} s")
    return seen.p(0.99) <= 100 and not seen.failed and grew <= 20 and complete == VIEWERS and freed_s <= FREED_S


async def freed(pid: int, fds: int) -> float:
    """Seconds until the server holds no more descriptors than it did, give or take what it answers just now."""
    begin = time.monotonic()
    while descriptors(pid) > fds + 4 and time.monotonic() - begin <= FREED_S:
        await asyncio.sleep(0.1)
    return time.monotonic() - begin


def attacked(attack: Attack, limit: tuple[int, int] | None = None) -> bool:
    with serving(open_files=limit) as server:
        good = asyncio.run(watched(server, attack))
        wrote = server.said.read_text()
        if "Traceback" in wrote:
            print(f"  the server wrote:\n{wrote[-4000:]}")
        return good and "Traceback" not in wrote


async def crowded(server: Server, wanted: int) -> bool:
    """More viewers than descriptors at first: each is served or told to wait, and everything else is answered."""
    run = await asyncio.to_thread(started, server.port)
    viewers = [SseClient() for _ in range(wanted)]
    watching = [asyncio.ensure_future(each.watch(server.port, f"/api/runs/{run['id']}/events")) for each in viewers]
    seen = DeathObserver(server.port)
    with seen.looking():
        await asyncio.sleep(5)
        page, _, _ = await asyncio.to_thread(ask, server.port, "GET", "/en/")
        other = await asyncio.to_thread(started, server.port, "states", preset="small")
        deleted = [await asyncio.to_thread(stop, server.port, each) for each in (other, run)]
    await asyncio.gather(*watching)
    statuses = Counter(each.status for each in viewers)
    complete = sum(each.ended and not each.gaps for each in viewers)
    print(f"  {wanted} viewers: {dict(statuses)}, {complete} complete; page {page}, DELETE {deleted}")
    print(f"  /healthz p99 {seen.p(0.99):.1f} ms of {len(seen.took_ms)}, {seen.failed} failed")
    served = page == 200 and deleted == [204, 204] and not seen.failed
    return served and set(statuses) <= {200, 503} and complete == statuses[200]


def crowd() -> bool:
    with serving(open_files=(1024, hard_limit())) as server:
        return asyncio.run(crowded(server, 1200))


def crowd_at_1024() -> bool:
    with serving(open_files=(1024, 1024)) as server:
        return asyncio.run(crowded(server, 1200))


def hard_limit() -> int:
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def stalled() -> bool:
    """100 viewers who open a finished run with a long log, or take it home, and read nothing."""
    good = True
    with serving() as server:
        run = started(server.port, "process-table", params={"kind": "taken", "times": 400})  # long on any machine
        while ask(server.port, "GET", f"/api/runs/{run['id']}")[1]["status"] in ("queued", "running"):
            time.sleep(0.2)
        size = len(ask(server.port, "GET", f"/api/runs/{run['id']}/log")[1])
        for what in ("events", "log", "trace.json", "replay.html"):
            kilobytes = [_stalled_kib(server, f"/api/runs/{run['id']}/{what}") for _ in range(3)]
            print(f"  log of {size / 1000:.0f} kB, {what}: ", end="")
            print(", ".join(f"{each:.1f}" for each in kilobytes) + " KiB a stalled viewer", flush=True)
            good = max(kilobytes) <= 64 and good
    return good and size >= 400_000


def _stalled_kib(server: Server, path: str) -> float:
    """Resident memory of one of 100; closed again."""
    before = rss_bytes(server.pid)
    wires = [stall(server.port, path) for _ in range(100)]
    time.sleep(3)
    grew = (rss_bytes(server.pid) - before) / 100 / 1024
    for wire in wires:
        wire.close()
    time.sleep(1)
    return grew


def stall(port: int, path: str) -> socket.socket:
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.connect(("127.0.0.1", port))
    wire.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return wire


ALL: dict[str, Callable[[], bool]] = {
    "endless": lambda: attacked(endless),
    "headers": lambda: attacked(headers),
    "half_open": lambda: attacked(half_open, (1024, 1024)),
    "silent": lambda: attacked(silent),
    "crowd": crowd,
    "crowd_at_1024": crowd_at_1024,
    "stalled": stalled,
    "access": access,
    "shapes": shapes,
    "broken_link": broken_link,
}


def main() -> int:
    """Exit status 1 if a goal was missed."""
    missed = []
    for name in sys.argv[1:] or ALL:
        print(f"{name}, load {os.getloadavg()[0]:.1f}:", flush=True)
        if not ALL[name]():
            missed.append(name)
    print(json.dumps({"seed": SEED, "missed": missed, "load": round(os.getloadavg()[0], 1)}))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
