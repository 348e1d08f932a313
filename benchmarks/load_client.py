"""Pages that press Run, as a class and as a client that wants everything: what each was promised, and what came."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

GIVE_UP_S = 400.0
SHARE, GRAIN_S = 0.5, 1.0  # a promise holds within ± this share of it, or ± the second in whose steps it is said


@dataclass
class LoadClient:
    """What one page met; instants are seconds of the monotonic clock."""

    number: int = 0
    pressed_s: float = 0.0
    status: int = 0
    runs: set[str] = field(default_factory=set)
    fact_s: float | None = None  # when its first fact came
    refused: list[tuple[float, float]] = field(default_factory=list)  # when, and told to come back in so many seconds
    promises: list[tuple[float, float]] = field(default_factory=list)  # said when, and in how many seconds it starts

    @property
    def waited_s(self) -> float | None:
        """From its press to its first fact."""
        return None if self.fact_s is None else self.fact_s - self.pressed_s

    def kept(self) -> Iterable[tuple[float, float]]:
        """(promised, true) waits of the promises whose run has begun."""
        return [] if self.fact_s is None else [(said_s, self.fact_s - at_s) for at_s, said_s in self.promises]


def client(port: int, address: str = "127.0.0.1") -> httpx.AsyncClient:
    """Many connections to a server of this machine, all of them from ``address``."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    wire = httpx.AsyncHTTPTransport(local_address=address, limits=limits)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None, transport=wire)


async def press(
    wire: httpx.AsyncClient, client_page: LoadClient, body: dict[str, Any], held: asyncio.Event | None = None
) -> None:
    """Press Run, come back when told to, look until the first fact; then hold the stream open until ``held``."""
    client_page.pressed_s = time.monotonic()
    while time.monotonic() - client_page.pressed_s < GIVE_UP_S:
        answer = await wire.post("/api/runs", json=body)
        client_page.status = answer.status_code
        if answer.status_code == 429:
            wait_s = float(answer.headers["Retry-After"])
            client_page.refused.append((time.monotonic(), wait_s))
            await asyncio.sleep(wait_s)
            continue
        run = answer.raise_for_status().json()
        client_page.runs.add(run["id"])
        await _look(wire, run["links"]["events"], client_page, held)
        return


async def _look(wire: httpx.AsyncClient, events: str, client_page: LoadClient, held: asyncio.Event | None) -> None:
    async with wire.stream("GET", events) as answer:
        reading = asyncio.ensure_future(_read(answer, client_page))
        if held is None:
            await reading
            return
        await held.wait()
        reading.cancel()


async def _read(answer: httpx.Response, client_page: LoadClient) -> None:
    """To the first fact, and beyond it without looking: whoever holds a stream open reads it."""
    event = ""
    async for line in answer.aiter_lines():
        if client_page.fact_s is not None:
            continue
        event = line.removeprefix("event: ") if line.startswith("event: ") else event
        if line.startswith("data: ") and event == "queue":
            client_page.promises.append((time.monotonic(), json.loads(line.removeprefix("data: "))["estimate_s"]))
        elif line.startswith("data: ") and event == "facts":
            client_page.fact_s = time.monotonic()


def holds(said_s: float, true_s: float) -> bool:
    return abs(true_s - said_s) <= max(SHARE * said_s, GRAIN_S)


def told(what: str, waits: list[tuple[float, float]]) -> float:
    """Prints how many of these promises held, by how long they were, and says which share did."""
    parts = []
    for low, high in ((0.0, 10.0), (10.0, 60.0), (60.0, 1e9)):
        found = [holds(*each) for each in waits if low < each[0] <= high]
        parts += [f"{sum(found)} of {len(found)} of {low:.0f}…{high:.0f} s".replace("…1000000000", " and more")] * bool(
            found
        )
    share = sum(holds(*each) for each in waits) / max(1, len(waits))
    ratios = sorted(true_s / said_s for said_s, true_s in waits)
    middle = f"true ÷ promised: median {ratios[len(ratios) // 2]:.2f}" if ratios else ""
    print(f"{what}: {share:.0%} of {len(waits)} within ±50 % ({', '.join(parts)}); {middle}")
    return share


def departures_after(client_pages: list[LoadClient]) -> list[tuple[float, float]]:
    """(promised, true) of every Retry-After: who was sent away as the n-th of those not back yet could have had the
    place of the n-th run that began after that."""
    begun = sorted(each.fact_s for each in client_pages if each.fact_s is not None)
    refusals = sorted((at_s, said_s) for each in client_pages for at_s, said_s in each.refused)
    found = []
    for number, (at_s, said_s) in enumerate(refusals):
        before = sum(other_s + other_said_s > at_s for other_s, other_said_s in refusals[:number])
        free = [each for each in begun if each > at_s]
        if before < len(free):
            found.append((said_s, free[before] - at_s))
    return found
