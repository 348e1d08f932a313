"""The Dockerfile's own installation, without Docker: in a fresh directory, as another user, with the system's Python.

It runs the lines of the Dockerfile's first RUN with other paths, so that it cannot drift from them, then asks the
installed command for its lessons and runs one. It needs PyPI and npm. As root it becomes uid 65534.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
NOBODY = 65534


def copied(text: str, home: Path) -> None:
    """What the Dockerfile copies into its build stage, tracked files only."""
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.M):
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--", *line.split()[:-1]], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            target = home / "build" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)


def steps(text: str, home: Path) -> list[str]:
    """The commands of the first RUN; what the image's own pip installs goes into an environment beside."""
    found = re.search(r"^RUN ((?:.*\\\n)*.*)$", text, re.M)
    assert found is not None, "the Dockerfile runs nothing"
    image = home / "image"
    made = [f"{PYTHON} -m venv {image}"]
    for step in found[1].replace("\\\n", " ").split("&&"):
        command = step.strip().replace("/opt/timeslice", str(home / "timeslice"))
        made.append(re.sub(r"^(python|pip) ", rf"{image}/bin/\1 ", command))
    return made


def act(command: str, home: Path, environ: Mapping[str, str]) -> None:
    """Runs one command in the build directory, and says how long it took."""
    begin = time.monotonic()
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    done = subprocess.run(
        command.split(), cwd=home / "build", env=environ, capture_output=True, text=True, check=False, **user
    )  # type: ignore[call-overload]
    print(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {time.monotonic() - begin:5.1f} s  {command}", flush=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")


def main() -> int:
    """Prints each step; exits with the output of the one that failed."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        copied(text, home)
        home.chmod(0o755)
        if os.getuid() == 0:
            for path in [home, *home.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
        environ = {"HOME": folder, "PATH": "/usr/local/bin:/usr/bin:/bin", "TIMESLICE_DATA_DIR": f"{folder}/data"}
        command = home / "timeslice/bin/timeslice"
        after = [f"{command} lessons", f"{command} doctor", f"{command} run concurrency-parallelism"]
        for step in [*steps(text, home), *after]:
            act(step, home, environ)
    return 0


if __name__ == "__main__":
    sys.exit(main())
