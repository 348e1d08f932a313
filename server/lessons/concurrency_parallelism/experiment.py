"""The program of this lesson, exactly as it runs and as the page shows it: equal jobs, on one core, then on two."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext


def burn(iterations: int) -> None:
    while iterations:
        iterations -= 1


def job(me: TaskContext, iterations: int) -> None:
    me.step("compute")
    burn(iterations)
    me.step("done")


def processes(stage: Stage, seats: Sequence[int], iterations: int) -> None:
    for number, seat in enumerate(seats, start=1):
        stage.spawn(job, iterations, name=f"T{number}", cpus=[seat])


def threads(stage: Stage, seats: Sequence[int], iterations: int) -> None:
    stage.spawn(team, seats, iterations, name="python", cpus=sorted(set(seats)), role="main")


def team(me: TaskContext, seats: Sequence[int], iterations: int) -> None:
    gate = threading.Barrier(len(seats))  # opens when all have come: nobody gets a head start
    members = [me.thread(member, gate, seat, iterations, name=f"T{n}") for n, seat in enumerate(seats, start=1)]
    for each in members:
        each.join()


def member(me: TaskContext, gate: threading.Barrier, seat: int, iterations: int) -> None:
    os.sched_setaffinity(0, [seat])  # 0 is the calling thread
    gate.wait()
    job(me, iterations)


def subinterpreters(stage: Stage, seats: Sequence[int], iterations: int) -> None:
    stage.spawn_python(
        "subinterpreters", guests, seats, iterations, name="python", cpus=sorted(set(seats)), role="main"
    )


def guests(me: TaskContext, seats: Sequence[int], iterations: int) -> None:
    # Each in a new interpreter with a GIL of its own (since Python 3.14: concurrent.interpreters), on a new thread.
    members = [me.interpreter(guest, s, iterations, name=f"T{n}", start=False) for n, s in enumerate(seats, start=1)]
    for each in members:  # all are made before the first begins
        each.start()
    for each in members:
        each.join()


def guest(me: TaskContext, seat: int, iterations: int) -> None:
    os.sched_setaffinity(0, [seat])
    job(me, iterations)


def free_threads(stage: Stage, seats: Sequence[int], iterations: int) -> None:
    stage.spawn_python("free-threaded", team, seats, iterations, name="python", cpus=sorted(set(seats)), role="main")


KINDS = {
    "processes": processes,
    "threads": threads,
    "subinterpreters": subinterpreters,
    "free_threads": free_threads,
}


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    start_jobs = KINDS[params["kind"]]
    for cores in range(1, min(params["cores"], len(stage.cpus)) + 1):
        with stage.trial(label=f"k{cores}", cores=cores):
            # Dealt out like cards, so that no neighbour on this machine can push two jobs onto one core of two.
            seats = [stage.cpus[number % cores] for number in range(params["tasks"])]
            start_jobs(stage, seats, params["millions"] * 1_000_000)
            stage.open_barrier()  # all start at once
            stage.wait()
