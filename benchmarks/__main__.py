"""Runs every benchmark of this folder, one after another; a failing one does not stop the others."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import table

NOT_MEASURES = {
    "__init__",
    "__main__",
    "screenshots",
    "previews",
    "recordings",
    "baselines",
    "load_client",
    "server_process",
    "sse_clients",
    "access_cases",
    "broken_link",
    "install",
    "table",
    "fanout_servers",
    "each_preset",
    "rederive",
    "copied_lesson",
}


def main() -> int:
    """Exit status 1 if any benchmark missed its goal or failed."""
    names = sys.argv[1:] or sorted(
        path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NOT_MEASURES
    )
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder, "rows.jsonl")
        for name in names:
            print(f"\n== {name} ==", flush=True)
            command = [sys.executable, "-m", f"benchmarks.{name}"]
            if subprocess.run(command, env={**os.environ, table.FILE: str(rows)}, check=False).returncode:
                missed.append(name)
        print(f"\n{table.printed(rows)}")
    print(f"\n{len(names) - len(missed)} of {len(names)} met their goals" + (f"; missed: {missed}" if missed else ""))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
