"""What must be true after every fault, whatever it was; each violation is one sentence that begins with its number.

1 nothing stays; 2 every run has ended in one of four ways; 3 what viewers have is what the log has; 4 nothing that was
sealed is missing; 5 no answer 5xx but 503, no traceback, no path (server_under_test.py listens for
these); 6 loss is reported.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.faults.round import Round
from benchmarks.faults.server_under_test import ENDED, SELF_TEST_S
from benchmarks.kills import left
from server import events
from server.log import seals

SLACK_FDS = 4  # connections of ours that the server has not closed yet


def sealed(data: Path) -> dict[str, list[str]]:
    """What the growing files of a data directory hold under their seals, by run: what a crash must not lose."""
    found = {}
    for path in (data / "runs").glob("[a-z0-9]*.ndjson"):
        if path.name.count(".") == 1:
            try:
                found[path.stem] = seals.verify(path.read_bytes()).lines
            except OSError:
                continue
    return found


def check(r: Round, was_sealed: dict[str, list[str]]) -> Iterator[str]:
    """Every violation there is."""
    yield from _ends(r)
    yield from _viewers(r)
    yield from _sealed(r, was_sealed)
    yield from _losses(r)
    yield from _nothing_stays(r)
    if count := r.sut.tracebacks():
        yield f"5: {count} tracebacks in the server's log"


def _ends(r: Round) -> Iterator[str]:
    for made in r.made:
        status = r.sut.status(made["id"])
        if status not in ENDED:
            yield f"2: a run of {made['lesson']} ended as {status}"


def _log(r: Round, run: str) -> list[str]:
    return r.sut.ask("GET", f"/api/runs/{run}/log").body.decode("ascii").splitlines()


def _viewers(r: Round) -> Iterator[str]:
    for viewer in r.viewers:
        viewer.join()
        if viewer.broken:
            yield viewer.broken
        elif not viewer.ended:
            yield "3: a viewer never read the end"
        elif viewer.lines != (log := _log(r, viewer.run)) and not r.restarted:
            yield f"3: a viewer has {len(viewer.lines)} entries, the log {len(log)}"
        elif viewer.lines[: len(log) - 1] != log[:-1] and r.restarted:
            yield f"3: after a restart a viewer has {len(viewer.lines)} entries, the log {len(log)}, and they differ"


def _sealed(r: Round, was_sealed: dict[str, list[str]]) -> Iterator[str]:
    for run, lines in was_sealed.items():
        log = _log(r, run)
        if log[: len(lines)] != lines:
            yield f"4: {len(lines)} entries were sealed, the log has {len(log)} and does not begin with them"


def _losses(r: Round) -> Iterator[str]:
    for made in r.made:
        lines = _log(r, made["id"])
        if not lines or r.sut.status(made["id"]) not in ENDED:
            continue
        facts = [events.decode(line).fact for line in lines]
        by_entries = sum(fact.count for fact in facts if isinstance(fact, events.LogLost))
        summary = json.loads(lines[-1])["fact"].get("summary", {})
        if summary.get("lost", by_entries) != by_entries:
            yield f"6: the log lost {by_entries} by its entries and {summary['lost']} by its summary"


def _nothing_stays(r: Round) -> Iterator[str]:
    def quiet() -> bool:
        roles = r.sut.roles()
        return not roles["launcher"] and not roles["worker"]

    if not r.sut.settle(quiet):
        roles = r.sut.roles()
        yield f"1: {len(roles['launcher'])} launchers and {len(roles['worker'])} other processes stay"
    if not r.sut.settle(lambda: not r.sut.roles()["probe"], SELF_TEST_S):
        yield "1: a self-test stays"
    if not r.sut.settle(lambda: r.sut.open_fds() <= r.sut.fds + SLACK_FDS, 20.0):
        yield f"1: {r.sut.fds} descriptors before, {r.sut.open_fds()} after"
    zombies = [pid for pid in os.listdir("/proc") if pid.isdigit() and _is_zombie_of(int(pid), {r.sut.pid})]
    if zombies and not r.sut.settle(lambda: not any(_is_zombie_of(int(pid), {r.sut.pid}) for pid in zombies)):
        yield f"1: {len(zombies)} zombies of the server"
    if new := list((r.sut.data / "runs").glob(".*.new")):
        yield f"1: {len(new)} half-written files"
    if not left(r.sut.mark):
        yield "1: the server itself is gone"


def _is_zombie_of(pid: int, parents: set[int]) -> bool:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    return state == "Z" and int(parent) in parents
