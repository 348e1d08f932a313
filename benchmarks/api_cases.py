"""Ten thousand requests made by chance over every route, then the shapes of HTTP that nobody sends.

    python -m benchmarks.api_cases [N] [SEED]         # goes on where the same call was broken off
    python -m benchmarks.api_cases 1 --at SEED:NUMBER

Goal: no 5xx but a deliberate 503 (and oEmbed's 501), every request answered, nothing of what was sent repeated in a
refusal, no traceback in an answer or in the server's log. What is sent is made in tests/web/api_cases.py.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.access_cases import shapes
from benchmarks.server_process import Server, serving
from benchmarks.sse_clients import ask, descriptors, rss_bytes
from tests.web.api_cases import Known, Maker, fault, new_run, send, started, stop

EVERY = 500


def _ready(server: Server) -> None:
    while ask(server.port, "GET", "/readyz")[1].get("testing") is not False:
        time.sleep(0.1)


def _series(server: Server, seed: int, first: int, count: int, state: Path | None) -> tuple[Counter[int], list[str]]:
    """The cases from ``first`` on: statuses, and what was wrong."""
    known = Known(server.port, started(server.port))
    maker, statuses, faults = Maker(seed, known), Counter[int](), list[str]()
    for number in range(first, count):
        case = maker.case(number)
        answer = send(server.port, case)
        statuses[answer.status] += 1
        if wrong := fault(case, answer):
            faults.append(f"case {seed}:{number} {case.method} {case.path[:80]!r}: {wrong}")
            print(faults[-1], flush=True)
        if (run := new_run(answer)) is not None:
            stop(server.port, run)
        if (number + 1) % EVERY == 0:
            said = f"{number + 1} cases, {len(faults)} faults, RSS {rss_bytes(server.pid) / 2**20:.0f} MiB"
            print(f"  {said}, {dict(sorted(statuses.items()))}", flush=True)
            if state is not None:
                state.write_text(json.dumps({"done": number + 1, "faults": len(faults)}))
    return statuses, faults


def main() -> int:
    """Prints each fault with its number, then the sums; 1 if there was one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--at", default="", help="SEED:NUMBER of one case")
    parser.add_argument("--anew", action="store_true", help="forget what the same call has done")
    asked = parser.parse_args()
    seed, first = (int(part) for part in asked.at.split(":")) if asked.at else (asked.seed, 0)
    state = Path(tempfile.gettempdir(), f"timeslice-api-cases-{seed}.json")
    before = {"done": 0, "faults": 0}
    if state.exists() and not asked.anew and not asked.at:
        before = json.loads(state.read_text())
        first = before["done"]
    print(f"seed {seed}, cases {first} to {asked.count}, load {os.getloadavg()[0]:.1f}", flush=True)
    with serving() as server:
        _ready(server)
        held = descriptors(server.pid), rss_bytes(server.pid)
        last = first + 1 if asked.at else asked.count
        statuses, faults = _series(server, seed, first, last, None if asked.at else state)
        alive = ask(server.port, "GET", "/healthz")[0] == 200
        time.sleep(1)
        now = descriptors(server.pid), rss_bytes(server.pid)
        quiet = "Traceback" not in server.said.read_text()
    print(f"statuses: {dict(sorted(statuses.items()))}")
    print(f"descriptors {held[0]} -> {now[0]}, RSS {held[1] / 2**20:.1f} -> {now[1] / 2**20:.1f} MiB")
    logged = "none" if quiet else "SOME"
    print(f"seed {seed}: {last} cases, {len(faults) + before['faults']} faults; tracebacks logged: {logged}")
    good = alive and quiet and not faults and not before["faults"]
    if not asked.at:
        good = shapes() and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
