"""kill -9 of the asker of a run, and of its launcher, at random instants: what is left, and for how long.

    python -m benchmarks.kills [askers] [launchers]

Each row kills once, then looks at /proc until nothing of the run is left. The run forks, daemonises and waits for ever.
"""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOAL_MS = 250
GIVE_UP_S = 10.0
LATEST_S = 0.8  # kills are spread from the start of the run to a little after its end
ASKER = """
import sys
from server.runs.once import run_once
from server.supervisor import descendants
import os
def launcher(pid):  # and not the process that tested the recorder, which may be on its way out
    try:
        with open(f"/proc/{pid}/comm") as file:
            return file.read() == "ts-launcher\\n"
    except OSError:
        return False
def hear(entry):
    if entry.fact.kind == "run.started":
        spawner, = descendants.list_children(os.getpid())
        print(spawner, *filter(launcher, descendants.list_children(spawner)), flush=True)
run_once("daemon", {"seconds": 0.6}, package="tests.lab", on_entry=hear)
"""


def start(mark: str) -> subprocess.Popen[bytes]:
    """A process that asks for the run; it prints the pids of spawner and launcher when the run has started."""
    environ = {**os.environ, f"TIMESLICE_TEST_{mark}": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", ASKER], stdout=subprocess.PIPE, cwd=ROOT, env=environ)


def left(mark: str) -> list[int]:
    """Pids of processes that carry the mark in their environment (a zombie carries none)."""
    return list(_marked(f"TIMESLICE_TEST_{mark}=1".encode()))


def _marked(mark: bytes) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes():
                    yield int(entry.name)
            except OSError:
                continue


def gone_after_ms(mark: str, spared: frozenset[int] = frozenset()) -> float | None:
    """How long it takes until nothing with the mark is left but ``spared``; None if it does not happen."""
    began = time.monotonic()
    while time.monotonic() - began < GIVE_UP_S:
        if not set(left(mark)) - spared:
            return (time.monotonic() - began) * 1000
    return None


def kill_asker(chance: random.Random) -> float | None:
    """Start a run, kill its asker at a random instant; milliseconds until nothing is left, None: something stays."""
    mark = f"{chance.getrandbits(64):016X}"
    with start(mark) as asker:
        assert asker.stdout is not None
        if not asker.stdout.readline():
            raise RuntimeError("the asker ended before its run began")
        with_deadline(asker, chance.uniform(0.0, LATEST_S))
        asker.kill()
        asker.wait()
        return gone_after_ms(mark)


def kill_launcher(chance: random.Random) -> float | None:
    """The same for the launcher: its workers and daemons must go, the asker and its spawner stay until they end."""
    mark = f"{chance.getrandbits(64):016X}"
    with start(mark) as asker:
        assert asker.stdout is not None
        said = asker.stdout.readline()
        if not said:
            raise RuntimeError("the asker ended before its run began")
        spawner, launcher = map(int, said.split()[:2])
        with_deadline(asker, chance.uniform(0.0, 0.5))
        with contextlib.suppress(ProcessLookupError):  # on a busy machine it may be done by now
            os.kill(launcher, signal.SIGKILL)
        took = gone_after_ms(mark, frozenset({asker.pid, spawner}))
        asker.wait()
        return took


def with_deadline(asker: subprocess.Popen[bytes], seconds: float) -> None:
    """Let the run go on for so long, or until its asker has said all."""
    assert asker.stdout is not None
    end = time.monotonic() + seconds
    while (rest := end - time.monotonic()) > 0:
        if select.select([asker.stdout], [], [], rest)[0] and not asker.stdout.read1():
            return


def main() -> int:
    """Print the table; exit status 1 if a kill missed the goal."""
    askers, launchers = [int(word) for word in [*sys.argv[1:], "100", "30"][:2]]
    chance = random.Random()
    missed = 0
    print(
        f"{'kill -9 of':<12}{'times':>6}{'left':>6}{'median ms':>11}{'worst ms':>10}   goal: nothing after {GOAL_MS} ms"
    )
    for name, once, times in (("asker", kill_asker, askers), ("launcher", kill_launcher, launchers)):
        took = [once(chance) for _ in range(times)]
        known = [each for each in took if each is not None]
        stay = len(took) - len(known)
        missed += stay + sum(each > GOAL_MS for each in known)
        print(f"{name:<12}{times:>6}{stay:>6}{statistics.median(known):>11.1f}{max(known):>10.1f}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
