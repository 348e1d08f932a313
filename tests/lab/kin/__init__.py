"""Children that their own parents collect, each made in another way; one told, one not; and ends by a signal."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import time

from server.lesson import Lesson


def leave(code):
    time.sleep(0.005)
    os._exit(code)


def told(me):
    pid = os.fork()
    if pid == 0:
        leave(3)
    me.child_started(pid, name="known", how="fork")
    _, status = os.waitpid(pid, 0)
    me.child_reaped(pid, os.waitstatus_to_exitcode(status))


def untold(me):
    for _ in range(20):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)  # at once: there is hardly a zombie to look at
    pid = os.fork()
    if pid == 0:
        time.sleep(0.02)
        os._exit(4)
    time.sleep(0.15)  # it is a zombie for 130 ms, so that anybody can see how it ended
    os.waitpid(pid, 0)


def nothing():
    pass


def made(me):
    program = subprocess.Popen(["sleep", "0.05"], close_fds=False)
    me.child_started(program.pid, name="program", how="vfork")
    me.child_reaped(program.pid, program.wait())
    worker = multiprocessing.get_context("fork").Process(target=nothing)
    worker.start()
    me.child_started(worker.pid, name="forked", how="fork")
    worker.join()


def forked(me):
    pids = [me.fork(divide, divisor, name=f"by {divisor}", fails=True) for divisor in (1, 0)]
    assert sorted(me.wait() for _ in pids) == sorted(zip(pids, (0, 1), strict=True))


def divide(me, divisor):
    me.step("divides")
    1 / divisor


def interrupted(me):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)


def texts(me):
    raise SystemExit("a text is status 1")


def run(stage, params):
    for function in (told, untold, made, forked, interrupted, texts):
        task = stage.spawn(function, name=function.__name__)
        stage.open_barrier()
        stage.wait(task)


LESSON = Lesson(run=run, after="confined", views=("lanes",), params=(), presets=(), claims=())
