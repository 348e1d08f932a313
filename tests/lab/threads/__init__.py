"""A process whose threads take turns, each proving itself; one I/O call with its window."""

from __future__ import annotations

import os

from server.lesson import Lesson


def count(me, iterations):
    while iterations:
        iterations -= 1
    with me.io_call("read"):
        read, write = os.pipe()
        os.write(write, b"x")
        os.read(read, 1)


def team(me, iterations):
    threads = [me.thread(count, iterations, name=f"t{number}") for number in (1, 2)]
    for thread in threads:
        thread.join()


def run(stage, params):
    stage.spawn(team, params.get("iterations", 200_000), name="team", role="main")
    stage.open_barrier()
    stage.wait()


LESSON = Lesson(
    run=run,
    after="stubborn",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
)
