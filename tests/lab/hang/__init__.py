"""A worker that waits for ever, and one that stops itself, and one that ignores SIGTERM."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from server.lesson import Lesson


def sleep(me):
    me.step("asleep")
    threading.Event().wait()


def stop(me):
    os.kill(os.getpid(), signal.SIGSTOP)


def ignore(me):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    me.step("deaf")
    while True:
        signal.pause()


def ignores_sigterm(pid):
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    mask = next(line.split()[1] for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def run(stage, params):
    stage.spawn(sleep, name="sleeps")
    stage.spawn(stop, name="stops")
    deaf = stage.spawn(ignore, name="ignores")
    stage.open_barrier()
    stage.until(lambda: ignores_sigterm(deaf.pid), 10)
    stage.signal(deaf, signal.SIGTERM)
    stage.wait()


LESSON = Lesson(
    run=run,
    after="guest",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
    wall_s=1.0,
)
