"""The program of this lesson, exactly as it runs and as the page shows it: equal jobs, on one core, then on two."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from server.stage import Me, Stage


def burn(iterations: int) -> None:
    while iterations:
        iterations -= 1


def job(me: Me, iterations: int) -> None:
    me.step("compute")
    burn(iterations)
    me.step("done")


def processes(stage: Stage, tasks: int, iterations: int, cpus: tuple[int, ...]) -> None:
    for number in range(1, tasks + 1):
        stage.spawn(job, iterations, name=f"T{number}", cpus=cpus)


def threads(stage: Stage, tasks: int, iterations: int, cpus: tuple[int, ...]) -> None:
    stage.spawn(team, tasks, iterations, name="python", cpus=cpus, role="main")


def team(me: Me, tasks: int, iterations: int) -> None:
    gate = threading.Barrier(tasks)  # opens when all have come: nobody gets a head start
    members = [me.thread(member, gate, iterations, name=f"T{number}") for number in range(1, tasks + 1)]
    for each in members:
        each.join()


def member(me: Me, gate: threading.Barrier, iterations: int) -> None:
    gate.wait()
    job(me, iterations)


def subinterpreters(stage: Stage, tasks: int, iterations: int, cpus: tuple[int, ...]) -> None:
    stage.python("subinterpreters", guests, tasks, iterations, name="python", cpus=cpus, role="main")


def guests(me: Me, tasks: int, iterations: int) -> None:
    # One thread each, in an interpreter with a GIL of its own (since Python 3.14: concurrent.interpreters).
    members = [me.interpreter(job, iterations, name=f"T{number}") for number in range(1, tasks + 1)]
    for each in members:
        each.join()


def free_threads(stage: Stage, tasks: int, iterations: int, cpus: tuple[int, ...]) -> None:
    stage.python("free-threaded", team, tasks, iterations, name="python", cpus=cpus, role="main")


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
            start_jobs(stage, params["tasks"], params["millions"] * 1_000_000, stage.cpus[:cores])
            stage.go()  # all start at once
            stage.wait()
