"""The forked child between fork(2) and the experiment's function, or exec(2): what it may use, and what it must drop.

Everything here runs in the child. It never returns to the launcher's code: every path ends in ``os._exit`` or exec.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..supervisor import bound, confine, prctl, slices, told
from . import pty
from .perform import perform, wait_at
from .proving import say_raised

EXEC_FAILED = 127  # as a shell says it
BROKEN = 70  # the set-up itself failed (EX_SOFTWARE of sysexits.h)

# Python ignores the first two; a server started with & or nohup ignores others, and a shell hands that on to its jobs
_EXPECTED = (
    signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP, signal.SIGTTIN,
    signal.SIGTTOU,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """What every worker of a run gets, and what it must not keep."""

    launcher: int  # pid
    told: int  # write end of the told pipe
    machinery: tuple[int, ...]  # the launcher's own descriptors, closed in every child
    bounds: Mapping[str, Any]
    forgets: tuple[Callable[[], None], ...]  # the recorder's: drop its descriptors


@dataclass(frozen=True, slots=True)
class Life:
    """How one worker is set up."""

    setting: Setting
    name: str
    session: bool = False  # it leads a session of its own
    terminal: str | None = None  # path of the pseudo-terminal that its session gets
    masters: tuple[int, ...] = ()  # master ends of terminals: who kept one would keep it from hanging up


def _enter(life: Life) -> None:
    setting = life.setting
    for forget in setting.forgets:
        forget()
    for fd in (*setting.machinery, *life.masters):
        try:
            os.close(fd)
        except OSError:
            continue
    prctl.die_with(setting.launcher)
    prctl.limit(setting.bounds)
    bound.seal()
    slices.go_as_usual()
    confine.drop_capabilities()
    if life.session or life.terminal is not None:
        os.setsid()  # instead of a group: a group's leader may not begin a session (setsid(2))
    else:
        os.setpgid(0, 0)  # a group of its own: what it forks can be killed at one stroke
    prctl.name_thread(life.name)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)
    if life.terminal is not None:
        pty.take(life.terminal)


def call(
    life: Life,
    function: Callable[..., None],
    args: tuple[Any, ...],
    barrier: tuple[int, int],
) -> NoReturn:
    """Run ``function(me, *args)`` behind the barrier and leave."""
    status, setting = BROKEN, life.setting
    try:
        _enter(life)
        os.close(barrier[1])
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a server started with & ignores it, and so did we
        status = perform(setting.told, function, args, lambda: wait_at(barrier[0]))
    except BaseException as error:
        _complain(setting, f"{life.name}: {error!r}\n")
        say_raised(setting.told, None, error)
    finally:
        os._exit(status)


def execute(
    life: Life,
    argv: Sequence[str],
    streams: Sequence[int | None],
    keep: Sequence[int] = (),
    env: Mapping[str, str] | None = None,
) -> NoReturn:
    """Become the program ``argv`` (found in PATH) with ``streams`` as its descriptors 0, 1, 2 (None: leave)."""
    try:
        _enter(life)
        for signum in _EXPECTED:
            signal.signal(signum, signal.SIG_DFL)
        for target, fd in enumerate(streams):
            if fd is not None:
                os.dup2(fd, target)
        for fd in keep:
            os.set_inheritable(fd, True)
        os.execvpe(argv[0], list(argv), os.environ if env is None else env)  # noqa: S606 - argv is fixed by the lesson
    except BaseException as error:
        reason = error.strerror if isinstance(error, OSError) else repr(error)
        _complain(life.setting, f"{argv[0]}: {reason}\n")
    finally:
        os._exit(EXEC_FAILED)


def _complain(setting: Setting, text: str) -> None:
    fact = {"kind": "output", "task": os.getpid(), "stream": "stderr", "text": text[:600]}
    told.write(setting.told, os.getpid(), "fact", fact)
