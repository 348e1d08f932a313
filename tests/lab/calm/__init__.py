"""Two workers that compute a little, on one core, twice."""

from __future__ import annotations

from server.lesson import Lesson


def burn(me, iterations):
    me.step("compute")
    while iterations:
        iterations -= 1
    me.step("done")


def run(stage, params):
    for _ in range(params.get("trials", 1)):
        with stage.trial(label="k1", cores=1):
            for number in (1, 2):
                stage.spawn(burn, params.get("iterations", 300_000), name=f"T{number}", cpus=stage.cpus[:1])
            stage.open_barrier()
            stage.wait()


LESSON = Lesson(
    run=run,
    after=None,
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    cores=1,
)
