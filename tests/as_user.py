"""Runs a command as an ordinary user in a copy of this tree, started by root: ``make test-user``; it tests nothing.

root may look at every process and lock what it likes; an ordinary user may not, and the suite is green for both. The
copy lies in a temporary directory of that user's, who can read neither root's home nor a Python installed there: what
the command needs it installs by itself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: What a clone does not have, except node_modules and static/vendor, which need no fetching a second time.
MADE = shutil.ignore_patterns(".venv", ".*_cache", ".hypothesis", "__pycache__")


def own(folder: Path, uid: int) -> None:
    """Gives a folder and everything in it to a user."""
    os.chown(folder, uid, uid)
    for place, folders, files in os.walk(folder):
        for name in folders + files:
            os.lchown(os.path.join(place, name), uid, uid)


def environment(home: Path) -> dict[str, str]:
    """root's environment without what lies in root's home; what pip is told in root's files, as variables."""
    private = str(Path.home())
    path = os.pathsep.join(each for each in os.get_exec_path() if not each.startswith(private))
    told = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    settings = {}
    for line in told.stdout.splitlines():
        name, _, value = line.partition("=")
        if name.startswith("global."):
            settings["PIP_" + name.removeprefix("global.").upper().replace("-", "_")] = value.strip("'").replace(
                "\\n", " "
            )
    kept = {name: value for name, value in os.environ.items() if private not in value and not name.startswith("XDG_")}
    return {**settings, **kept, "PATH": path, "HOME": str(home), "USER": "", "LOGNAME": ""}


def main() -> int:
    """The command's exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uid", type=int, help="of the user; 65534 is nobody")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("only root can become somebody else: as an ordinary user run the command itself")
    with tempfile.TemporaryDirectory(prefix="timeslice-user-") as place:
        home, tree = Path(place, "home"), Path(place, "tree")
        home.mkdir()
        shutil.copytree(ROOT, tree, symlinks=True, ignore=MADE)
        own(Path(place), asked.uid)
        done = subprocess.run(
            asked.command, cwd=tree, env=environment(home), umask=0o022, check=False,
            user=asked.uid, group=asked.uid, extra_groups=[],
        )  # fmt: skip
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
