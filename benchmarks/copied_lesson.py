"""Whether a lesson is a folder: one is copied under another name in a temporary tree, and the tests are run there.

    python -m benchmarks.copied_lesson [FOLDER] [PYTEST-ARGUMENT …]

``server/lessons/FOLDER`` and ``tests/lessons/FOLDER`` (concurrency_parallelism) are copied; nothing in them is changed
but the ``after`` of the copy, which becomes the last lesson. Without further arguments the tests that look at every
lesson are run, and those of the copy; with ``tests`` the whole suite. The exit status is that of pytest.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from server.lesson import catalog

ROOT = Path(__file__).resolve().parents[1]
COPY = "copied_lesson"
MADE = (".venv", "node_modules")  # what is built, and not of the tree
AFFECTED = (
    "tests/lesson", f"tests/lessons/{COPY}", "tests/lessons/test_every_folder.py", "tests/lessons/test_every_text.py",
    "tests/project", "tests/text", "tests/web/test_api.py", "tests/web/test_embed.py", "tests/web/test_pages.py",
    "tests/web/test_replay.py", "tests/cli",
)  # fmt: skip


def copied(tree: Path, folder: str) -> None:
    """Fill ``tree`` with the project as it is on disk, and the copied lesson."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in (name for name in names if (ROOT / name).is_file()):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name)
    for name in MADE:
        (tree / name).symlink_to(ROOT / name)
    shutil.copytree(
        ROOT / "static/vendor", tree / "static/vendor"
    )  # no link: the server gives out what lies below static
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)  # tests of the project ask git for its files
    for parent in ("server/lessons", "tests/lessons"):
        shutil.copytree(tree / parent / folder, tree / parent / COPY)
    declared = tree / "server/lessons" / COPY / "__init__.py"
    last = list(catalog.discover())[-1]
    changed, count = re.subn(r"^    after=.*,$", f'    after="{last}",', declared.read_text("utf-8"), flags=re.M)
    if count != 1:
        raise SystemExit(f"{declared.name} of {folder} has {count} lines with after=, not one")
    declared.write_text(changed, "utf-8")


def main(arguments: list[str]) -> int:
    """Copy, run, and give pytest's exit status."""
    folder = arguments[0] if arguments[:1] and arguments[0] in catalog.lesson_folders() else "concurrency_parallelism"
    rest = [each for each in arguments if each != folder]
    with tempfile.TemporaryDirectory() as made:
        tree = Path(made).resolve()
        copied(tree, folder)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *(rest or ["-m", "not browser", *AFFECTED]),
        ]
        return subprocess.run(command, cwd=tree, env={**os.environ, "PYTHONPATH": made}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
