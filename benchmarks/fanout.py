"""One stream to a hall of viewers, beside nchan, sse-starlette, FastAPI's own, and the floor: write() in a loop, in C.

    python -m benchmarks.fanout [--seconds 30] [--pairs 5] [--rate 40] [--only nchan,sse_starlette,fastapi_sse]

Each way publishes the same messages in the same time to the same number of viewers; server and viewers have a core
each. CPU is a viewer's share a second, from the kernel's schedstat, divided by the share of the messages that arrived;
the frames that each got stand beside it, because a way may join what came close together. Goals, medians of interleaved
pairs: CPU ≤ 0.80 of nchan's at 1,000 and 2,000 viewers, p99 ≤ 0.8 of its, viewers at p99 ≤ 100 ms ≥ 1.3 times its;
CPU ≤ 0.30 of sse-starlette's, ≤ 0.12 of FastAPI's.
Peers are installed into a folder that goes away, or skipped with the reason printed. It needs a C compiler.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import fanout_servers, table

ROOT = Path(__file__).resolve().parent.parent
SIZES = {"nchan": (1000, 2000), "sse_starlette": (200, 1000, 2000), "fastapi_sse": (200, 1000, 2000)}
GOALS = {"nchan": 0.80, "sse_starlette": 0.30, "fastapi_sse": 0.12}
STEPS = (1000, 1500, 2000, 3000, 4000, 5000, 6000)  # viewers, to find how many are held
LATE_MS, HELD_S = 100.0, 6.0
DEBS = ("nginx", "libnginx-mod-nchan")
Start = Callable[[int], list[subprocess.Popen[str]]]


@dataclass(frozen=True, slots=True)
class Taken:
    """One measurement of one way."""

    cpu_us: float  # a viewer and second
    frames: float  # a viewer and second, as the viewers read them
    p50_ms: float
    p99_ms: float
    arrived: float  # share of what was published

    @property
    def message_us(self) -> float:
        """CPU of what has arrived: a peer that drops or delays messages has not done the same for its CPU."""
        return self.cpu_us / min(1.0, max(self.arrived, 0.01))

    def line(self) -> str:
        """For people."""
        return (
            f"{self.cpu_us:7.1f} µs a viewer and second, {self.frames:5.1f} frames, "
            f"p50 {self.p50_ms:6.1f}, p99 {self.p99_ms:6.1f} ms, {self.arrived:.0%} arrived"
        )


def cpu_ns(pid: int) -> int:
    """Time on a core of all threads there are (proc_pid_schedstat: field 1)."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def pinned(core: int) -> Callable[[], None] | None:
    """Runs in the child: one core of its own, where there are two."""
    cores = sorted(os.sched_getaffinity(0))
    return (lambda: os.sched_setaffinity(0, {cores[core % len(cores)]})) if len(cores) > 1 else None


def started(command: list[str], core: int, folder: Path | None = None) -> subprocess.Popen[str]:
    """A process that has said its first line."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), folder and str(folder)]))}
    made = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, preexec_fn=pinned(core)
    )  # fmt: skip
    assert made.stdout is not None
    made.stdout.readline()
    return made


class Bench:
    """The ways there are here, and how each is started."""

    def __init__(self, folder: Path, rate: float) -> None:
        self.folder, self.rate, self.viewers = folder, rate, folder / "viewers"
        self.starts: dict[str, Start] = {name: self._python(name) for name in ("ours", "portable")}
        self.starts["floor"] = lambda port: [started([str(self.viewers), "floor", str(port), str(rate), "420"], 0)]

    def compile(self) -> str:
        """Makes the viewers; why that cannot be, "" if they are made."""
        compiler = shutil.which("cc")
        if compiler is None:
            return "there is no C compiler"
        source = ROOT / "benchmarks/native/viewers.c"
        made = subprocess.run(
            [compiler, "-O2", "-o", str(self.viewers), str(source)], capture_output=True, text=True, check=False
        )
        return made.stderr[-300:]

    def _python(self, way: str, packages: Path | None = None) -> Start:
        command = [sys.executable, "-m", "benchmarks.fanout_servers", way]
        return lambda port: [started([*command, str(port), str(self.rate)], 0, packages)]

    def install(self, peer: str) -> str:
        """Brings a peer here; why that cannot be, "" if it is here."""
        if peer == "nchan":
            return self._install_nchan()
        packages = self.folder / "packages"
        if peer == "sse_starlette":
            pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
            made = subprocess.run(
                [*pip, "--target", str(packages), "sse-starlette"], capture_output=True, text=True, check=False
            )
            if made.returncode:
                return made.stderr.strip()[-200:]
        self.starts[peer] = self._python(peer, packages)
        return ""

    def _install_nchan(self) -> str:
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            return "this is no Debian"
        debs = self.folder / "debs"
        debs.mkdir()
        made = subprocess.run(["apt-get", "download", *DEBS], cwd=debs, capture_output=True, text=True, check=False)
        for deb in debs.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(deb), str(debs / "root")], check=True)
        nginx, module = debs / "root/usr/sbin/nginx", debs / "root/usr/lib/nginx/modules/ngx_nchan_module.so"
        if not (nginx.is_file() and module.is_file()):
            return made.stderr.strip().rpartition("\n")[2] or "the packages hold no nginx with nchan"
        self.starts["nchan"] = lambda port: self._nchan(nginx, module, port)
        return ""

    def _nchan(self, nginx: Path, module: Path, port: int) -> list[subprocess.Popen[str]]:
        conf = self.folder / "nginx.conf"
        conf.write_text(fanout_servers.nginx_conf(self.folder, module, port))
        # nchan insists on Debian's /var/lib/nginx: it gets one in a mount namespace of its own
        script = f"mount -t tmpfs none /var/lib && mkdir /var/lib/nginx && exec {nginx} -p {self.folder} -c {conf}"
        server = subprocess.Popen(["unshare", "-rm", "sh", "-c", script], text=True, preexec_fn=pinned(0))
        until_listening(port)
        told = started([sys.executable, "-m", "benchmarks.fanout_servers", "publisher", str(port), str(self.rate)], 1)
        return [server, told]

    def take(self, way: str, viewers: int, seconds: float) -> Taken:
        """One measurement."""
        port = free_port()
        path = fanout_servers.PATHS.get(way, fanout_servers.PATH)
        with running(self.starts[way](port)) as server:
            until_listening(port)
            watching = started([str(self.viewers), "watch", str(port), path, str(viewers), str(seconds)], 1)
            with running([watching]):
                assert watching.stdout is not None
                watching.stdout.readline()  # "begin"
                before = cpu_ns(server.pid)
                said = json.loads(watching.stdout.readline() or "{}")
                took = cpu_ns(server.pid) - before
        if not said:
            raise RuntimeError(f"the viewers of {way} saw no end of it")
        each = viewers * seconds
        return Taken(
            took / 1e3 / each, said["reads"] / each, said["p50_ms"], said["p99_ms"], said["stamps"] / each / self.rate
        )


@contextlib.contextmanager
def running(processes: list[subprocess.Popen[str]]) -> Iterator[subprocess.Popen[str]]:
    """The first of the processes; all end with the block."""
    try:
        yield processes[0]
    finally:
        for each in reversed(processes):
            each.kill()
            each.wait()


def free_port() -> int:
    """A port that is free at this instant."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        return int(made.getsockname()[1])


