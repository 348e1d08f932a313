"""One run's process: it hears the kernel, forks the workers, reaps them all, and says how it ended.

It is single-threaded, in its own session, a sub-reaper, and task 0 of the log. It is forked from the spawner
(server/spawner.py); the order of its life is docs/design.md, "The processes of one run".
"""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
import signal
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn

from ..events import EndReason, Entry, LogLost, RunEnded, RunProof, RunStarted, Tier
from ..lesson import catalog
from ..log import proof_verdict
from ..recorder.process_counter import LiveProcessCounter
from ..recorder.records import RecorderUnavailable, ResourcesExhausted
from ..stage import Machine, Stage
from ..stage.worker import Setting
from ..supervisor import bound, prctl, slices, told
from ..supervisor.facts_pipe import Facts
from ..supervisor.pump import Ended, Pump
from ..supervisor.watch import Watch

_FINISH_S = 5.0  # how long the last facts wait for their reader
_GRACE_S = 1.0  # an experiment that does not wait on the stage is interrupted so long after its wall bound
_RESERVE = 500  # facts kept free in the log for verdicts and last words
_KEPT = 3  # descriptors 0, 1, 2


@dataclass(frozen=True, slots=True)
class Order:
    """Everything a launcher is told. JSON-ready."""

    run: str  # id of the run
    lesson: str  # slug
    params: Mapping[str, Any]
    cpus: Sequence[int]  # cores the workers may use
    tier: Tier  # the best way of hearing that is allowed
    bounds: Mapping[str, Any]  # settings.Bounds as a dict
    preset: str | None = None
    wall_s: float = 30.0
    uid: int = -1  # the user a run is made by, the launcher too once it listens; -1: that of the spawner
    watermark_ms: int = 20
    package: str = catalog.PACKAGE  # where the lesson's folder is
    patient: bool = False  # rather say "busy" and leave than hear less well because others use up what it takes


def load(packages: Sequence[str]) -> None:
    """Import everything a run needs, so that a forked launcher starts at once."""
    from ..recorder import procfs, sampler  # noqa: F401  # a launcher that has become another user may not read them

    for package in packages:
        catalog.discover(package)


def main(order: Order, machine: Machine, control: int, facts_fd: int, spawner: int) -> NoReturn:
    """Life of a launcher on its two pipes; never returns."""
    prctl.continue_with(spawner)
    os.setsid()
    prctl.become_subreaper()
    prctl.name_thread("ts-launcher")
    slices.go_first()
    _close_foreign({control, facts_fd})
    facts = Facts(facts_fd, int(order.bounds["facts"]) - _RESERVE, int(order.bounds["log_bytes"]))
    status = 1
    try:
        _run(order, machine, control, facts, spawner)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        facts.finish(control, _FINISH_S)
        os._exit(status)


def _run(order: Order, machine: Machine, control: int, facts: Facts, spawner: int) -> None:
    try:
        told_read, told_write = told.open_pipe(_is_idle(order), order.patient)
        watch = Watch(order.tier, order.watermark_ms, order.patient)
    except (ResourcesExhausted, told.Spent) as spent:
        facts.turn_away(str(spent))
        return
    alarm = _leave_root(order)
    prctl.continue_with(spawner)  # the kernel forgets it where a process becomes another user
    facts.say(Entry(0, "told", _started(order, watch)))
    facts.write()
    pump = Pump(control, facts, watch, told_read, dict(order.bounds), order.wall_s)
    pump.alarm = alarm
    forgets = (watch.forget,) if alarm is None else (watch.forget, alarm.close_after_fork)
    setting = Setting(os.getpid(), told_write, (control, facts.fd, told_read), order.bounds, forgets)
    reason, message = _perform(order, Stage(pump, setting, order.cpus, machine), pump)
    pump.close()
    for entry in watch.proofs():
        facts.say(entry)
    _say_lost(watch, pump, facts)
    lost = watch.lost() + facts.dropped + pump.merge.lost
    proof = proof_verdict.of_tasks(watch.checked, watch.started(), lost=lost, sampled=watch.tier == "sampled")
    facts.say(Entry(_now(watch), "told", RunEnded(reason, _summary(watch, facts, proof), message, proof)))
    watch.close()
    if alarm is not None:
        alarm.close()


