"""A seeded series of faults, and what must be true after each: `python -m benchmarks.faults [N] [SEED]`.

    python -m benchmarks.faults 1000 7            # goes on where the same call was broken off
    python -m benchmarks.faults 40 7 --only disk_full,damage
    python -m benchmarks.faults 1 --at 7:13       # fault 13 of seed 7 once more

Goal: no violation. Prints each violation with the fault it came after, and how often each kind was tried; exit status 1
if there was one. The state is a file in the temporary directory, named by the seed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults import invariants
from benchmarks.faults.disk import NEED_A_MOUNT, mounted
from benchmarks.faults.kinds import KINDS
from benchmarks.faults.round import Round
from benchmarks.faults.server_under_test import TERM, ServerUnderTest, send
from benchmarks.kills import left

Kind = Callable[[Round], None]


def once(sut: ServerUnderTest, kind: Kind, chance: random.Random) -> list[str]:
    """One fault with its round; the violations."""
    sut.violations = []
    try:
        sut.up()
        r = Round(sut, chance)
        was_sealed = {}
        end = sut.end

        def ending(number: int, within_s: float = 30.0) -> float:
            took_s = end(number, within_s)
            was_sealed.update(invariants.sealed(sut.data))
            return took_s

        sut.end = ending  # type: ignore[method-assign]
        try:
            kind(r)
        finally:
            sut.end = end  # type: ignore[method-assign]
        r.finish()
        sut.violations += invariants.check(r, was_sealed)
    except RuntimeError as error:
        sut.violations.append(str(error))
    if sut.violations and sut.process is not None:  # the next fault begins with a server that has met none
        send(left(sut.mark), 9)
        sut.process.wait()
    return list(dict.fromkeys(sut.violations))


def _chosen(only: str, can_mount: bool) -> list[Kind]:
    named = set(only.split(",")) if only else {kind.__name__ for kind in KINDS}
    if unknown := named - {kind.__name__ for kind in KINDS}:
        sys.exit(f"no such kinds: {', '.join(sorted(unknown))}")
    return [kind for kind in KINDS if kind.__name__ in named and (can_mount or kind not in NEED_A_MOUNT)]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=60)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--only", default="", help="kinds, separated by commas")
    parser.add_argument("--at", default="", help="SEED:NUMBER of one fault")
    parser.add_argument("--anew", action="store_true", help="forget what the same call has done")
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after so long; the same call goes on")
    return parser.parse_args()


def main() -> int:
    """The series; 1 if there was a violation in it."""
    asked = _asked()
    seed, first = (int(part) for part in asked.at.split(":")) if asked.at else (asked.seed, 0)
    state = Path(tempfile.gettempdir(), f"timeslice-faults-{seed}-{asked.only or 'all'}.json")
    done: list[tuple[str, list[str]]] = []
    if state.exists() and not (asked.anew or asked.at):
        done = json.loads(state.read_text())
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        sut = ServerUnderTest(Path(folder, "data"))
        can_mount = mounted(sut)
        try:
            kinds = _chosen(asked.only, can_mount)
            for number in range(first or len(done), first + 1 if asked.at else asked.count):
                chance = random.Random(f"{seed}:{number}")
                kind = kinds[number % len(kinds)] if number < len(kinds) else chance.choice(kinds)
                found = once(sut, kind, chance)
                done.append((kind.__name__, found))
                for each in found:
                    print(f"fault {seed}:{number} {kind.__name__}: {each}", flush=True)
                if not asked.at:
                    state.write_text(json.dumps(done))
                if asked.seconds and time.monotonic() - began > asked.seconds:
                    break
        finally:
            if sut.process is not None and sut.process.poll() is None:
                sut.end(TERM)
            if can_mount:
                subprocess.run(["umount", "-l", sut.data], check=False)
    return _sums(done, seed, asked.count, can_mount)


def _sums(done: list[tuple[str, list[str]]], seed: int, count: int, can_mount: bool) -> int:
    tried, broken = Counter(kind for kind, _ in done), Counter(kind for kind, found in done if found)
    for kind, times in sorted(tried.items()):
        print(f"{kind:<40}{times:>5}{broken[kind]:>5}")
    if not can_mount:
        print("left out, as no file system can be mounted here: " + ", ".join(each.__name__ for each in NEED_A_MOUNT))
    bad = sum(broken.values())
    print(f"seed {seed}: {len(done)} of {count} faults of {len(tried)} kinds, {bad} with a violation")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
