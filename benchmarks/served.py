"""The server in a process of its own, as it is run, for benchmarks that come from outside; it measures nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def serving(**environ: str) -> Iterator[tuple[int, Path]]:
    """`timeslice serve` at a free port; the port, and the file with everything it said."""
    with tempfile.TemporaryDirectory() as data:
        said = Path(data, "said.txt")
        with said.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", "--port", "0", "--no-browser", "--data", data],
                cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, stderr=out, text=True,
            )  # fmt: skip
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(said.read_text())
            yield int(line.split()[2].rstrip("/").rpartition(":")[2]), said
        finally:
            process.terminate()
            process.communicate()
