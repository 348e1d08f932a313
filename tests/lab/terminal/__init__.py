"""A terminal: three processes in the foreground group, one outside, Ctrl-C, hang-up; then a shell, driven by keys."""

from __future__ import annotations

import os
import signal
import time

from server.lesson import Lesson

SHELL = {"TERM": "dumb", "PS1": "$ ", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def listen(me, *signums):
    for signum in signums:
        signal.signal(signum, lambda number, _frame: me.got(number))


def member(me, name, group):
    pid = os.fork()
    if pid:
        me.started(pid, name=name)
        return
    mine = me.renewed()
    if group:
        os.setpgid(0, 0)
    listen(mine, signal.SIGINT, signal.SIGHUP)
    mine.step("ready")
    while True:
        signal.pause()


def top(me):
    listen(me, signal.SIGINT, signal.SIGHUP)
    for name, group in (("A", False), ("B", False), ("C", True)):
        member(me, name, group)
    me.step("ready")
    print("all are here", flush=True)
    time.sleep(0.01)
    while True:
        signal.pause()


def run(stage, params):
    with stage.trial(label="groups"):
        pty = stage.pty()
        task = stage.spawn(top, name="top", terminal=pty)
        screen = stage.screen(pty, task)
        family = stage.family()
        with stage.gauge(screen), stage.gauge(family):
            stage.go()
            assert stage.until(lambda: len(family.places) == 4 and pty.foreground() == task.pid, 10)
            assert stage.until(lambda: len(stage.below("S")) == 4, 10)
            pty.type("\x03")
            stage.sleep(0.1)
            pty.hang_up()
            stage.sleep(0.1)
    with stage.trial(label="shell"):
        pty = stage.pty()
        shell = stage.execute(["sh", "-i"], name="sh", terminal=pty, env=SHELL)
        screen = stage.screen(pty, shell)
        family = stage.family()
        with stage.gauge(screen), stage.gauge(family):
            assert stage.until(lambda: screen.bytes > 0, 10), "the prompt"
            pty.type("sleep 100\r")
            assert stage.until(lambda: pty.foreground() not in (0, shell.pid), 10), "the job is in the foreground"
            assert stage.until(lambda: len(stage.below("S")) == 2, 10)
            pty.type("\x03")
            assert stage.until(lambda: pty.foreground() == shell.pid, 10), "the shell is back"
            pty.type("exit 300\r")
            assert stage.wait(shell, timeout_s=10)
            assert stage.until(lambda: screen.over, 10), "nobody has the terminal any more: EIO"
            assert shell.code == 44


LESSON = Lesson(run=run, after="kin", views=("lanes",), params=(), presets=(), claims=(), wall_s=40.0)
