"""A terminal: three processes in the foreground group, one outside, Ctrl-C, hang-up; then a shell, driven by keys."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from server.lesson import Lesson

SHELL = {"TERM": "dumb", "PS1": "$ ", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def listen(me, got, *signums):
    """Say of each signal that it has come: in the log, and to the experiment by a byte; a byte 0 says ready."""

    def handler(number, _frame):
        me.signal_received(number)
        os.write(got, bytes([number]))

    for signum in signums:
        signal.signal(signum, handler)
    os.write(got, b"\0")


def member(me, name, group, got):
    pid = os.fork()
    if pid:
        me.child_started(pid, name=name)
        return
    mine = me.for_this_thread()
    if group:
        os.setpgid(0, 0)
    listen(mine, got, signal.SIGINT, signal.SIGHUP)
    mine.step("ready")
    while True:
        signal.pause()


def top(me, got):
    listen(me, got, signal.SIGINT, signal.SIGHUP)
    for name, group in (("A", False), ("B", False), ("C", True)):
        member(me, name, group, got)
    me.step("ready")
    print("all are here", flush=True)
    while True:
        signal.pause()


def run(stage, params):
    with stage.trial(label="groups"):
        pty, (heard, got), came = stage.pty(), os.pipe(), []
        os.set_blocking(heard, False)

        def count(signum):
            with suppress(BlockingIOError):
                came.extend(os.read(heard, 100))
            return came.count(signum)

        task = stage.spawn(top, got, name="top", terminal=pty)
        screen = stage.read_pty(pty, task)
        family = stage.process_tree()
        with stage.polling(screen), stage.polling(family):
            stage.open_barrier()
            assert stage.until(lambda: count(0) == 4 and pty.foreground() == task.pid, 10)
            assert stage.until(lambda: len({group for _, group, *_ in family.positions.values()}) == 2, 10)
            assert stage.until(lambda: len(family.positions) == 4, 10)
            pty.type("\x03")
            assert stage.until(lambda: count(signal.SIGINT) == 3, 10)
            pty.hang_up()
            assert stage.until(lambda: count(signal.SIGHUP) > 0, 10)
    with stage.trial(label="shell"):
        pty = stage.pty()
        shell = stage.spawn_program(["sh", "-i"], name="sh", terminal=pty, env=SHELL)
        screen = stage.read_pty(pty, shell)
        family = stage.process_tree()
        with stage.polling(screen), stage.polling(family):
            assert stage.until(lambda: screen.bytes > 0, 10), "the prompt"
            pty.type("sleep 100\r")
            assert stage.until(lambda: pty.foreground() not in (0, shell.pid), 10), "the job is in the foreground"
            assert stage.until(lambda: len(stage.live_pids("S")) == 2, 10)
            pty.type("\x03")
            assert stage.until(lambda: pty.foreground() == shell.pid, 10), "the shell is back"
            pty.type("exit 300\r")
            assert stage.wait(shell, timeout_s=10)
            assert stage.until(lambda: screen.at_eof, 10), "nobody has the terminal any more: EIO"
            assert shell.code == 44


LESSON = Lesson(run=run, after="kin", views=("lanes",), params=(), presets=(), claims=(), wall_s=40.0)
