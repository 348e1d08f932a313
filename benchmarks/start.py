"""From POST to the first worker that runs and to its record at a viewer, beside spawn, fork and forkserver in the app.

    python -m benchmarks.start [rounds] [viewers]

All are asked of one server process, in turn. Ours counts by the kernel's clock until the first record of a running
worker (CLOCK_MONOTONIC, the run's zero is in its first fact), and until that record has reached a client through the
stream. The others are multiprocessing's start methods in a route of the same app; they count until the child says that
it runs, and record nothing. Then ours with 1,000 viewers on the stream of another, live run.
Goals: first worker ≤ 0.10 of spawn and ≤ 1.0 of fork; its record at a client with 1,000 viewers p50 ≤ 25, p95 ≤ 50 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from benchmarks import table
from benchmarks.sse_clients import SseClient
from server.web import frames

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, VIEWERS = 20, 1000
METHODS = ("spawn", "fork", "forkserver")


def first_line(answer: Connection) -> None:
    """What the started child does: it says that it runs, and when."""
    answer.send_bytes(str(time.monotonic_ns()).encode())


def serve(data: str) -> None:
    """The app with one more route, which starts a child in multiprocessing's ways and waits for its first line."""
    import uvicorn

    from server.settings import load
    from server.web.app import create_app

    app = create_app(load({"TIMESLICE_DATA_DIR": data, "PORT": "0"}))

    def start(method: str) -> dict[str, int]:
        mine, yours = multiprocessing.Pipe()
        child = multiprocessing.get_context(method).Process(target=first_line, args=(yours,))  # type: ignore[attr-defined]
        child.start()
        said = mine.recv_bytes()
        child.join()
        return {"running_ns": int(said)}

    app.add_api_route("/benchmark/start/{method}", start, methods=["POST"])
    uvicorn.run(app, port=0, log_level="info", access_log=False, timeout_graceful_shutdown=1)


def ours(client: httpx.Client) -> tuple[float, float]:
    """Milliseconds from POST to the first running worker, and to its record at the client."""
    begin = time.monotonic_ns()
    made = client.post("/api/runs", json={"lesson": "concurrency-parallelism", "params": {"millions": 8}})
    run = made.raise_for_status().json()
    zero, running, arrived = 0, 0, 0
    with client.stream("GET", f"/api/runs/{run['id']}/events", timeout=60) as stream:
        for line in stream.iter_lines():
            if not running and line.startswith("data: ["):
                arrived = time.monotonic_ns()
                for entry in frames.decode(line[6:]):
                    zero = getattr(entry.fact, "monotonic_ns", zero)
                    if not running and getattr(entry.fact, "state", "") == "running":
                        running = zero + entry.t_ns
            if running:
                break
    client.delete(f"/api/runs/{run['id']}", headers={"Authorization": f"Bearer {run['key']}"})
    if not running:
        raise RuntimeError("the run ended without a running worker")
    return (running - begin) / 1e6, (arrived - begin) / 1e6


def theirs(client: httpx.Client, method: str) -> float:
    """Milliseconds from POST to the started child's first line."""
    begin = time.monotonic_ns()
    said = client.post(f"/benchmark/start/{method}", timeout=60).raise_for_status().json()
    return (said["running_ns"] - begin) / 1e6


def watch(address: str, run: str, count: int) -> None:
    """Viewers of one run, in a process of their own, until it is terminated."""

    async def all_of_them() -> None:
        port = int(address.rpartition(":")[2])
        await asyncio.gather(*(SseClient().watch(port, f"/api/runs/{run}/events") for _ in range(count)))

    asyncio.run(all_of_them())


@contextlib.contextmanager
def viewers(address: str, count: int) -> Iterator[None]:
    """A live run with so many streams."""
    with httpx.Client(base_url=address, timeout=60) as client:
        run = client.post("/api/runs", json={"lesson": "states"}).raise_for_status().json()["id"]
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.start", "watch", address, run, str(count)], cwd=ROOT
        )
        try:
            time.sleep(5)  # 1,000 connections are opened
            yield
        finally:
            child.terminate()
            child.wait()


@contextlib.contextmanager
def app() -> Iterator[str]:
    """The address of the app with the extra route; the machine has been looked at."""
    with tempfile.TemporaryDirectory() as data:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.start", "serve", data], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        try:
            assert child.stderr is not None
            line = next(each for each in child.stderr if "running on" in each)
            address = "http" + line.split("http", 1)[1].split()[0]
            with httpx.Client(base_url=address) as client:
                while (answer := client.get("/readyz")).status_code != 200 or answer.json()["testing"]:
                    time.sleep(0.1)
            yield address
        finally:
            child.terminate()
            child.communicate()


def said(what: str, values: list[float]) -> None:
    """Median and 95th percentile in ms."""
    print(
        f"{what:56} p50 {statistics.median(values):6.1f}, p95 {_p95(values):6.1f} ms  (n = {len(values)})", flush=True
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def main() -> int:
    """Prints all, and the rows of the table; 1 if a goal was missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    count = int(sys.argv[2]) if len(sys.argv) > 2 else VIEWERS
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    with app() as address, httpx.Client(base_url=address, timeout=60) as client:
        ours(client)
        for method in METHODS:
            theirs(client, method)
        pairs = [(ours(client), {method: theirs(client, method) for method in METHODS}) for _ in range(rounds)]
        with viewers(address, count):
            watched = [ours(client) for _ in range(rounds)]
    said("POST to the first running worker", [mine[0] for mine, _ in pairs])
    said("POST to its record at a client", [mine[1] for mine, _ in pairs])
    for method in METHODS:
        said(f"POST to a child's first line, {method} in the app", [other[method] for _, other in pairs])
    said(f"POST to the first running worker, {count} viewers", [mine[0] for mine in watched])
    said(f"POST to its record at a client, {count} viewers", [mine[1] for mine in watched])
    arrived = [mine[1] for mine in watched]
    met = [
        table.compared("first worker", "spawn", [mine[0] / other["spawn"] for mine, other in pairs], at_most=0.10),
        table.compared("first worker", "fork", [mine[0] / other["fork"] for mine, other in pairs], at_most=1.0),
        table.compared(f"first record, {count} viewers, p50", "–", arrived, at_most=25, unit="ms"),
        table.compared(f"first record, {count} viewers, p95", "–", [_p95(arrived)], at_most=50, unit="ms"),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    elif sys.argv[1:2] == ["watch"]:
        watch(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(main())
