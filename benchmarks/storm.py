"""A thousand starts at once: who runs, who waits, who is sent away, and how long each waits for the answer.

Goals: no more runs than places, the others get a position, then 429 with an integer Retry-After; no answer 5xx;
99 % of the answers within a second. Raw sockets, so that no client library is what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass

from benchmarks.server_process import serving
from server.settings import Settings

REQUESTS = 1000
BODY = json.dumps({"lesson": "concurrency-parallelism"}).encode()
REQUEST = (
    b"POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, and the seconds it took from the request's last byte sent."""

    status: int
    retry_after: str | None
    run: dict[str, object]
    took_s: float


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    """Sends one request on a connection that is open, and reads its answer to the end."""
    begin = time.monotonic()
    writer.write(request)
    data = await reader.read(-1)
    took_s = time.monotonic() - begin
    writer.close()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    said = json.loads(body) if body else {}
    return Answer(int(first.split()[1]) if first else 0, headers.get("retry-after"), said, took_s)


async def storm(port: int) -> list[Answer]:
    """All connections open first, then all requests in one instant; then whatever was started is stopped."""
    pairs = [await connect(port) for _ in range(REQUESTS)]
    answers = await asyncio.gather(*(ask(reader, writer, REQUEST) for reader, writer in pairs))
    for answer in reversed(answers):  # those that wait first, so that none of them starts
        if answer.status == 201:
            line = f"DELETE /api/runs/{answer.run['id']} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            await ask(*await connect(port), f"{line}Authorization: Bearer {answer.run['key']}\r\n\r\n".encode())
    return answers


def main() -> int:
    """Prints what became of them; 1 if a goal was missed."""
    with serving() as server:
        before_s = server.cpu_s()
        answers = asyncio.run(storm(server.port))
        cpu_s = server.cpu_s() - before_s
        clean = "Traceback" not in server.said.read_text()
    made = [answer.run for answer in answers if answer.status == 201]
    positions = sorted(int(str(run["position"])) for run in made if run["position"] is not None)
    running = sum(run["status"] == "running" for run in made)
    refused = [answer for answer in answers if answer.status == 429]
    took = sorted(answer.took_s for answer in answers)
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    print(f"{REQUESTS} starts at once: " + ", ".join(f"{n} × {s}" for s, n in sorted(by_status(answers).items())))
    print(f"running at once {running}, queued {len(positions)}, positions {positions[:1]} … {positions[-1:]}")
    print(f"answers: median {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms (goal ≤ 1000)")
    print(f"the server took {cpu_s:.2f} s of a core for all of them")
    good = (
        positions == list(range(1, len(positions) + 1))
        and len(positions) <= Settings().queue_length
        and len(made) + len(refused) == REQUESTS
        and all((answer.retry_after or "").isdecimal() for answer in refused)
        and p99 <= 1
        and clean
    )
    print("good" if good else "MISSED")
    return 0 if good else 1


def by_status(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


if __name__ == "__main__":
    sys.exit(main())
