"""Every limit and every path of the server, frozen, with its unit in its name; nothing here acts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
#: In the wheel templates/ and static/ lie inside the package; in a checkout they stand beside it. Inside comes first:
#: what stands beside an installed package may be somebody else's.
ASSETS = PACKAGE if (PACKAGE / "templates").is_dir() else PACKAGE.parent
TEMPLATES = ASSETS / "templates"
STATIC = ASSETS / "static"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one run may use; the launcher gets these, and only these. Each is ``TIMESLICE_BOUNDS_<NAME>``."""

    wall_s: float = 30.0
    interactive_wall_s: float = 60.0
    cpu_s: int = 20
    processes: int = 32
    memory_bytes: int = 512 * 2**20
    open_files: int = 64
    file_bytes: int = 8 * 2**20
    facts: int = 200_000
    log_bytes: int = 32 * 2**20


def _home() -> Path:
    """The home directory; a user without one cannot keep runs, but can make them."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's settings; each can be set as ``TIMESLICE_<NAME>`` in the environment."""

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = field(default_factory=lambda: _home() / ".local/share/timeslice")
    public_url: str = ""  # where the world sees this server: links are built from it; it may have a path
    frame_ancestors: str = "*"  # who may frame /embed
    origins: tuple[str, ...] = ()  # further origins that may start runs, comma-separated
    uid: int = -1  # run lessons as this user; -1: as the server's own
    body_bytes: int = 16 * 1024
    queue_length: int = 64
    idle_runs: int = 0  # runs of lessons that declare 0 cores, at one time; 0: as many as memory allows
    frame_ms: int = 33  # a frame every so often while facts come, the first at once
    watermark_ms: int = 20  # how long the launcher waits for late records before it hands entries on
    heartbeat_s: float = 15.0
    retry_ms: int = 2000
    stall_s: float = 20.0  # a viewer that takes nothing for so long is dropped
    viewer_buffer_bytes: int = 64 * 1024
    recordings_bytes: int = 500 * 2**20  # archive quota, oldest runs go first
    seal_ms: int = 250
    seal_bytes: int = 64 * 1024
    shutdown_s: float = 5.0
    bounds: Bounds = field(default_factory=Bounds)


class BadSetting(ValueError):
    """A variable of the environment not of its kind: ``name``, ``kind`` (an annotation, or "url"), ``value``."""

    def __init__(self, name: str, kind: str, value: str) -> None:
        super().__init__(f"{name} is not a valid {kind}: {value!r}")
        self.name, self.kind, self.value = name, kind, value


def load(environ: dict[str, str] | None = None) -> Settings:
    """Settings from the environment (``HOST`` and ``PORT`` count too); :class:`BadSetting` names the bad variable."""
    env = dict(os.environ if environ is None else environ)
    for name in PLAIN:
        env.setdefault(f"TIMESLICE_{name.upper()}", env.get(name.upper(), ""))
    bounds = Bounds(**_given(Bounds, env, "TIMESLICE_BOUNDS_"))
    return Settings(**_given(Settings, env, "TIMESLICE_"), bounds=bounds)


def _given(kind: type[Any], env: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """The fields of a class of settings that have a variable, read as what they are."""
    found: dict[str, Any] = {}
    for each in fields(kind):
        name = prefix + each.name.upper()
        raw = env.get(name)
        if each.name == "bounds" or raw is None or (raw == "" and each.name in PLAIN):
            continue
        form = "url" if each.name == "public_url" else str(each.type)
        try:
            found[each.name] = _READ[form](raw)
        except ValueError as error:
            raise BadSetting(name, form, raw) from error
    return found


PLAIN = frozenset({"host", "port"})
_PUBLIC_URL = re.compile(r"https?://[^/?#@\s\"'<>]+((?:/[\w.~%+-]+)*)/?", re.ASCII)
#: What a path below which the server is shown must not begin with: a proxy may strip it, and then it is ambiguous.
OWN_PATHS = frozenset({"api", "embed", "embed.js", "en", "healthz", "oembed", "readyz", "static", "zh"})


def _read_public_url(raw: str) -> str:
    """An address such as ``https://learn.example/course/os``, without a slash at the end; "" for none."""
    found = _PUBLIC_URL.fullmatch(raw)
    parts = found[1].split("/")[1:] if found else []
    if raw and (found is None or {".", ".."} & set(parts)):
        raise ValueError("it is an address such as https://learn.example/course/os, without a query")
    if parts and parts[0] in OWN_PATHS:
        raise ValueError(f"its path cannot begin with /{parts[0]}, which is one of this server's own addresses")
    return raw.rstrip("/")


_READ: dict[str, Callable[[str], object]] = {
    "str": str,
    "url": _read_public_url,
    "int": int,
    "float": float,
    "Path": Path,
    "tuple[str, ...]": lambda raw: tuple(part.strip() for part in raw.split(",") if part.strip()),
}
