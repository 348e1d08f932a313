"""One run's process: it hears the kernel, forks the workers, reaps them all, and says how it ended.

It is single-threaded, in its own session, a sub-reaper, and task 0 of the log. It is forked from the spawner
(server/launcher/spawner_process.py); the order of its life is docs/design.md, "The processes of one run".
"""

from __future__ import annotations

import codecs
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
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn

from ..events import Entry, LogLost, RunEnded, RunProof, RunStarted, Tier
from ..lesson import catalog
from ..log import proof_verdict
from ..recorder.process_counter import LiveProcessCounter
from ..recorder.records import RecorderUnavailable, ResourcesExhausted
from ..stage import Machine, Stage
from ..stage.child_setup import RunConfig
from ..supervisor import prctl, process_limit, time_slice, worker_pipe
from ..supervisor.event_loop import LauncherLoop, RunTerminated
from ..supervisor.fact_writer import FactWriter
from ..supervisor.recorder_session import RecorderSession

_FINISH_S = 5.0  # how long the last facts wait for a reader that takes nothing
_GRACE_S = 1.0  # an experiment that does not wait on the stage is interrupted so long after its wall bound
_RESERVE = 500  # facts kept free in the log for verdicts and last words
_KEPT = 3  # descriptors 0, 1, 2


@dataclass(frozen=True, slots=True)
class LaunchOrder:
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


def import_lessons(packages: Sequence[str]) -> None:
    """Import and look up everything a run needs, so that a forked launcher starts at once."""
    from ..recorder import procfs, sampler  # noqa: F401  # a launcher that has become another user may not read sampler

    codecs.lookup("ascii")  # nor what it decodes with: a Python in root's home is root's alone
    for package in packages:
        catalog.discover(package)
    procfs.gil_address_range()
    _machine_label()
    platform.python_version()


def main(order: LaunchOrder, machine: Machine, control: int, facts_fd: int, spawner: int) -> NoReturn:
    """Life of a launcher on its two pipes; never returns."""
    prctl.resume_when_parent_ends(spawner)
    os.setsid()
    prctl.become_subreaper()
    prctl.name_thread("ts-launcher")
    time_slice.raise_priority()
    _close_other_descriptors({control, facts_fd})
    writer = FactWriter(facts_fd, int(order.bounds["facts"]) - _RESERVE, int(order.bounds["log_bytes"]))
    status = 1
    try:
        _run(order, machine, control, writer, spawner)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        writer.flush_all(control, _FINISH_S)
        os._exit(status)


def _run(order: LaunchOrder, machine: Machine, control: int, writer: FactWriter, spawner: int) -> None:
    try:
        told_read, told_write = worker_pipe.open_worker_pipe(_needs_no_core(order), order.patient)
        session = RecorderSession(order.tier, order.watermark_ms, order.patient)
    except (ResourcesExhausted, worker_pipe.PipeQuotaExceeded) as spent:
        writer.write_busy(str(spent))
        return
    counter = _leave_root(order)
    prctl.resume_when_parent_ends(spawner)  # the kernel forgets it where a process becomes another user
    writer.add(Entry(0, "told", _run_started(order, session)))
    writer.flush()
    loop = LauncherLoop(control, writer, session, told_read, dict(order.bounds), order.wall_s)
    loop.process_counter = counter
    forgets = (session.close_after_fork,) if counter is None else (session.close_after_fork, counter.close_after_fork)
    run_config = RunConfig(os.getpid(), told_write, (control, writer.fd, told_read), order.bounds, forgets)
    over = _run_experiment(order, Stage(loop, run_config, order.cpus, machine), loop)
    loop.kill_and_finish()
    for entry in session.prove_tasks():
        writer.add(entry)
    _report_lost(session, loop, writer)
    lost = session.lost_records() + writer.dropped + loop.merger.lost
    sampled = session.tier == "sampled"
    proof = proof_verdict.of_tasks(session.task_proofs, session.spawned_tasks(), lost=lost, sampled=sampled)
    summary = _summary(session, writer, proof, over)
    writer.add(Entry(_run_time_ns(session), "told", RunEnded(over.reason, summary, over.message, proof)))
    session.close()
    if counter is not None:
        counter.close()


