"""A lecture hall opens one lesson at once, while others watch a run: how long the last one waits, and who notices.

    python -m benchmarks.openings [pairs]

300 readers, each on a connection of its own, ask for the page and then, one after another, for every file that it
names and its recording, as a browser without a cache does. Beside them 30 viewers of one run measure how old its
newest fact is when a frame comes (the kernel's clock is theirs, too). Quiet and with the readers in turn, in pairs.
Goals: the last page ≤ 2 s after the press; p99 of a frame's age ≤ 2 × the quiet one (median of the pairs).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks import table
from benchmarks.server_process import Server, serving
from benchmarks.sse_clients import ask
from server.events import RunStarted
from server.web import frames

LESSON, READERS, VIEWERS, PAIRS = "multiprogramming", 300, 30, 5
GOAL_S, GOAL_RATIO = 2.0, 2.0
_FILE = re.compile(rb'(?:href|src)="(/static/[^"]+\.(?:js|css)[^"]*)"')
_RECORDING = re.compile(rb'"recording":"(/api/lessons/[^"]+)"')


async def get(wire: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str) -> bytes:
    """One answer on a connection that stays open; its body as it was sent."""
    reader, writer = wire
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: br\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{path}: {head[:40]!r}")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length:
        return await reader.readexactly(int(length[1]))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body


async def reader(port: int, files: Sequence[str], took: list[tuple[float, float]]) -> None:
    """One opening; adds the seconds until its page and until the last of its files were there."""
    wire = await asyncio.open_connection("127.0.0.1", port)
    begin = time.monotonic()
    await get(wire, f"/en/lessons/{LESSON}")
    page_s = time.monotonic() - begin
    for path in files:
        await get(wire, path)
    took.append((page_s, time.monotonic() - begin))
    wire[1].close()


def files(port: int) -> list[str]:
    """What the page names: its sheet, its scripts and its recording."""
    _, html, _ = ask(port, "GET", f"/en/lessons/{LESSON}")
    found = html.encode()
    named = [each.decode() for each in dict.fromkeys(_FILE.findall(found.partition(b"</head>")[0]))]
    return named + [each.decode() for each in _RECORDING.findall(found)[:1]]


async def view(port: int, path: str, ages_ms: list[float], decoded: dict[bytes, tuple[int, int | None]]) -> None:
    """One viewer to the end of the run; ages of the frames after the first second, in ms of CLOCK_MONOTONIC."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    began_ns: int | None = None
    event = b""
    while line := await reader.readline():
        now_ns = time.monotonic_ns()
        event = line[7:].strip() if line.startswith(b"event: ") else event
        if event == b"end" and line.startswith(b"data: "):
            break
        if event != b"facts" or not line.startswith(b"data: "):
            continue
        if line not in decoded:
            decoded[line] = _newest(line[6:])
        newest_ns, started_ns = decoded[line]
        began_ns = began_ns if started_ns is None else started_ns
        if began_ns is not None and newest_ns:
            ages_ms.append((now_ns - began_ns - newest_ns) / 1e6)
    writer.close()


def _newest(data: bytes) -> tuple[int, int | None]:
    """Instant of the newest fact the kernel saw, and the clock at the run's zero if the frame says it."""
    entries = frames.decode(data)
    started = [entry.fact.monotonic_ns for entry in entries if isinstance(entry.fact, RunStarted)]
    return max((entry.t_ns for entry in entries if entry.source == "seen"), default=0), next(iter(started), None)


def viewers(port: int, path: str) -> None:
    """A process of its own: 30 viewers; prints the ages of their frames as JSON."""
    ages_ms: list[float] = []

    async def all_of_them() -> None:
        decoded: dict[bytes, tuple[int, int | None]] = {}
        await asyncio.gather(*(view(port, path, ages_ms, decoded) for _ in range(VIEWERS)))

    asyncio.run(all_of_them())
    print(json.dumps(ages_ms))


def watched(port: int, named: Sequence[str] | None) -> tuple[float, list[tuple[float, float]]]:
    """p99 of the frames' ages (ms) of one run, and what the openings beside it took; ``named``: None without any."""
    _, run, _ = ask(port, "POST", "/api/runs", {"lesson": LESSON})
    command = [sys.executable, "-m", "benchmarks.openings", "--view", str(port), run["links"]["events"]]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    took: list[tuple[float, float]] = []
    if named is not None:
        while ask(port, "GET", f"/api/runs/{run['id']}")[1]["status"] == "queued":
            time.sleep(0.02)
        time.sleep(0.4)  # the viewers are there

        async def hall() -> None:
            await asyncio.gather(*(reader(port, named, took) for _ in range(READERS)))

        asyncio.run(hall())
    said, _ = watching.communicate()
    ages = sorted(json.loads(said))
    return ages[int(len(ages) * 0.99)], took


def main() -> int:
    """Exit status 1 if a goal is missed."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    ratios, lasts = [], []
    with serving() as server:
        named = files(server.port)
        print(f"{READERS} open /en/lessons/{LESSON} and its {len(named)} files beside {VIEWERS} viewers of a run")
        print(f"load {os.getloadavg()[0]:.1f}")
        for _ in range(pairs):
            ratio, last_s = pair(server, named)
            ratios.append(ratio)
            lasts.append(last_s)
    met = [
        table.compared("the last page of 300 openings", "–", lasts, at_most=GOAL_S, unit="s"),
        table.compared("live p99 beside 300 openings", "quiet", ratios, at_most=GOAL_RATIO),
    ]
    return 0 if all(met) else 1


def pair(server: Server, named: Sequence[str]) -> tuple[float, float]:
    """One quiet run and one beside the openings: the ratio of their p99, and the last page's seconds."""
    quiet_ms, _ = watched(server.port, None)
    before_s = server.cpu_s()
    busy_ms, took = watched(server.port, named)
    cpu_s = server.cpu_s() - before_s
    pages, wholes = (sorted(each[at] for each in took) for at in (0, 1))
    print(f"live p99 {quiet_ms:.0f} → {busy_ms:.0f} ms; page: median {pages[len(pages) // 2]:.2f} s", end="; ")
    print(f"last {pages[-1]:.2f} s, with its files {wholes[-1]:.2f} s; {cpu_s / len(took) * 1e3:.1f} ms of CPU each")
    return busy_ms / quiet_ms, pages[-1]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--view"]:
        viewers(int(sys.argv[2]), sys.argv[3])
    else:
        sys.exit(main())
