"""The program of this lesson, exactly as it runs and as the page shows it: processes that all want to say bye."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from . import session
from .ways import CAUGHT, ENDS, RAISES, SHELL, WAYS

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext
    from ...supervisor.children import ChildTask

#: xor ecx, ecx; xor edx, edx; idiv ecx: the processor itself divides by zero (x86 only; ARM answers 0)
IDIV = b"\x31\xc9\x31\xd2\xf7\xf9\xc3"


def life(me: TaskContext, end: Callable[[TaskContext], object], ready: int, turn: int) -> None:
    try:
        os.write(ready, b".")
        os.read(turn, 1)  # asleep here until it is its turn, or until a signal comes
        me.step("end")
        end(me)
    finally:
        me.output("bye\n")  # print("bye")


def returns(_: TaskContext) -> None:
    return


def exits(_: TaskContext) -> None:
    sys.exit(3)


def divides(_: TaskContext) -> float:
    return 1 / 0


def memory(_: TaskContext) -> bytes:
    return bytes(1 << 62)  # more than any process can have: MemoryError


def unread(_: TaskContext) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.write(writer, b".")  # nobody can ever read it: EPIPE, which Python raises as BrokenPipeError


def leaves(_: TaskContext) -> None:
    os._exit(4)


def crashes(_: TaskContext) -> bytes:
    return ctypes.string_at(0)  # read what stands at address 0


def aborts(_: TaskContext) -> None:
    os.abort()


def catches(_: TaskContext) -> None:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        return


def divides_in_hardware(_: TaskContext) -> None:
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(IDIV)
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    ctypes.CFUNCTYPE(ctypes.c_int)(address)()


def handles(me: TaskContext, ready: int, turn: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    life(me, returns, ready, turn)


def defies(me: TaskContext, ready: int, turn: int) -> None:
    call = me.call("signal(SIGKILL)")
    try:
        signal.signal(signal.SIGKILL, lambda *_: sys.exit(0))
        call.returned("value")
    except OSError:
        call.returned("OSError")
    life(me, returns, ready, turn)


FUNCTIONS: Mapping[str, Callable[[TaskContext], object]] = {
    "returns": returns, "exits": exits, "divides": divides, "leaves": leaves, "crashes": crashes, "aborts": aborts,
    "memory": memory, "unread": unread, "catches": catches, "idiv": divides_in_hardware,
}  # fmt: skip


def start(stage: Stage, way: str, ready: int, turn: int) -> ChildTask:
    name = ENDS[way].name
    if way in ("handles", "defies"):
        function = handles if way == "handles" else defies
        return stage.spawn(function, ready, turn, name=name, role=way, hold=True)
    end = FUNCTIONS.get(way, returns)
    return stage.spawn(life, end, ready, turn, name=name, role=way, hold=True, fails=way in RAISES)


def commands(code: int) -> dict[str, str]:
    python = f"{shlex.quote(sys.executable)} -I -S"
    return {
        "sh_missing": f"{python} /dev/null/a.py",  # there is no such file
        "sh_code": f"{python} -c 'import sys; sys.exit({code})'",
        "sh_killed": "sh -c 'kill -9 $$'",
        "sh_terminated": "sh -c 'kill $$'",
        "sh_unknown": "no-such-program",
        "sh_refused": "/dev/null",
    }


def shells(stage: Stage, code: int) -> list[ChildTask]:
    tasks = []
    for way, command in commands(code).items():
        argv = ["sh", "-c", f"{command}; exit $?"]  # the shell ends with what it would print as $?
        tasks.append(stage.spawn_program(argv, SHELL[way], role=way, hold=True))
        stage.wait(tasks[-1])
    return tasks


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    if params["kind"] == "shell":
        with stage.trial("shell"):
            session.collect(stage, shells(stage, params["code"]))
        return
    ways = {"ways": list(WAYS), "caught": list(CAUGHT), "zombie": ["killed"]}[params["kind"]]
    if platform.machine() not in ("x86_64", "AMD64", "i686"):
        ways = [way for way in ways if way != "idiv"]
    with stage.trial(params["kind"]):
        session.end_all(stage, ways, start, params)
