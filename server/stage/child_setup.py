"""The forked child between fork(2) and the experiment's function, or exec(2): what it may use, and what it must drop.

Everything here runs in the child. It never returns to the launcher's code: every path ends in ``os._exit`` or exec.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..supervisor import confinement, prctl, process_limit, time_slice, worker_pipe
from . import pty
from .exit_report import report_exception
from .spawned_main import run_spawned_function, wait_at_barrier

EXEC_FAILED = 127  # as a shell says it
SETUP_FAILED = 70  # the set-up itself failed (EX_SOFTWARE of sysexits.h)

# What a server started with & or nohup ignores, a terminal's shell hands on, and every child would inherit (signal(7))
_RESET_IN_EVERY_CHILD = (signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
# Python ignores the first two itself, and has a handler for the third: a program must not find that
_RESET_BEFORE_EXEC = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What every worker of a run gets, and what it must not keep."""

    launcher: int  # pid
    worker_pipe: int  # write end of the pipe that tasks report on
    launcher_fds: tuple[int, ...]  # the launcher's own descriptors, closed in every child
    bounds: Mapping[str, Any]
    after_fork_hooks: tuple[Callable[[], None], ...]  # the recorder's: drop its descriptors


@dataclass(frozen=True, slots=True)
class ChildConfig:
    """How one worker is set up."""

    run_config: RunConfig
    name: str
    session: bool = False  # it leads a session of its own
    terminal: str | None = None  # path of the pseudo-terminal that its session gets
    masters: tuple[int, ...] = ()  # master ends of terminals: who kept one would keep it from hanging up


def _set_up_child(child: ChildConfig) -> None:
    config = child.run_config
    for close_after_fork in config.after_fork_hooks:
        close_after_fork()
    for fd in (*config.launcher_fds, *child.masters):
        try:
            os.close(fd)
        except OSError:
            continue
    prctl.kill_when_parent_ends(config.launcher)
    prctl.set_rlimits(config.bounds)
    process_limit.make_limit_final()
    for signum in _RESET_IN_EVERY_CHILD:
        signal.signal(signum, signal.SIG_DFL)
    time_slice.reset_priority()
    confinement.drop_capabilities()
    if child.session or child.terminal is not None:
        os.setsid()  # instead of a group: a group's leader may not begin a session (setsid(2))
    else:
        os.setpgid(0, 0)  # a group of its own: what it forks can be killed at one stroke
    prctl.name_thread(child.name)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    if child.terminal is not None:
        pty.attach_controlling_terminal(child.terminal)


def call_in_child(
    child: ChildConfig,
    function: Callable[..., None],
    args: tuple[Any, ...],
    barrier: tuple[int, int],
) -> NoReturn:
    """Run ``function(me, *args)`` behind the barrier and leave."""
    status, config = SETUP_FAILED, child.run_config
    try:
        _set_up_child(child)
        os.close(barrier[1])
        signal.signal(signal.SIGINT, signal.default_int_handler)  # as Python has it where nobody ignored it before
        status = run_spawned_function(config.worker_pipe, function, args, lambda: wait_at_barrier(barrier[0]))
    except BaseException as error:
        _write_stderr(config, f"{child.name}: {error!r}\n")
        report_exception(config.worker_pipe, None, error)
    finally:
        os._exit(status)


def exec_in_child(
    child: ChildConfig,
    argv: Sequence[str],
    streams: Sequence[int | None],
    keep: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> NoReturn:
    """Become the program ``argv`` (found in PATH) with ``streams`` as its descriptors 0, 1, 2 (None: leave)."""
    try:
        _set_up_child(child)
        for signum in _RESET_BEFORE_EXEC:
            signal.signal(signum, signal.SIG_DFL)
        for target, fd in enumerate(streams):
            if fd is not None:
                os.dup2(fd, target)
        for fd in keep:
            os.set_inheritable(fd, True)
        os.execvpe(argv[0], list(argv), os.environ if env is None else env)  # noqa: S606 - argv is fixed by the lesson
    except BaseException as error:
        reason = error.strerror if isinstance(error, OSError) else repr(error)
        _write_stderr(child.run_config, f"{argv[0]}: {reason}\n")
    finally:
        os._exit(EXEC_FAILED)


def _write_stderr(config: RunConfig, text: str) -> None:
    fact = {"kind": "output", "task": os.getpid(), "stream": "stderr", "text": text[:600]}
    worker_pipe.write_message(config.worker_pipe, os.getpid(), "fact", fact)
