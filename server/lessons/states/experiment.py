"""The program of this lesson, exactly as it runs and as the page shows it: a writer, tail, grep, a pipe between."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...stage.pipes import open_pipe
from . import session
from .running import LOG, PATTERN, Pipeline, Programs

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext

FIRST = ("GET /a 200", "GET /b 200", "GET /img 304", "GET /c 200")
BURST_LINES = 10_000


def writer(me: TaskContext, log: int, orders: int, others: int) -> None:
    os.close(others)  # the launcher's end: only it gives orders
    for line in FIRST:
        append(me, log, line)
    with open(orders, encoding="utf-8") as waiting:
        for order in waiting:  # asleep here, until there is one
            if order == "burst\n":
                burst(me, log)
            else:
                append(me, log, order[1:-1])  # without the mark that it is a line, and the line break


def append(me: TaskContext, log: int, line: str) -> None:
    me.output(line + "\n", "log")
    me.step_next_line("append")
    os.write(log, (line + "\n").encode())


def burst(me: TaskContext, log: int) -> None:
    lines = "".join(burst_line(number) + "\n" for number in range(1, BURST_LINES + 1))
    me.step_next_line("burst")
    os.write(log, lines.encode())
    me.step("written")


def burst_line(number: int) -> str:
    return f"GET /{number // 100:03d}-{number % 100:02d} {404 if number % 10 == 0 else 200}"


def connect(stage: Stage, setting: Mapping[str, Any]) -> Pipeline:
    log = os.open(LOG, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_RDWR, 0o644)
    os.fchmod(log, 0o644)  # whatever the umask: tail may run as another user
    waiting, orders = os.pipe()
    clerk = stage.spawn(writer, log, waiting, orders, name="writer", role="writer")
    stage.open_barrier()
    os.close(waiting)
    stage.until(lambda: os.fstat(log).st_size == size_of(FIRST), 5)

    # tail -f access.log | grep --line-buffered -F -e 404 --
    read, write = open_pipe(int(setting["pipe"]))
    screen, output = os.pipe()
    tail = stage.spawn_program(tail_command(setting), name="tail", stdout=write, role="tail")
    grep = stage.spawn_program(grep_command(setting), name="grep", stdin=read, stdout=output, role="grep")
    os.close(read)  # now only grep can read: when it has gone, tail can learn of it
    os.close(output)
    return Pipeline(log, orders, write, screen, clerk, tail, grep)


def tail_command(setting: Mapping[str, Any]) -> list[str]:
    if setting["inotify"]:
        return ["tail", "-f", LOG]
    return ["tail", "---disable-inotify", "-f", LOG]  # asks every second instead of being told


def grep_command(setting: Mapping[str, Any]) -> list[str]:
    buffering = [] if setting["buffered"] else ["--line-buffered"]
    return ["grep", *buffering, "-F", "-e", PATTERN, "--"]


def late_writer(me: TaskContext, pipe: int) -> None:
    call = me.call("write")
    try:
        os.write(pipe, b"GET /late 404\n")
        call.returned("value")
    except BrokenPipeError:  # errno EPIPE; a program that does not ignore SIGPIPE is ended by it
        call.returned("EPIPE")


def size_of(lines: tuple[str, ...]) -> int:
    return sum(len(line) + 1 for line in lines)


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    session.run(stage, params, Programs(connect, late_writer))  # what readers may do while it runs
