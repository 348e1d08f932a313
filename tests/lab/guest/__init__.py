"""The same work in another Python, by threads and in sub-interpreters, where the machine has one."""

from __future__ import annotations

from server.lesson import Lesson


def work(me, iterations):
    me.step("compute")
    while iterations:
        iterations -= 1


def team(me, iterations):
    members = [me.interpreter(work, iterations, name=f"i{number}") for number in (1, 2)]
    for each in members:
        each.join()


def run(stage, params):
    task = stage.spawn_python(params["python"], team if params["inner"] else work, 200_000, name="guest")
    stage.open_barrier()
    stage.wait()
    assert task.code == 0


LESSON = Lesson(
    run=run,
    after="fork-bomb",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
)
