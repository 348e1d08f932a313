"""The server in a process of its own, as it is run, for benchmarks that come from outside; it measures nothing."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    port: int
    pid: int
    said: Path  # everything it wrote to stderr

    def cpu_s(self) -> float:
        """Seconds of processor time it has taken (proc(5): utime and stime)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def serving(
    open_files: tuple[int, int] | None = None, files: Mapping[str, bytes] | None = None, **environ: str
) -> Iterator[Server]:
    """`timeslice serve` at a free port, at most with ``open_files`` (soft, hard) descriptors; its data directory holds
    ``files`` at first, by their paths in it."""
    with tempfile.TemporaryDirectory() as data:
        for name, content in (files or {}).items():
            path = Path(data, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        said = Path(data, "said.txt")
        with said.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", "--port", "0", "--no-browser", "--data", data],
                cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=out, text=True,
                preexec_fn=open_files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, open_files)),
            )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(said.read_text())
            yield Server(int(line.split()[2].rstrip("/").rpartition(":")[2]), process.pid, said)
        finally:
            process.terminate()
            process.communicate()
