"""What this machine has beyond its kernel's records: other interpreters, slices, GNU tools; it is looked at once.

Looking starts programs and changes nothing. It happens when the spawner starts, never while something is observed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..supervisor.time_slice import set_time_slice

_NAMES = tuple(f"python3.{minor}{suffix}" for minor in (11, 12, 13, 14, 15) for suffix in ("", "t"))
_ASK = (
    "import sys, importlib.util as u; "
    "print('%d.%d.%d' % sys.version_info[:3], int(not getattr(sys, '_is_gil_enabled', lambda: True)()), "
    "int(sys.version_info >= (3, 13) and u.find_spec('_interpreters') is not None), sys.executable)"
)
_SLICE_NS = 20_000_000


@dataclass(frozen=True, slots=True)
class Interpreter:
    """Another Python that can run an experiment."""

    path: str
    version: str  # such as "3.13.0"
    free_threaded: bool  # started without the GIL
    subinterpreters: bool  # has interpreters with a GIL of their own


@dataclass(frozen=True, slots=True)
class Machine:
    """What was found; ``features`` are the words a preset may need (lesson.Preset)."""

    interpreters: tuple[Interpreter, ...] = ()
    features: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Machine:
        """The inverse of ``dataclasses.asdict``, by way of JSON."""
        return cls(tuple(Interpreter(**each) for each in said["interpreters"]), tuple(said["features"]))

    def has(self, feature: str) -> bool:
        """Whether the machine has "subinterpreters", "free-threaded", "slice", "gnu-tail" or "bash"."""
        return feature in self.features

    def interpreter_path(self, wanted: str) -> str | None:
        """Path of a Python: by version ("3.13", "3.13t") or by feature; None if there is none."""
        for each in self.interpreters:
            short = each.version.rpartition(".")[0] + ("t" if each.free_threaded else "")
            if wanted in (short, each.version) or wanted in _features(each):
                return each.path
        return None


def _features(each: Interpreter) -> set[str]:
    return {
        word for word, has in (("free-threaded", each.free_threaded), ("subinterpreters", each.subinterpreters)) if has
    }


def probe_machine(uid: int = -1) -> Machine:
    """Look at the machine as the user ``uid`` would see it (-1: as this process does)."""
    interpreters = tuple(_interpreters(uid))
    features = {word for each in interpreters for word in _features(each)}
    if _supports_time_slices():
        features.add("slice")
    if _is_gnu_program("tail", "GNU coreutils") and _is_gnu_program("grep", "GNU grep"):
        features.add("gnu-tail")
    if _run(["bash", "--version"], uid):
        features.add("bash")
    return Machine(interpreters, tuple(sorted(features)))


def _interpreters(uid: int) -> Iterator[Interpreter]:
    seen: set[str] = set()
    for path in (sys.executable, *_candidates()):
        found = _probe_interpreter(path, uid)
        real = os.path.realpath(path)
        if found is not None and real not in seen:
            seen.add(real)
            yield found


def _candidates() -> Iterator[str]:
    """Pythons in PATH, and beside a pyenv shim (which refuses until one is chosen) the versions it stands for."""
    for folder in os.environ.get("PATH", os.defpath).split(":"):
        for name in _NAMES:
            path = Path(folder, name)
            if not os.access(path, os.X_OK):
                continue
            if path.parent.name == "shims":
                yield from (str(each) for each in sorted(path.parent.parent.glob(f"versions/*/bin/{name}")))
            else:
                yield str(path)


def _probe_interpreter(path: str, uid: int) -> Interpreter | None:
    said = _run([path, "-I", "-S", "-c", _ASK], uid)
    words = said.split(maxsplit=3)
    if len(words) != 4 or not words[0].startswith("3."):
        return None
    return Interpreter(words[3].strip() or path, words[0], words[1] == "1", words[2] == "1")


def _is_gnu_program(program: str, words: str) -> bool:
    return words in _run([program, "--version"], -1).partition("\n")[0]


def _run(argv: list[str], uid: int) -> str:
    user = uid if uid >= 0 and os.geteuid() == 0 else None
    try:
        ran = subprocess.run(
            argv, capture_output=True, stdin=subprocess.DEVNULL, timeout=10, check=False, user=user, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else ""


def _supports_time_slices() -> bool:
    pid = os.fork()
    if pid == 0:
        granted = set_time_slice(_SLICE_NS)
        os._exit(0 if granted == _SLICE_NS else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
