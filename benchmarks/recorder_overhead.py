"""What observing a run costs the observer: launcher and server beside psutil at 1 kHz, py-spy and perf sched.

    python -m benchmarks.recorder_overhead [pairs]

A pair is one run of a lesson on a server without viewers, and a peer that watches the same processes meanwhile; peers
take turns, so that every round has one run with each. Counted is CPU time: of the launcher and of the server (records,
facts, claims, log, archive) from the start to the end of the run, and of the peer's process. Goals: ours ≤ 0.20 of
psutil's and of py-spy's, ≤ 2 times perf's. psutil polls the status of each process 1,000 times a second and misses what
happens in between; py-spy samples stacks; `perf sched record` writes every switch of the machine to a file and
understands none.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks import table
from benchmarks.baselines import Psutil
from benchmarks.server_process import Server, serving
from server.supervisor import descendants

PAIRS = 5
GOALS = {"psutil at 1 kHz": 0.20, "py-spy at 1 kHz": 0.20, "perf sched record": 2.0}
LESSONS = ("concurrency-parallelism", "multiprogramming", "sync-async")
LAUNCHER = "ts-launcher"
Watch = Callable[[int, threading.Event], float]  # (pid of the launcher, when it is over) → CPU seconds of the peer


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of one run's observers."""

    launcher_s: float
    server_s: float
    peer_s: float
    wall_s: float

    @property
    def ratio(self) -> float:
        """Ours to the peer's."""
        return (self.launcher_s + self.server_s) / self.peer_s


def cpu_s(pid: int) -> float:
    """CPU time of all threads of a process; 0 for one that has gone (schedstat field 1, in ns)."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(path.read_text().split()[0])
    return total / 1e9


def psutil_1khz(launcher: int, over: threading.Event) -> float:
    """In a process of its own, which does nothing else."""
    return _forked(lambda: Psutil(launcher).watch(until=_Until(os.getppid(), launcher)), over)


class _Until:
    """Looks like the child that a peer waits for: over when the launcher has gone."""

    def __init__(self, _parent: int, launcher: int) -> None:
        self._launcher = Path(f"/proc/{launcher}/exe")

    def poll(self) -> int | None:
        return None if os.path.lexists(self._launcher) else 0


def _forked(act: Callable[[], object], over: threading.Event) -> float:
    """CPU seconds that ``act`` takes in a fork of this process."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        begun = time.process_time()
        with contextlib.suppress(BaseException):
            act()
        os.write(write, f"{time.process_time() - begun}".encode())
        os._exit(0)
    os.close(write)
    over.wait()
    with os.fdopen(read) as said:
        found = float(said.read())
    os.waitpid(pid, 0)
    return found


def _commanded(command: list[str], over: threading.Event) -> float:
    """CPU seconds of a command and its children, which is interrupted when the run is over."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        over.wait()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGINT)  # not send_signal, which reaps one that has ended
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def observed(served: Server, lesson: str, watch: Watch) -> Cost:
    """One run, observed both ways."""
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client:
        before, begun_s = cpu_s(served.pid), time.monotonic()
        run = client.post("/api/runs", json={"lesson": lesson}).raise_for_status().json()
        launcher = _launcher(served.pid)
        over, peer = threading.Event(), [0.0]
        watching = threading.Thread(target=lambda: peer.__setitem__(0, watch(launcher, over)))
        watching.start()
        ours = _followed(launcher)
        while client.get(run["links"]["self"]).json()["status"] == "running":
            time.sleep(0.05)
        spent = cpu_s(served.pid) - before
        over.set()
        watching.join()
    return Cost(ours, spent, peer[0], time.monotonic() - begun_s)


def _launcher(server: int) -> int:
    while True:
        for pid in descendants.iter_descendants(server):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{pid}/comm").read_text().strip() == LAUNCHER:
                    return pid
        time.sleep(0.001)


def _followed(launcher: int) -> float:
    """The launcher's CPU time as it was read last, at most 10 ms before its end."""
    last = 0.0
    while (found := cpu_s(launcher)) >= last and found:
        last = found
        time.sleep(0.01)
    return last


@contextlib.contextmanager
def py_spy() -> Iterator[str | None]:
    """The path of a py-spy that goes away again; None with the reason printed."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        command = [f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "py-spy"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode:
            table.skipped("observer's CPU", "py-spy", made.stderr.strip()[-100:])
        yield None if made.returncode else f"{folder}/bin/py-spy"


def peers(folder: str, spy: str | None) -> dict[str, Watch]:
    """Those that are here."""
    found: dict[str, Watch] = {"psutil at 1 kHz": psutil_1khz}
    if spy:
        options = ["record", "--rate", "1000", "--subprocesses", "--nonblocking", "-o", f"{folder}/spy.svg"]
        found["py-spy at 1 kHz"] = lambda pid, over: _commanded([spy, *options, "--pid", str(pid)], over)
    if shutil.which("perf"):
        perf = ["perf", "sched", "record", "-o", f"{folder}/perf.data", "-m", "4M"]
        found["perf sched record"] = lambda _pid, over: _commanded(perf, over)
    else:
        table.skipped("observer's CPU", "perf sched record", "there is no perf here")
    return found


def measure(pairs: int) -> dict[tuple[str, str], list[Cost]]:
    """Every lesson with every peer, in turn, as often as ``pairs`` says."""
    found: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, py_spy() as spy, serving() as served:
        with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as client:
            while (answer := client.get("/readyz")).status_code != 200 or answer.json()["testing"]:
                time.sleep(0.1)
        for lesson in LESSONS:
            observed(served, lesson, lambda _pid, over: float(over.wait()))  # the first run warms the server
        for _ in range(pairs):
            for lesson in LESSONS:
                for name, watch in peers(folder, spy).items():
                    found[lesson, name].append(observed(served, lesson, watch))
    return found


def main() -> int:
    """Prints each lesson and the table's rows; 1 if the goal was missed."""
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
    for (lesson, peer), costs in found.items():
        ours, server, theirs, wall = (
            statistics.median(each)
            for each in zip(*((c.launcher_s, c.server_s, c.peer_s, c.wall_s) for c in costs), strict=True)
        )
        print(f"{lesson:26} {wall:5.1f} s: launcher {ours:.3f}, server {server:.3f}, {peer} {theirs:.3f} CPU s")
    met = True
    for peer in dict.fromkeys(peer for _, peer in found):
        ratios = [cost.ratio for (_, name), costs in found.items() if name == peer for cost in costs]
        met &= table.compared("observer's CPU", peer, ratios, at_most=GOALS[peer])
    return 0 if met else 1


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main())
