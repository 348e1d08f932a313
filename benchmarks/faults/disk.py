"""Faults of the disk: full, read-only, gone, and recordings that are damaged."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress

from benchmarks.faults.round import END_S, SHORT, Round
from benchmarks.faults.server_under_test import ENDED, TERM, ServerUnderTest


def damage(r: Round) -> None:
    """A kept recording, one bit of it flipped or its end cut off, under an id that the server has not read yet."""
    r.start("threads")
    r.finish()
    runs = r.sut.data / "runs"
    for made in r.made:
        path = runs / f"{made['id']}.ndjson.gz"
        if not r.sut.settle(path.exists):
            continue
        whole = r.sut.ask("GET", f"/api/runs/{made['id']}/log").body.splitlines()
        data = bytearray(path.read_bytes())
        at = r.chance.randrange(len(data))
        if r.chance.random() < 0.8:
            data[at] ^= 1 << r.chance.randrange(8)
        else:
            del data[at:]
        run = f"{r.chance.getrandbits(60):x}"
        (runs / f"{run}.ndjson.gz").write_bytes(data)
        answer = r.sut.ask("GET", f"/api/runs/{run}")
        log = r.sut.ask("GET", f"/api/runs/{run}/log")
        if answer.status != 410 or b"damaged" not in answer.body:
            r.sut.violations.append(f"damage at byte {at} of {len(data)} is answered {answer.status}")
        if log.status == 200 and log.body.splitlines()[:-1] != whole[: len(log.body.splitlines()) - 1]:
            r.sut.violations.append(f"4: damage at byte {at} plays something that was never recorded")
        if log.status not in (200, 410):
            r.sut.violations.append(f"the log of a damaged recording is answered {log.status}")
        (runs / f"{run}.ndjson.gz").unlink()


def disk_full(r: Round) -> None:
    filler = r.sut.data / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    _refused(r, lambda: filler.unlink())


def disk_read_only(r: Round) -> None:
    subprocess.run(["mount", "-o", "remount,ro", r.sut.data], check=True)
    _refused(r, lambda: subprocess.run(["mount", "-o", "remount,rw", r.sut.data], check=True))


def disk_gone(r: Round) -> None:
    r.started("daemon")
    shutil.rmtree(r.sut.data / "runs")
    r.pause(0.6)
    r.finish()
    _kept_again(r)


def _refused(r: Round, heal: Callable[[], object]) -> None:
    """Runs on a disk that takes nothing: they go on, say so, and are kept when it does again."""
    try:
        for _ in range(2):
            r.start(r.chance.choice(SHORT))
        r.finish()
        for made in r.made:
            if "not_kept" not in r.sut.ask("GET", f"/api/runs/{made['id']}").json:
                r.sut.violations.append("a run that the disk refused does not say that it is not kept")
        if r.made and "not_kept" not in r.sut.ask("GET", "/readyz").json:
            r.sut.violations.append("/readyz does not say that runs are not kept")
    finally:
        heal()
    _kept_again(r)


def _kept_again(r: Round) -> None:
    """What could not be written is, once it can; and a restart changes nothing about it."""
    before = {made["id"]: r.sut.status(made["id"]) for made in r.made}
    for run in before:
        if not r.sut.settle(lambda run=run: (r.sut.data / "runs" / f"{run}.ndjson.gz").exists(), 30.0):
            r.sut.violations.append("a run is not kept 30 s after the disk takes writes again")
    r.restarted = True
    r.sut.end(TERM, END_S)
    r.sut.up()
    for run, status in before.items():
        now = r.sut.status(run)
        if status in ENDED and now != status:
            r.sut.violations.append(f"a run that was {status} is {now} after a restart")


NEED_A_MOUNT = (disk_full, disk_read_only)


def mounted(sut: ServerUnderTest) -> bool:
    """Whether the data directory is a small file system of its own; it is made one, if that is allowed here."""
    sut.data.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=755", "timeslice-faults", str(sut.data)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
