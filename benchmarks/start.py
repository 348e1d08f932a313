"""How long from POST to the first running worker at a client, beside multiprocessing spawn from the same app.

Both are asked of one server process, in turn. Ours counts until the kernel's record of the worker running has reached
the client through the stream; spawn counts until the child's first line has come back: it records nothing.
Goals: ratio of the medians ≤ 0.5; median ≤ 30 ms on an idle two-core machine.
"""

from __future__ import annotations

import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from server.events import TaskState
from server.web import frames

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 30


def first_line(answer: Connection) -> None:
    """What the spawned child does: it says that it runs."""
    answer.send_bytes(b"running")


def serve(data: str) -> None:
    """The app with one more route, which starts a child with multiprocessing's spawn and waits for its first line."""
    import uvicorn

    from server.settings import load
    from server.web.app import create_app

    app = create_app(load({"TIMESLICE_DATA_DIR": data, "PORT": "0"}))

    def spawn() -> dict[str, str]:
        mine, yours = multiprocessing.Pipe()
        child = multiprocessing.get_context("spawn").Process(target=first_line, args=(yours,))
        child.start()
        said = mine.recv_bytes()
        child.join()
        return {"said": said.decode()}

    app.add_api_route("/benchmark/spawn", spawn, methods=["POST"])
    uvicorn.run(app, port=0, log_level="info", timeout_graceful_shutdown=1)


def ours(client: httpx.Client) -> float:
    """Seconds from POST to the first state 'running' of a task at the client."""
    begin = time.monotonic()
    made = client.post("/api/runs", json={"lesson": "concurrency-parallelism", "params": {"millions": 8}})
    made.raise_for_status()
    run = made.json()
    took = None
    with client.stream("GET", f"/api/runs/{run['id']}/events", timeout=30) as stream:
        for line in stream.iter_lines():
            if took is None and line.startswith("data: [") and shows_running(line[6:]):
                took = time.monotonic() - begin
            if line == "event: end":
                break
    client.delete(f"/api/runs/{run['id']}", headers={"Authorization": f"Bearer {run['key']}"})
    if took is None:
        raise RuntimeError("the run ended without a running worker")
    return took


def shows_running(data: str) -> bool:
    """Whether a frame holds a change to 'running'."""
    return any(isinstance(entry.fact, TaskState) and entry.fact.state == "running" for entry in frames.decode(data))


def theirs(client: httpx.Client) -> float:
    """Seconds from POST to the spawned child's first line."""
    begin = time.monotonic()
    client.post("/benchmark/spawn", timeout=30).raise_for_status()
    return time.monotonic() - begin


def measure(address: str) -> tuple[list[float], list[float]]:
    """Both ways in turn, one warm-up each."""
    with httpx.Client(base_url=address) as client:
        ours(client), theirs(client)
        pairs = [(ours(client), theirs(client)) for _ in range(ROUNDS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def main() -> int:
    """Prints both medians and their ratio."""
    with tempfile.TemporaryDirectory() as data:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.start", "serve", data], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        try:
            assert child.stderr is not None
            line = next(each for each in child.stderr if "running on" in each)
            mine, spawned = measure("http" + line.split("http", 1)[1].split()[0])
        finally:
            child.terminate()
            child.communicate()
    a, b = statistics.median(mine) * 1e3, statistics.median(spawned) * 1e3
    p95 = sorted(mine)[int(len(mine) * 0.95)] * 1e3
    print(f"POST to first running worker at a client: median {a:.1f} ms, p95 {p95:.1f} ms  (n = {ROUNDS})")
    print(f"multiprocessing spawn, same app:          median {b:.1f} ms")
    print(f"ratio {a / b:.2f} (goal ≤ 0.50)")
    return 0 if a / b <= 0.5 else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        sys.exit(main())
