"""Fifty streams of real runs, cut at random places and resumed: nothing missing, nothing twice, the end never lost.

Each viewer reads a random number of bytes, cuts the connection without a word, and comes back with the last id it
had read whole. In the end what it has got is compared with the run's log, entry by entry.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import urllib.request
from dataclasses import dataclass, field

from benchmarks.server_process import serving
from server import events
from server.web import frames

STREAMS = 50
RUNS = 5
SEED = 1
CUT_BYTES = (200, 12_000)  # a connection lives for so many bytes; the last ones are let live


@dataclass
class SseClient:
    """One viewer over all of its connections."""

    port: int
    run: str
    chance: random.Random
    last_id: str = ""
    got: list[str] = field(default_factory=list)  # entries, encoded
    cuts: int = 0
    ends: int = 0

    async def watch(self) -> None:
        """Connects until the end has been read."""
        while not self.ends:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            known = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
            writer.write(f"GET /api/runs/{self.run}/events HTTP/1.1\r\nHost: x\r\n{known}\r\n".encode())
            budget = self.chance.randint(*CUT_BYTES) if self.cuts < 40 else 1 << 30
            await self._read(reader, budget)
            writer.transport.abort()
            self.cuts += not self.ends

    async def _read(self, reader: asyncio.StreamReader, budget: int) -> None:
        await reader.readuntil(b"\r\n\r\n")
        text = b""
        while budget > 0 and not self.ends:
            size = int(await reader.readuntil(b"\r\n"), 16)
            if size > budget:  # cut within a chunk: what came of it is thrown away, as a browser does
                await reader.readexactly(budget)
                return
            text += (await reader.readexactly(size + 2))[:-2]
            budget -= size
            *blocks, text = text.split(b"\n\n")
            for block in blocks:
                self._take(block.decode("ascii"))

    def _take(self, block: str) -> None:
        said = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        if "id" in said:
            self.last_id = said["id"]
        if said.get("event") == "facts":
            self.got += [events.encode(entry) for entry in frames.decode(said["data"])]
        elif said.get("event") == "end":
            self.ends += 1


def start(port: int) -> dict[str, str]:
    body = json.dumps({"lesson": "concurrency-parallelism"}).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/api/runs", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        made: dict[str, str] = json.load(answer)
    return made


async def watch(port: int, runs: list[dict[str, str]]) -> list[SseClient]:
    chance = random.Random(SEED)
    viewers = [SseClient(port, runs[n % RUNS]["id"], random.Random(chance.random())) for n in range(STREAMS)]
    await asyncio.gather(*(viewer.watch() for viewer in viewers))
    return viewers


def main() -> int:
    """Prints gaps, duplicates and lost ends; 1 if there is any."""
    gaps = twice = wrong = facts = 0
    with serving() as server:
        port = server.port
        viewers = asyncio.run(watch(port, [start(port) for _ in range(RUNS)]))
        for viewer in viewers:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/runs/{viewer.run}/log", timeout=30) as answer:
                log = answer.read().decode("ascii").splitlines()
            facts += len(log)
            gaps += max(0, len(log) - len(viewer.got))
            twice += max(0, len(viewer.got) - len(log))
            wrong += sum(a != b for a, b in zip(log, viewer.got, strict=False))
    cuts, ends = sum(viewer.cuts for viewer in viewers), sum(viewer.ends == 1 for viewer in viewers)
    print(f"{STREAMS} streams of {RUNS} runs, {cuts} cuts, {facts} facts due")
    print(f"missing {gaps}, twice {twice}, different {wrong}, ends {ends} of {STREAMS}")
    return 0 if gaps == twice == wrong == 0 and ends == STREAMS else 1


if __name__ == "__main__":
    sys.exit(main())
