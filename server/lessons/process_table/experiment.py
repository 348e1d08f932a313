"""The program of this lesson, exactly as it runs and as the page shows it: a task that watches the clock."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...events import CellWritten
from ...supervisor import worker_pipe
from . import session

if TYPE_CHECKING:
    from ...stage import Stage, TaskContext

GAP_NS = 100_000  # what the program calls a gap: 100 µs between two readings of the clock
LONG_NS = 1_000_000  # gaps so long are counted towards the number that the run wants
PATIENCE_NS = 12_000_000_000
MASK = (1 << 64) - 1
FIRST_BYTES, CHILD_BYTES = 1000, 500


def compute(value: int) -> int:
    return (value * 6364136223846793005 + 1442695040888963407) & MASK


def watch(me: TaskContext, times: int, report: int) -> None:
    gaps, long, steps, value = [], 0, 0, 1
    first = last = time.monotonic_ns()
    while long < times and last - first < PATIENCE_NS:
        now = time.monotonic_ns()
        if now - last > GAP_NS:  # it was away, and only the clock says so
            gaps.append((last, now))
            long += now - last > LONG_NS
        last = now
        value = compute(value)
        steps += 1
    say(me, gaps, (first, last), steps, value)
    os.write(report, str(steps).encode())


def again(me: TaskContext, steps: int) -> None:
    value = 1
    for _ in range(steps):
        value = compute(value)
    me.emit_fact(CellWritten(me.task, "checksum", None, str(value)))


def say(me: TaskContext, gaps: list[tuple[int, int]], whole: tuple[int, int], steps: int, value: int) -> None:
    for number, (style, (from_ns, to_ns)) in enumerate([("watch", whole), *(("gap", gap) for gap in gaps)], 1):
        for kind, t_ns in (("call.started", from_ns), ("call.returned", to_ns)):  # at the instants that it read
            fact = {"kind": kind, "task": me.task, "call": [me.task, number], "style": style}
            worker_pipe.write_message(me.fd, me.task, "fact", fact, t_ns)
    me.emit_fact(CellWritten(me.task, "steps", None, str(steps)))
    me.emit_fact(CellWritten(me.task, "checksum", None, str(value)))


def burn(_: TaskContext) -> None:
    while True:
        pass


def busy_with_a_file(_: TaskContext, path: str, ready: int) -> None:
    file = os.open(path, os.O_RDONLY)
    os.read(file, FIRST_BYTES)  # from here on the kernel keeps this offset for it
    os.write(ready, b".")
    value = 1
    while True:
        value = sum(sorted([compute(value + each) for each in range(value % 50)]))


def polite(me: TaskContext, nice: int, ready: int) -> None:
    os.nice(nice)  # upwards: anybody may
    me.emit_fact(CellWritten(me.task, "nice", None, str(os.nice(0))))
    call = me.call("nice(-1)")
    try:
        os.nice(-1)
        call.returned("value")
    except PermissionError:  # downwards: only with CAP_SYS_NICE
        call.returned("EPERM")
    os.write(ready, b".")
    burn(me)


def share_offset(me: TaskContext, path: str, ready: int, turn: int) -> None:
    file = os.open(path, os.O_RDONLY)
    os.read(file, FIRST_BYTES)
    me.emit_fact(CellWritten(me.task, "offset", None, str(os.lseek(file, 0, os.SEEK_CUR))))
    os.write(ready, b".")
    os.read(turn, 1)
    me.wait(me.fork(read_on, file, name="child"))
    me.emit_fact(CellWritten(me.task, "offset", None, str(os.lseek(file, 0, os.SEEK_CUR))))
    os.write(ready, b".")
    os.read(turn, 1)


def read_on(_: TaskContext, file: int) -> None:
    os.read(file, CHILD_BYTES)  # the parent's open file: fork copies the number, not the offset


def taken(stage: Stage, params: Mapping[str, Any]) -> None:
    core = stage.cpus[:1]
    with stage.trial("taken"):
        heard, report = os.pipe()
        watcher = stage.spawn(watch, params["times"], report, name="watcher", cpus=core, role="watcher")
        for number in range(1, params["others"] + 1):
            stage.spawn(burn, name=f"other {number}", cpus=core, role="other")
        stage.open_barrier()
        stage.wait(watcher)
    with stage.trial("alone"):
        os.close(report)
        stage.spawn(again, int(os.read(heard, 64)), name="alone", cpus=core, role="alone")
        stage.open_barrier()
        stage.wait()
        os.close(heard)


def run(stage: Stage, params: Mapping[str, Any]) -> None:
    kinds = {"frozen": session.frozen, "nice": session.weigh, "offset": session.offset}
    if params["kind"] == "taken":
        taken(stage, params)
    else:
        programs = session.Programs(busy_with_a_file, polite, share_offset)
        with stage.trial(params["kind"]):
            kinds[params["kind"]](stage, params, programs)
