"""The ends of this lesson, by role: what each process is called, what ends it, and what its parent must get."""

from __future__ import annotations

import signal
from typing import NamedTuple


class Way(NamedTuple):
    """One end. Exactly one of ``code`` and ``signum`` is what the parent gets; ``sent``: the stage sends a signal."""

    name: str  # what the lanes call it
    code: int | None = None
    signum: int | None = None
    bye: bool = False
    sent: int | None = None


WAYS = {
    "returns": Way("return", 0, bye=True),
    "exits": Way("sys.exit(3)", 3, bye=True),
    "divides": Way("1/0", 1, bye=True),
    "interrupted": Way("SIGINT", signum=signal.SIGINT, bye=True, sent=signal.SIGINT),
    "leaves": Way("os._exit(4)", 4),
    "crashes": Way("read 0x0", signum=signal.SIGSEGV),
    "aborts": Way("os.abort()", signum=signal.SIGABRT),
    "terminated": Way("SIGTERM", signum=signal.SIGTERM, sent=signal.SIGTERM),
    "killed": Way("SIGKILL", signum=signal.SIGKILL, sent=signal.SIGKILL),
    "hung_up": Way("SIGHUP", signum=signal.SIGHUP, sent=signal.SIGHUP),
}
CAUGHT = {
    "divides": WAYS["divides"],
    "memory": Way("MemoryError", 1, bye=True),
    "unread": Way("EPIPE", 1, bye=True),
    "catches": Way("except", 0, bye=True),
    "idiv": Way("idiv", signum=signal.SIGFPE),
    "handles": Way("SIGTERM", 0, bye=True, sent=signal.SIGTERM),
    "quits": Way("SIGQUIT", signum=signal.SIGQUIT, sent=signal.SIGQUIT),
    "defies": Way("SIGKILL", signum=signal.SIGKILL, sent=signal.SIGKILL),
}
RAISES = ("divides", "memory", "unread")  # an exception that nobody catches
ENDS = {**WAYS, **CAUGHT}
#: Commands that a shell runs: what the lanes call the shell
SHELL = {
    "sh_missing": "python a.py",
    "sh_code": "sys.exit(n)",
    "sh_killed": "kill -9",
    "sh_terminated": "kill",
    "sh_unknown": "no-such-program",
    "sh_refused": "/dev/null",
}


def dollar(code: int) -> dict[str, int]:
    """What a shell must say of each command: the low 8 bits of a code, 128 + n for a signal (POSIX, sh, 2.8.2)."""
    return {
        "sh_missing": 2, "sh_code": code & 255, "sh_unknown": 127, "sh_refused": 126,
        "sh_killed": 128 + signal.SIGKILL, "sh_terminated": 128 + signal.SIGTERM,
    }  # fmt: skip
