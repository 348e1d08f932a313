"""kill -9 of the server at random instants of real runs, and what the next one says of them.

    python -m benchmarks.server_kills [N] [SEED]    # goes on where the same call was broken off

Goals: 0 sealed entries lost, 0 runs that are not known afterwards, 0 verdicts that change, nothing left. How long
processes stay is printed; 250 ms hold on a quiet machine.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.faults.invariants import sealed
from benchmarks.faults.server_under_test import ENDED, KILL, TERM, ServerUnderTest
from benchmarks.kills import GOAL_MS, gone_after_ms

LESSONS = ("calm", "threads", "daemon", "crash", "calm")
SUMS = ("kills", "sealed", "lost", "unknown", "changed", "stayed")


def once(sut: ServerUnderTest, chance: random.Random) -> dict[str, Any]:
    """One kill: starts, waits a random time, kills, looks, starts the next server and asks it."""
    sut.up()
    made = [run for run in (sut.start(chance.choice(LESSONS)) for _ in range(chance.randint(1, 4))) if run]
    sut.settle(lambda: False, chance.uniform(0.0, 1.5))
    before = {run["id"]: sut.status(run["id"]) for run in made}
    sut.end(KILL)
    gone_ms = gone_after_ms(f"{sut.mark}")
    kept = sealed(sut.data)
    sut.up()
    found = {"kills": 1, "sealed": sum(map(len, kept.values())), "lost": 0, "unknown": 0, "changed": 0}
    for run, lines in kept.items():
        log = sut.ask("GET", f"/api/runs/{run}/log").body.decode().splitlines()
        found["lost"] += sum(line != there for line, there in zip(lines, log, strict=False)) + max(
            0, len(lines) - len(log)
        )
    for run, status in before.items():
        now = sut.status(run)
        found["unknown"] += now not in ENDED
        found["changed"] += status in ENDED and now != status
    return found | {"stayed": int(gone_ms is None), "gone_ms": gone_ms}


def main() -> int:
    """Prints the sums; 1 if a goal was missed."""
    count, seed = (int(word) for word in [*sys.argv[1:], *("200", "1")[len(sys.argv) - 1 :]])
    state = Path(tempfile.gettempdir(), f"timeslice-server-kills-{seed}.json")
    done: list[dict[str, Any]] = json.loads(state.read_text()) if state.exists() else []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        sut = ServerUnderTest(Path(folder, "data"))
        try:
            for number in range(len(done), count):
                done.append(once(sut, random.Random(f"{seed}:{number}")))
                state.write_text(json.dumps(done))
        finally:
            if sut.process is not None and sut.process.poll() is None:
                sut.end(TERM)
    sums = {name: sum(each[name] for each in done) for name in SUMS}
    late = sorted(each["gone_ms"] for each in done if each["gone_ms"] is not None)
    print(f"seed {seed}: " + ", ".join(f"{name} {number}" for name, number in sums.items()))
    over = sum(ms > GOAL_MS for ms in late)
    print(f"gone after: median {late[len(late) // 2]:.0f} ms, worst {late[-1]:.0f} ms, over {GOAL_MS} ms {over}")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if sums["lost"] or sums["unknown"] or sums["changed"] or sums["stayed"] else 0


if __name__ == "__main__":
    sys.exit(main())
