"""Two processes on one core hand a byte to and fro as fast as they can: two switches a round."""

from __future__ import annotations

import os

from server.lesson import Lesson


def answer(me, fd_in, fd_out, rounds):
    for _ in range(rounds):
        os.read(fd_in, 1)
        os.write(fd_out, b"x")


def serve(me, rounds):
    (ping_read, ping), (pong_read, pong) = os.pipe(), os.pipe()
    me.fork(answer, ping_read, pong, rounds, name="pong")
    for _ in range(rounds):
        os.write(ping, b"x")
        os.read(pong_read, 1)
    me.wait()


def run(stage, params):
    stage.spawn(serve, params.get("rounds", 1000), name="ping", cpus=stage.cpus[:1])
    stage.open_barrier()
    stage.wait()


LESSON = Lesson(
    run=run,
    after="kin",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    cores=1,
)
