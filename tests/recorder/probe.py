"""A small launcher for the recorder's tests: real tasks of every sort, recorded, told as JSON; needs no package.

``python probe.py TIER mixed`` prints one object: tier, entries (as lines), proofs, lost, roles; scene
``flood`` prints what was heard of what happened, and what the kernel said was lost.
Run by the tests as root and as an unprivileged user, so it must work with the system's Python alone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from server.events import Entry, encode
from server.recorder import (
    Counters,
    PerfRecorder,
    RawRecord,
    Recorder,
    StateReconstructor,
    gil_address_range,
    open_recorder,
    poll_recorder,
    read_counters,
    read_own_counters,
)
from server.recorder.records import LOST

TURN_S = 0.004


def burn(rounds: int) -> None:
    """A counted loop: it asks no clock, so it is not interrupted but by the kernel."""
    for _ in range(rounds):
        pass


class Stage:
    """Forks tasks behind one gate, hears what they say at their end, reaps them."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.start_ns = time.monotonic_ns()
        self.reconstructor = StateReconstructor(os.getpid(), self.start_ns, recorder.tier, period_ns=recorder.period_ns)
        self.gate = os.pipe()
        self.told = os.pipe()
        self.reconstructor.add_barrier(os.readlink(f"/proc/self/fd/{self.gate[0]}"))
        self.entries: list[Entry] = []
        self.roles: dict[str, int] = {}
        self.living: set[int] = set()

    def spawn(self, role: str, work: Callable[[], None], cpu: int | None) -> int:
        pid = os.fork()
        if pid == 0:
            self._child(role, work, cpu)
        self.reconstructor.expect_task(pid, role, role=role)
        self.reconstructor.set_gil_range(pid, *gil_address_range())
        self.roles[role] = pid
        self.living.add(pid)
        return pid

    def _child(self, role: str, work: Callable[[], None], cpu: int | None) -> None:
        try:
            self.recorder.close_after_fork()
            os.close(self.gate[1])
            os.close(self.told[0])
            if cpu is not None:
                os.sched_setaffinity(0, [cpu])
            os.read(self.gate[0], 1)
            work()
            self.say(role)
        finally:
            os._exit(3)

    def say(self, role: str) -> None:
        """The last act of a thread: its own counters, in one atomic write."""
        mine = [threading.get_native_id(), role, *read_own_counters()]
        os.write(self.told[1], json.dumps(mine).encode() + b"\n")

    def open_barrier(self) -> None:
        os.close(self.gate[1])

    def turn(self) -> None:
        """One turn of the launcher's timer."""
        select.select([], [], [], TURN_S if self.recorder.period_ns is None else self.recorder.period_ns / 1e9)
        self.entries += poll_recorder(self.recorder, self.reconstructor)
        while select.select([self.told[0]], [], [], 0)[0]:
            for line in os.read(self.told[0], 65536).decode().splitlines():
                tid, role, *numbers = json.loads(line)
                self.reconstructor.add_counters(tid, Counters(*numbers))
                self.roles.setdefault(role, tid)
        for pid in sorted(self.living):
            self._reap(pid)

    def _reap(self, pid: int) -> None:
        info = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if info is None:
            return
        self.reconstructor.add_counters(pid, read_counters(pid), "zombie")
        exited = info.si_code == os.CLD_EXITED
        now = time.monotonic_ns()
        self.entries += poll_recorder(self.recorder, self.reconstructor)
        if exited:
            self.reconstructor.process_died(pid, now, code=info.si_status)
        else:
            self.reconstructor.process_died(pid, now, signal=info.si_status)
        os.waitpid(pid, 0)
        self.reconstructor.process_reaped(pid, time.monotonic_ns())
        self.living.discard(pid)

    def finish(self) -> dict[str, object]:
        while self.living:
            self.turn()
        self.turn()
        self.entries += self.reconstructor.finish()
        return {
            "tier": self.recorder.tier,
            "lost": self.recorder.lost_records(),
            "entries": [encode(entry) for entry in self.entries],
            "roles": {role: self.reconstructor.task_number(tid) for role, tid in self.roles.items()},
            "proofs": [asdict(proof) for proof in self.reconstructor.proofs()],
        }