def _leave_root(order: LaunchOrder) -> LiveProcessCounter | None:
    """Bound the run in processes, by a counter where the kernel does not; become its user.

    The launcher itself, not only its workers: root without CAP_SYS_PTRACE, as in a container, may not look at a task
    of another user, so that no sleep would have a reason. What only root may open is open by now.
    """
    counter = None
    if not process_limit.is_enforced(order.uid):
        with contextlib.suppress(
            RecorderUnavailable, ResourcesExhausted, OSError
        ):  # then the loop's own counting is all there is
            counter = LiveProcessCounter()
    process_limit.limit_processes(order.uid, int(order.bounds["processes"]))
    if order.uid >= 0 and os.geteuid() == 0:
        prctl.become_user(order.uid)
    return counter


def _needs_no_core(order: LaunchOrder) -> bool:
    lesson = catalog.discover(order.package).get(order.lesson)
    return lesson is not None and lesson.cores == 0


def _run_experiment(order: LaunchOrder, stage: Stage, loop: LauncherLoop) -> RunTerminated:
    """Run the experiment; how it ended."""

    def overdue(_signum: int, _frame: FrameType | None) -> None:
        if loop.closes:  # as planned; nothing of it may live on meanwhile
            return loop.children.kill_all()
        raise RunTerminated("failed", f"the run was ended at its bound of {order.wall_s:g} s", order.wall_s)

    signal.signal(signal.SIGALRM, overdue)
    signal.setitimer(signal.ITIMER_REAL, order.wall_s + _GRACE_S)
    try:
        catalog.discover(order.package)[order.lesson].run(stage, dict(order.params))
        loop.run_past_watermark()
        return RunTerminated("finished" if loop.task_error is None else "failed", loop.task_error)
    except RunTerminated as ended:
        return ended
    except Exception as error:
        traceback.print_exc()
        return RunTerminated("failed", f"the experiment raised {type(error).__name__}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _run_started(order: LaunchOrder, session: RecorderSession) -> RunStarted:
    return RunStarted(
        lesson=order.lesson,
        params=dict(order.params),
        tier=session.tier,
        cpus=list(order.cpus),
        kernel=os.uname().release,
        python=platform.python_version(),
        recorded_at=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        monotonic_ns=session.origin_ns,
        period_ns=session.period_ns,
        machine=_machine_label(),
        preset=order.preset,
    )


@lru_cache(maxsize=1)
def _machine_label() -> str:
    """Architecture and CPU model: the label of a recording."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return ", ".join([os.uname().machine, *models[:1]])


def _report_lost(session: RecorderSession, loop: LauncherLoop, writer: FactWriter) -> None:
    """What was lost on this side of the rings; what the rings lost was said where it was lost."""
    lost: tuple[tuple[Literal["log", "pipe"], int], ...] = (
        ("log", writer.dropped),
        ("pipe", loop.merger.lost),
    )
    for where, count in lost:
        if count:
            writer.add(Entry(_run_time_ns(session), "derived", LogLost(count, where)))


def _summary(session: RecorderSession, writer: FactWriter, proof: RunProof, over: RunTerminated) -> dict[str, Any]:
    bound = {} if over.wall_s is None else {"bound_s": over.wall_s}
    counted = {**session.summary(), "proved": proof["verdict"] == "proved", "facts": writer.count + 1}
    return {"wall_ns": _run_time_ns(session), **counted, **bound}


def _run_time_ns(session: RecorderSession) -> int:
    return time.monotonic_ns() - session.origin_ns


def _close_other_descriptors(keep: set[int]) -> None:
    """Close every descriptor that is not the launcher's own; descriptors 0 and 1 lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for target in (0, 1):
        os.dup2(nowhere, target)
    low = _KEPT
    for fd in [*sorted(keep), os.sysconf("SC_OPEN_MAX") if sys.platform != "linux" else _highest_descriptor()]:
        os.closerange(low, fd)
        low = fd + 1


def _highest_descriptor() -> int:
    return max(int(name) for name in os.listdir("/proc/self/fd")) + 1