def until_listening(port: int) -> None:
    """Waits until somebody listens there, at most 10 s."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise RuntimeError("the server does not listen")


def beside(bench: Bench, peer: str, viewers: int, asked: argparse.Namespace) -> list[bool]:
    """Interleaved pairs of ours and a peer; whether each goal is met."""
    mine, theirs = list[Taken](), list[Taken]()
    ways = [("ours", mine), (peer, theirs)]
    for number in range(asked.pairs):
        for way, takes in ways if number % 2 == 0 else reversed(ways):
            takes.append(bench.take(way, viewers, asked.seconds))
            print(f"  {viewers:5} viewers  {way:14} {takes[-1].line()}", flush=True)
    ratios = [a.message_us / b.message_us for a, b in zip(mine, theirs, strict=True)]
    met = [table.compared(f"CPU of {viewers} viewers", peer, ratios, at_most=GOALS[peer])]
    if peer == "nchan":
        for way in ("portable", "floor"):
            print(f"  {viewers:5} viewers  {way:14} {bench.take(way, viewers, asked.seconds).line()}", flush=True)
        late = [a.p99_ms / b.p99_ms for a, b in zip(mine, theirs, strict=True)]
        met.append(table.compared(f"p99 of {viewers} viewers", peer, late, at_most=0.8))
    return met


def held(bench: Bench, way: str) -> int:
    """The most viewers of STEPS whose p99 is at most 100 ms, everything delivered."""
    most = 0
    for viewers in STEPS:
        taken = bench.take(way, viewers, HELD_S)
        print(f"  {viewers:5} viewers  {way:14} {taken.line()}", flush=True)
        if taken.p99_ms > LATE_MS or taken.arrived < 0.9:
            break
        most = viewers
    return most


def main() -> int:
    """Prints every measurement and the ratios; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=40.0, help="messages a second")
    parser.add_argument("--only", default=",".join(SIZES), help="peers, with commas between them")
    parser.add_argument("--viewers", help="numbers of viewers, with commas between them, instead of the usual ones")
    parser.add_argument("--held", type=int, default=2, help="times the most viewers at p99 <= 100 ms are looked for")
    asked = parser.parse_args()
    met = list[bool]()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs; {asked.rate:g} messages of 10 facts a second")
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), asked.rate)
        if why := bench.compile():
            table.skipped("fan-out", "every peer", why)
            return 0
        for peer in asked.only.split(","):
            if why := bench.install(peer):
                table.skipped("fan-out", peer, why)
                continue
            sizes = [int(each) for each in asked.viewers.split(",")] if asked.viewers else SIZES[peer]
            for viewers in sizes:
                try:
                    met += beside(bench, peer, viewers, asked)
                except RuntimeError as failed:  # a peer that cannot serve so many drops streams
                    table.skipped(f"CPU of {viewers} viewers", peer, str(failed))
            if peer == "nchan" and asked.held:
                pairs = [(held(bench, "ours"), held(bench, peer)) for _ in range(asked.held)]
                held_ratios = [a / max(1, b) for a, b in pairs]
                met.append(table.compared("viewers at p99 ≤ 100 ms", peer, held_ratios, at_least=1.3))
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