def threads(stage: Stage) -> Callable[[], None]:
    """Two threads that request the GIL, while the first sleeps until they have ended."""

    def one(role: str) -> None:
        burn(600_000)
        stage.say(role)

    def work() -> None:
        both = [threading.Thread(target=one, args=(f"thread {n}",)) for n in (1, 2)]
        for each in both:
            each.start()
        for each in both:
            each.join()

    return work


def mixed(stage: Stage) -> None:
    """Hogs on one core, a sleeper, a pair on two pipes, threads, a program, one frozen and thawed."""
    cpu = min(os.sched_getaffinity(0))
    there, back = os.pipe(), os.pipe()

    def ping() -> None:
        for _ in range(20):
            os.write(there[1], b"x")
            os.read(back[0], 1)

    def pong() -> None:
        for _ in range(20):
            os.read(there[0], 1)
            burn(5_000)
            os.write(back[1], b"x")

    def nap() -> None:
        for _ in range(6):
            select.select([], [], [], 0.015)

    stage.spawn("hog 1", lambda: burn(1_500_000), cpu)
    stage.spawn("hog 2", lambda: burn(1_500_000), cpu)
    stage.spawn("sleeper", nap, cpu)
    stage.spawn("ping", ping, cpu)
    stage.spawn("pong", pong, None)
    stage.spawn("threads", threads(stage), None)
    stage.spawn("program", lambda: os.execv("/bin/sleep", ["sleep", "0.06"]), None)

    def stop() -> None:
        burn(300_000)
        os.kill(os.getpid(), signal.SIGSTOP)
        burn(300_000)

    frozen = stage.spawn("frozen", stop, None)
    stage.turn()
    stage.open_barrier()
    while os.waitid(os.P_PID, frozen, os.WSTOPPED | os.WNOHANG) is None:
        stage.turn()
    for _ in range(4):
        stage.turn()
    os.kill(frozen, signal.SIGCONT)


def flood() -> dict[str, int]:
    """A pair on two pipes: far more switches than a tiny ring holds, undrained; a second, large ring hears them all."""
    tiny, witness = PerfRecorder("exact", pages=2), PerfRecorder("exact")
    opened_ns = time.monotonic_ns()
    stage = Stage(tiny)
    cpu = min(os.sched_getaffinity(0))
    there, back = os.pipe(), os.pipe()

    def first() -> None:
        witness.close_after_fork()
        for _ in range(500):
            os.write(there[1], b"x")
            os.read(back[0], 1)

    def second() -> None:
        witness.close_after_fork()
        for _ in range(500):
            os.read(there[0], 1)
            os.write(back[1], b"x")

    for role, work in (("first", first), ("second", second)):
        stage.spawn(role, work, cpu)
    stage.open_barrier()
    for pid in stage.living:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    # The machine goes on while the tiny ring is read: what it answers lies between what had happened on either side.
    before_ns = time.monotonic_ns()
    heard = tiny.drain()
    lost = tiny.lost_records()
    after_ns = time.monotonic_ns()
    all_of_it = witness.drain()
    stage.reconstructor.feed_records(heard, after_ns)
    stage.reconstructor.report_lost(lost, after_ns)
    stage.finish()

    def count(records: list[RawRecord], until_ns: int) -> int:
        return sum(record[1] != LOST and opened_ns <= record[0] < until_ns for record in records)

    told = sum(entry.fact.count for entry in stage.entries if entry.fact.kind == "log.lost")
    return {
        "heard": count(heard, after_ns), "lost": lost, "told": told,
        "happened_before_reading": count(all_of_it, before_ns), "happened_by_then": count(all_of_it, after_ns),
        "unwitnessed": witness.lost_records(),
    }  # fmt: skip


def main() -> None:
    """Run one scene and print what came of it."""
    tier, scene = sys.argv[1:3]
    if scene == "flood":
        print(json.dumps(flood()))
        return
    recorder = open_recorder(tier)
    stage = Stage(recorder)
    mixed(stage)
    print(json.dumps(stage.finish()))
    recorder.close()


if __name__ == "__main__":
    main()
