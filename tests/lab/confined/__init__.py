"""A task and a program say what they may do: privileges, capabilities, interfaces, how they were limited."""

from __future__ import annotations

import os
import resource
import socket

from server.events import Output
from server.lesson import Lesson

FIELDS = ("Uid", "NoNewPrivs", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def say(me):
    with open("/proc/self/status") as status:
        me.output("".join(line for line in status if line.startswith(FIELDS)))
    me.output(f"Interfaces: {' '.join(name for _, name in socket.if_nameindex())}\n")
    me.output(f"Core: {resource.getrlimit(resource.RLIMIT_CORE)}\n")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as line:
        line.connect(server.getsockname())
        me.output("Loopback: up\n")


def run(stage, params):
    stage.spawn(say, name="task")
    stage.open_barrier()
    stage.wait()
    read, write = os.pipe()
    program = stage.spawn_program(["grep", "-E", "|".join(FIELDS), "/proc/self/status"], name="program", stdout=write)
    os.close(write)
    stage.wait(program)
    stage.emit_fact(Output(program.task, "stdout", os.read(read, 4096).decode()))
    os.close(read)


LESSON = Lesson(
    run=run,
    after="threads",
    views=("lanes",),
    params=(),
    presets=(),
    claims=(),
)
