"""A class and a client that wants everything: who waits how long for the first fact, and whether estimates hold.

    python -m benchmarks.classroom equal|states|hostile [seed]

``equal``: 60 pages press one Run within 5 s. ``states``: 60 pages run the interactive lesson at once; then the CPU time
of their launchers. ``hostile``: 72 starts of one client, each of another page and with other parameters, half of them
interactive, all streams held open; then 30 pages press one Run within 5 s, obeying Retry-After.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.served import serving
from server.supervisor import descendants

GIVE_UP_S = 120.0
LESSON = "concurrency-parallelism"


@dataclass
class Pupil:
    """What one page met, in seconds from its press."""

    runs: set[str] = field(default_factory=set)
    first_fact_s: float | None = None
    refused: list[tuple[float, float]] = field(default_factory=list)  # told to come back in, and really could after
    estimates: list[tuple[float, float]] = field(default_factory=list)  # said at, seconds


async def press(client: httpx.AsyncClient, body: dict[str, Any]) -> Pupil:
    """Press Run, come back when told to, and look until the first fact."""
    pupil, began = Pupil(), time.monotonic()
    while time.monotonic() - began < GIVE_UP_S:
        answer = await client.post("/api/runs", json=body)
        if answer.status_code == 429:
            wait_s = float(answer.headers["Retry-After"])
            pupil.refused.append((time.monotonic() - began, wait_s))
            await asyncio.sleep(wait_s)
            continue
        run = answer.raise_for_status().json()
        pupil.runs.add(run["id"])
        await look(client, run["links"]["events"], pupil, began)
        return pupil
    return pupil


async def look(client: httpx.AsyncClient, events: str, pupil: Pupil, began: float) -> None:
    """Follow the stream until the first facts have come."""
    event = ""
    async with client.stream("GET", events) as answer:
        async for line in answer.aiter_lines():
            event = line.removeprefix("event: ") if line.startswith("event: ") else event
            if line.startswith("data: ") and event == "queue":
                said = json.loads(line.removeprefix("data: "))
                pupil.estimates.append((time.monotonic() - began, said["estimate_s"]))
            if line.startswith("data: ") and event in ("facts", "end"):
                pupil.first_fact_s = time.monotonic() - began if event == "facts" else None
                return


async def hold(client: httpx.AsyncClient, body: dict[str, Any], held: asyncio.Event) -> int:
    """A start whose stream is held open; the status it got."""
    answer = await client.post("/api/runs", json=body)
    if answer.status_code in (200, 201):
        async with client.stream("GET", answer.json()["links"]["events"]) as stream:
            reading = asyncio.ensure_future(_drain(stream))
            await held.wait()
            reading.cancel()
    return answer.status_code


async def _drain(stream: httpx.Response) -> None:
    async for _ in stream.aiter_bytes():
        pass


def report(pupils: list[Pupil]) -> None:
    """Quantiles of the first fact, runs, refusals, and how estimates compare with what came."""
    took = sorted(each.first_fact_s for each in pupils if each.first_fact_s is not None)
    print(f"pages {len(pupils)}, with a first fact {len(took)}, runs {len(set().union(*(p.runs for p in pupils)))}")
    if took:
        print(f"first fact: median {took[len(took) // 2]:.2f} s, worst {took[-1]:.2f} s")
    print(f"refusals {sum(len(each.refused) for each in pupils)}")
    ratios = sorted(
        (each.first_fact_s - at_s) / max(1.0, said_s)
        for each in pupils
        if each.first_fact_s is not None
        for at_s, said_s in each.estimates[:1]
    )
    if ratios:
        print(f"true wait / first estimate: {ratios[0]:.2f} … median {ratios[len(ratios) // 2]:.2f} … {ratios[-1]:.2f}")


async def equal(client: httpx.AsyncClient, chance: random.Random, count: int) -> list[Pupil]:
    """``count`` pages press the same button within 5 s."""

    async def one(number: int) -> Pupil:
        await asyncio.sleep(chance.uniform(0, 5))
        return await press(client, {"lesson": LESSON, "page": f"pupil-{number}"})

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def hostile(client: httpx.AsyncClient, chance: random.Random) -> list[Pupil]:
    """The class alone, then the class beside 72 starts of one client."""
    print("without the client:")
    report(await equal(client, chance, 30))
    held = asyncio.Event()
    starts = []
    for number in range(72):
        interactive = number % 2 == 0
        body = {"lesson": "states" if interactive else LESSON, "page": f"hostile-{number}"}
        body |= {} if interactive else {"params": {"millions": 8 + number // 4, "tasks": 2 + number % 4 // 2}}
        starts.append(asyncio.ensure_future(hold(client, body, held)))
    await asyncio.sleep(2)
    print("beside it:")
    pupils = await equal(client, chance, 30)
    held.set()
    print("the client's answers:", dict(Counter(await asyncio.gather(*starts))))
    return pupils


async def states(client: httpx.AsyncClient, pid: int) -> list[Pupil]:
    """60 pages with the interactive lesson at once; then what their launchers cost while nobody acts."""
    held = asyncio.Event()
    bodies = [{"lesson": "states", "page": f"pupil-{number}"} for number in range(60)]
    holding = [asyncio.ensure_future(hold(client, body, held)) for body in bodies]
    await asyncio.sleep(15)
    launchers = [each for each in descendants.descendants(pid) if _comm(each) == "ts-launcher"]
    before = sum(map(_cpu_s, launchers))
    await asyncio.sleep(10)
    spent = sum(map(_cpu_s, launchers)) - before
    print(
        f"launchers {len(launchers)}, together {spent / 10:.2f} of a core while idle, server {_cpu_s(pid):.1f} s in all"
    )
    print((await client.get("/readyz")).json())
    held.set()
    print("answers:", dict(Counter(await asyncio.gather(*holding))))
    return []


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main_async(what: str, seed: int, port: int, pid: int) -> None:
    chance = random.Random(seed)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None, limits=limits) as client:
        while (await client.get("/readyz")).json().get("testing"):
            await asyncio.sleep(0.1)
        if what == "states":
            await states(client, pid)
        elif what == "hostile":
            report(await hostile(client, chance))
        else:
            report(await equal(client, chance, 60))


def main() -> int:
    """Run one of the three and print what came."""
    what = sys.argv[1] if len(sys.argv) > 1 else "equal"
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print(f"{what}, seed {seed}, load {os.getloadavg()[0]:.1f}")
    with serving() as served:
        asyncio.run(main_async(what, seed, served.port, served.pid))
    return 0


if __name__ == "__main__":
    sys.exit(main())