def _leave_root(order: Order) -> LiveProcessCounter | None:
    """Bound the run in processes, by an alarm where the kernel does not; become its user.

    The launcher itself, not only its workers: root without CAP_SYS_PTRACE, as in a container, may not look at a task
    of another user, so that no sleep would have a reason. What only root may open is open by now.
    """
    alarm = None
    if not bound.enforced(order.uid):
        with contextlib.suppress(
            RecorderUnavailable, ResourcesExhausted, OSError
        ):  # then the pump's own counting is all there is
            alarm = LiveProcessCounter()
    bound.limit(order.uid, int(order.bounds["processes"]))
    if order.uid >= 0 and os.geteuid() == 0:
        prctl.become(order.uid)
    return alarm


def _is_idle(order: Order) -> bool:
    lesson = catalog.discover(order.package).get(order.lesson)
    return lesson is not None and lesson.cores == 0


def _perform(order: Order, stage: Stage, pump: Pump) -> tuple[EndReason, str | None]:
    """Run the experiment; how it ended."""

    def overdue(_signum: int, _frame: FrameType | None) -> None:
        raise Ended("failed", f"the run was ended at its bound of {order.wall_s:g} s")

    signal.signal(signal.SIGALRM, overdue)
    signal.setitimer(signal.ITIMER_REAL, order.wall_s + _GRACE_S)
    try:
        catalog.discover(order.package)[order.lesson].run(stage, dict(order.params))
        pump.drain()
        return ("finished", None) if pump.raised is None else ("failed", pump.raised)
    except Ended as ended:
        return ended.reason, ended.message
    except Exception as error:
        traceback.print_exc()
        return "failed", f"the experiment raised {type(error).__name__}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _started(order: Order, watch: Watch) -> RunStarted:
    return RunStarted(
        lesson=order.lesson,
        params=dict(order.params),
        tier=watch.tier,
        cpus=list(order.cpus),
        kernel=os.uname().release,
        python=platform.python_version(),
        recorded_at=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        monotonic_ns=watch.origin_ns,
        period_ns=watch.period_ns,
        machine=_machine_label(),
        preset=order.preset,
    )


def _machine_label() -> str:
    """Architecture and CPU model: the label of a recording."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return ", ".join([os.uname().machine, *models[:1]])


def _say_lost(watch: Watch, pump: Pump, facts: Facts) -> None:
    """What was lost on this side of the rings; what the rings lost was said where it was lost."""
    lost: tuple[tuple[Literal["log", "pipe"], int], ...] = (
        ("log", facts.dropped),
        ("pipe", pump.merge.lost),
    )
    for where, count in lost:
        if count:
            facts.say(Entry(_now(watch), "derived", LogLost(count, where)))


def _summary(watch: Watch, facts: Facts, proof: RunProof) -> dict[str, Any]:
    proved = proof["verdict"] == "proved"
    return {"wall_ns": _now(watch), **watch.summary(), "proved": proved, "facts": facts.count + 1}


def _now(watch: Watch) -> int:
    return time.monotonic_ns() - watch.origin_ns


def _close_foreign(keep: set[int]) -> None:
    """Close every descriptor that is not the launcher's own; descriptors 0 and 1 lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1):
        os.dup2(nowhere, target)
    low = _KEPT
    for fd in [*sorted(keep), os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else _highest()]:
        os.closerange(low, fd)
        low = fd + 1


def _highest() -> int:
    return max(int(name) for name in os.listdir("/proc/self/fd")) + 1
