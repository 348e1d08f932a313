"""Bits flipped and ends cut off recordings: is each named, and how much of the run still plays, by where it was hit?

    python -m benchmarks.damages [N] [SEED]

Asks a real server for each. Goals: every damage is answered 410 with the word, none 404; what plays is what was
recorded; in the last tenth of the file the median damage leaves 90 % of the run.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.faults.server_under_test import TERM, ServerUnderTest
from server.lesson import catalog
from server.log import seals

RECORDINGS = (("concurrency-parallelism", "threads"), ("blocking", "four"), ("states", "plain"), ("sync-async", "all"))
CUTS = 0.2  # of all damages are cut ends, the rest flipped bits


def damaged(whole: bytes, at: int, cut: bool, chance: random.Random) -> bytes:
    if cut:
        return whole[:at]
    flipped = bytearray(whole)
    flipped[at] ^= 1 << chance.randrange(8)
    return bytes(flipped)


def main() -> int:
    """Prints a table by tenths of the file; 1 if a goal was missed."""
    count, seed = (int(word) for word in [*sys.argv[1:], *("250", "1")[len(sys.argv) - 1 :]])
    chance = random.Random(seed)
    share: dict[int, list[float]] = {tenth: [] for tenth in range(10)}
    named = unknown = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        sut = ServerUnderTest(Path(folder, "data"))
        (sut.data / "runs").mkdir(parents=True)
        try:
            sut.up()
            for number in range(count):
                slug, preset = RECORDINGS[number % len(RECORDINGS)]
                path = catalog.recording_path(slug, preset)
                assert path is not None
                lines = seals.read(path.read_bytes()).lines
                whole = seals.compress(seals.seal_all(lines))
                at, cut = number * len(whole) // count, chance.random() < CUTS
                name = f"d{number}"
                (sut.data / "runs" / f"{name}.ndjson.gz").write_bytes(damaged(whole, at, cut, chance))
                answer = sut.ask("GET", f"/api/runs/{name}")
                named += answer.status == 410 and b"damaged" in answer.body
                unknown += answer.status == 404
                log = sut.ask("GET", f"/api/runs/{name}/log")
                good = log.body.decode().splitlines()[:-1] if log.status == 200 else []
                wrong += good != lines[: len(good)]
                share[at * 10 // len(whole)].append(len(good) / (len(lines) - 1))
        finally:
            sut.end(TERM)
    print("damage in the n-th tenth of the file leaves so much of the run (median, worst):")
    for tenth, parts in share.items():
        print(f"{tenth + 1:>4}{min(1.0, statistics.median(parts)):>8.0%}{min(1.0, *parts):>8.0%}")
    print(f"seed {seed}: {count} damages, {named} named, {unknown} × 404, {wrong} play what was never recorded")
    return 0 if named == count and not unknown and not wrong and statistics.median(share[9]) >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
