"""What this machine can do for Timeslice, as lines of text: how the kernel is heard, and what lessons may ask for.

It looks and changes nothing. The self-test forks, so this must be called single-threaded.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
from pathlib import Path

from .. import __version__, recorder
from ..recorder import SelfTestResult
from ..stage import machine
from ..stage.machine import Machine
from ..web import fd_limits
from . import depth

_PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
_PIPES = Path("/proc/sys/fs")


def examine(uid: int = -1) -> tuple[bool, list[str]]:
    """Whether runs can be recorded here, and a line for each finding: ``name: what``. ``uid``: who makes the runs."""
    finding = recorder.run_self_test()
    found = _findings(finding, machine.probe_machine(uid), depth.lines(uid))
    return finding.tier != "recording", [f"{name + ':':<14}{what}" for name, what in found]


def _findings(finding: SelfTestResult, here: Machine, safety: list[tuple[str, str]]) -> list[tuple[str, str]]:
    allowed = sorted(os.sched_getaffinity(0))
    found = [
        ("timeslice", __version__),
        ("tier", finding.tier),
        ("reason", finding.reason),
    ]
    if finding.remedy:
        found.append(("remedy", finding.remedy))
    found += safety
    found += [
        ("kernel", f"{finding.kernel} ({platform.machine()}), perf_event_paranoid {_number(_PARANOID)}"),
        ("user", f"uid {os.getuid()}"),
        ("cores", f"{len(allowed)} of {os.cpu_count()}: {', '.join(map(str, allowed))}"),
        ("Python", f"{platform.python_version()} ({platform.python_implementation()})"),
        ("others", _others(here)),
        ("lessons may", ", ".join(here.features) or "use nothing beyond the kernel's records"),
        ("GNU tail", _version("tail")),
        ("GNU grep", _version("grep")),
        (
            "pipes",
            f"at most {_number(_PIPES / 'pipe-max-size')} bytes each, "
            f"{_number(_PIPES / 'pipe-user-pages-soft')} pages a user",
        ),
        ("descriptors", _descriptors()),
        ("fonts", _fonts()),
    ]
    return found


def _others(here: Machine) -> str:
    """Each once, whatever the number of paths that lead to it; not the one that runs this, which has a line already."""
    told = []
    for each in here.interpreters:
        if each.path == sys.executable:
            continue
        marks = {" free-threaded": each.free_threaded, " sub-interpreters": each.subinterpreters}
        told.append(each.version + "".join(mark for mark, has in marks.items() if has))
    return ", ".join(dict.fromkeys(told)) or "none found"


def _number(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return "unknown"


def _output(*argv: str) -> str | None:
    """The first line a program writes, or None if it is not there or fails."""
    if shutil.which(argv[0]) is None:
        return None
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.partition("\n")[0].strip()


def _version(program: str) -> str:
    said = _output(program, "--version")
    return said if said and "GNU" in said else "not found: the lesson `states` shows its recording"


def _descriptors() -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = "the server" if soft == hard else f"the server raises that to {hard}, and"
    return f"{soft}; {raised} has {fd_limits.max_streams(fd_limits.as_count(hard))} for streams"


def _fonts() -> str:
    said = _output("fc-list", ":lang=zh", "family")
    if said is None:
        return "unknown: fc-list is not installed"
    return f"Chinese: {said}" if said else "no Chinese font: install fonts-noto-cjk"
