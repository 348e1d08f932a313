"""Fork bombs: how many processes live at the most, and how long after the bound the last of them is dead, each way.

    python -m benchmarks.bomb [times]

The ways are those of supervisor/process_limit.py. As root all four are tried: "uid" and "user" (by the system's Python)
with a user who has no other process, as one that ends meanwhile leaves a bomb its place; "none" hides the cgroup file
system in a mount namespace of its own. An ordinary user tries "user".
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server.supervisor.process_limit import count_user_tasks

ROOT = Path(__file__).resolve().parent.parent
UIDS = range(61_000, 62_000)  # below what systemd gives out by itself
MOST = {"cgroup": 33, "uid": 33, "user": 64, "none": 64}
GOAL_MS = 1000
BOUND = 33  # the first number over the bound of processes
CODE = """
import asyncio, json, sys
from dataclasses import replace
from server.events import to_dict
from server.runs.once import run_once
from server.runs.spawner_client import SpawnerClient
from server.settings import Settings
uid = int(sys.argv[1])
client = SpawnerClient.start(("tests.lab",), uid=uid)
for _ in range(int(sys.argv[2])):
    log = run_once("fork-bomb", {}, package="tests.lab", client=client, settings=replace(Settings(), uid=uid))
    print(json.dumps([to_dict(entry) for entry in log.tail()]), flush=True)
asyncio.run(client.close())
"""


def dedicated_uid() -> int:
    """A user nobody runs anything as; by our pid, as another suite that looks at the same time finds them all free."""
    first = os.getpid() % len(UIDS)
    return next(uid for uid in (*UIDS[first:], *UIDS[:first]) if not count_user_tasks(uid))


def runs(way: str, times: int) -> Iterator[list[dict[str, Any]]]:
    """The log of each run, made in a process of its own."""
    dedicated = dedicated_uid()
    python, more = (sys.executable, {}) if way != "user" or os.geteuid() else ("/usr/bin/python3", {"user": dedicated})
    argv = [python, "-B", "-c", CODE, str(dedicated if way == "uid" else -1), str(times)]
    if way == "none":
        argv = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"', "sh", *argv]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    options: dict[str, Any] = {"cwd": ROOT, "env": environ, "stdout": subprocess.PIPE, **more}
    with subprocess.Popen(argv, **options) as asker:
        assert asker.stdout is not None
        yield from map(json.loads, asker.stdout)


def judge(log: list[dict[str, Any]]) -> tuple[int, float | None]:
    """The most processes at one instant, and ms from the first over the bound (0: never) to the last one's end.

    None: the end of one was not heard.
    """
    marks: list[tuple[int, int]] = []
    for entry in log:
        fact = entry["fact"]
        if fact["kind"] == "task.born":
            marks.append((entry["t_ns"], 1))
        elif fact["kind"] == "task.state" and fact["cause"] == "exited":
            marks.append((entry["t_ns"], -1))
    living = most = 0
    over = None
    for t_ns, change in sorted(marks):
        living += change
        most = max(most, living)
        if living >= BOUND and over is None:
            over = t_ns
    if living:
        return most, None
    return most, 0.0 if over is None else (max(marks)[0] - over) / 1e6


def main(times: int = 20) -> int:
    """Run them and print a line each; 0 if all kept within the goals."""
    good = True
    for way in MOST if os.geteuid() == 0 else ("user",):
        found = [judge(log) for log in runs(way, times)]
        most = max((each[0] for each in found), default=0)
        ended = [each[1] for each in found if each[1] is not None]
        fine = len(found) == times == len(ended) and most <= MOST[way] and max(ended) <= GOAL_MS
        good &= fine
        last = f"{max(ended):.0f} ms" if ended else "-"
        word = "good" if fine else "BAD"
        print(f"{way:<8} {len(found)} bombs  most {most} of {MOST[way]}  dead after at most {last}  {word}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
