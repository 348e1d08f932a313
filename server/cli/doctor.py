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
from ..text import command_words, recorder_words
from ..text.labels import Lang, Words
from ..web import fd_limits
from . import columns, hardening

_PARANOID = Path("/proc/sys/kernel/perf_event_paranoid")
_PIPES = Path("/proc/sys/fs")


def examine(lang: Lang, uid: int = -1) -> tuple[bool, list[str]]:
    """Whether runs can be recorded here, and a line for each finding: ``name: what``. ``uid``: who makes the runs."""
    finding = recorder.run_self_test()
    said = command_words.words(lang)["doctor"]
    found = _recorder(finding, lang) + _defences(said, uid)
    found += _machine(said, finding.kernel, machine.probe_machine(uid), uid)
    names = {name: said["line"].format(name=said["names"][name]) for name, _ in found}
    across = max(map(columns.width, names.values())) + 1
    return finding.tier != "recording", [columns.pad(names[name], across) + what for name, what in found]


def _recorder(finding: SelfTestResult, lang: Lang) -> list[tuple[str, str]]:
    found = [
        ("timeslice", __version__),
        ("tier", finding.tier),
        ("reason", recorder_words.sentence(finding.reason, lang)),
    ]
    return found + ([("remedy", recorder_words.sentence(finding.remedy, lang))] if finding.remedy else [])


def _defences(said: Words, uid: int) -> list[tuple[str, str]]:
    return [(each.part, said[each.part][each.state].format(**each.slots)) for each in hardening.findings(uid)]


def _machine(said: Words, kernel: str, here: Machine, uid: int) -> list[tuple[str, str]]:
    allowed, unknown = sorted(os.sched_getaffinity(0)), said["unknown"]
    paranoid = _number(_PARANOID, unknown)
    pipes = {
        "bytes": _number(_PIPES / "pipe-max-size", unknown),
        "pages": _number(_PIPES / "pipe-user-pages-soft", unknown),
    }
    cores = {"allowed": len(allowed), "all": os.cpu_count(), "numbers": said["separator"].join(map(str, allowed))}
    return [
        ("kernel", said["kernel"].format(release=kernel, machine=platform.machine(), paranoid=paranoid)),
        ("user", said["user"].format(uid=os.getuid())),
        ("cores", said["cores"].format(**cores)),
        ("python", python_line(said, here, uid)),
        ("others", _others(said, here)),
        ("features", said["separator"].join(here.features) or said["no_features"]),
        ("tail", _version("tail") or said["no_gnu"]),
        ("grep", _version("grep") or said["no_gnu"]),
        ("pipes", said["pipes"].format(**pipes)),
        ("descriptors", _descriptors(said)),
        ("fonts", _fonts(said)),
    ]


def python_line(said: Words, here: Machine, uid: int) -> str:
    """This Python, and whether ``uid`` may not run it: then what an experiment starts or imports late fails."""
    told, mine = f"{platform.python_version()} ({platform.python_implementation()})", os.path.realpath(sys.executable)
    if uid < 0 or mine in {os.path.realpath(each.path) for each in here.interpreters}:
        return told
    return told + str(said["not_for_runs"].format(uid=uid, path=mine))


def _others(said: Words, here: Machine) -> str:
    """Each once, whatever the number of paths that lead to it; not the one that runs this, which has a line already."""
    told = []
    for each in here.interpreters:
        if each.path == sys.executable:
            continue
        marks = {said["free_threaded"]: each.free_threaded, said["subinterpreters"]: each.subinterpreters}
        told.append(each.version + "".join(mark for mark, has in marks.items() if has))
    return str(said["separator"].join(dict.fromkeys(told)) or said["no_others"])


def _number(path: Path, unknown: str) -> str:
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return unknown


def _output(*argv: str) -> str | None:
    """The first line a program writes, or None if it is not there or fails."""
    if shutil.which(argv[0]) is None:
        return None
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.partition("\n")[0].strip()


def _version(program: str) -> str | None:
    said = _output(program, "--version")
    return said if said and "GNU" in said else None


def _descriptors(said: Words) -> str:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    streams = fd_limits.max_streams(fd_limits.as_count(hard))
    return str(
        said["descriptors" if soft == hard else "descriptors_raised"].format(soft=soft, hard=hard, streams=streams)
    )


def _fonts(said: Words) -> str:
    font = _output("fc-list", ":lang=zh", "family")
    if font is None:
        return str(said["no_fc_list"])
    return str(said["fonts"].format(font=font) if font else said["no_font"])
