"""A launcher that has become another user may not read root's Python: what it needs of it was imported before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real_processes

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("launcher", "lessons", "log", "recorder", "stage", "supervisor")
NAMED = re.compile(r'(?:read_text|write_text|encode|decode)\("([a-z][\w-]*)"|encoding="([a-z][\w-]*)"')
#: A fresh process, as the spawner is started; then no module can be found any more.
LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
from server.launcher import launcher
launcher.import_lessons(("server.lessons",))
sys.meta_path.clear()
for name in sys.argv[2:]:
    "".encode(name)
"""


def test_every_encoding_that_a_run_names_is_known_before_the_first_fork() -> None:
    sources = [path for layer in LAYERS for path in (ROOT / "server" / layer).rglob("*.py") if path.name != "lab.py"]
    names = {name for path in sources for found in NAMED.findall(path.read_text("utf-8")) for name in found if name}
    assert "ascii" in names
    command = [sys.executable, "-I", "-S", "-c", LOOK, str(ROOT), *sorted(names)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
