"""The built wheel, installed beside somebody's own package ``server``: its command, its pages, and a real run."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from server.lesson import catalog

pytestmark = pytest.mark.real_processes

ROOT = Path(__file__).resolve().parents[2]
THEIRS = 'raise SystemExit("somebody\'s own package server was imported")\n'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree as `make wheel` builds it."""
    target = tmp_path_factory.mktemp("wheel")
    pip(
        sys.executable,
        "wheel",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
        str(target),
        str(ROOT),
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, what it depends on, and a package ``server`` of somebody else's."""
    folder = tmp_path_factory.mktemp("beside")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    # what a .pth names is searched, but its own .pth files (the editable install of this clone) are not read
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (site / "server").mkdir()
    (site / "server/__init__.py").write_text(THEIRS)
    (site / "templates").mkdir()
    (site / "static").mkdir()
    pip(str(folder / "bin/python"), "install", "--no-deps", "--no-index", str(wheel))
    return folder


def pip(python: str, command: str, *rest: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", python, command, *rest],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def call(home: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run([*argv], capture_output=True, text=True, check=False, cwd=home, timeout=600, env=env)


def test_the_wheel_holds_the_package_under_a_name_of_its_own_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"timeslice_lab", "timeslice_command.py"}
    assert {"timeslice_lab/static/vendor/htmx.esm.min.js", "timeslice_lab/templates/base.html"} <= set(names)
    parts = [name.split("/") for name in names if name.startswith("timeslice_lab/lessons/")]
    lessons = {part[2] for part in parts if len(part) > 3}
    assert lessons == {slug.replace("-", "_") for slug in catalog.discover()}


@pytest.mark.parametrize("how", [["bin/timeslice"], ["bin/python", "-m", "timeslice_lab"]])
def test_the_command_and_the_module_list_the_lessons_beside_a_package_of_the_same_name(
    home: Path, how: list[str]
) -> None:
    done = call(home, str(home / how[0]), *how[1:], "lessons")
    assert done.returncode == 0, done.stderr
    assert [slug for slug in catalog.discover() if slug in done.stdout] == list(catalog.discover())


def test_a_lesson_runs_from_the_wheel(home: Path) -> None:
    done = call(home, str(home / "bin/timeslice"), "run", "concurrency-parallelism", "--set", "millions=8")
    # whether every task is proved is the machine's matter (another tier says "sampled"); that it ran is the wheel's
    assert "Finished." in done.stdout, done.stdout + done.stderr


PAGES = """
import re, sys
from starlette.testclient import TestClient
from timeslice_lab.settings import Settings
from timeslice_lab.web.app import create_app
from pathlib import Path
client = TestClient(create_app(Settings(data_dir=Path(sys.argv[1]))), base_url="http://127.0.0.1:8000")
for page in ("/en/", "/zh/lessons/states"):
    answer = client.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    for link in re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text):
        assert client.get(link).status_code == 200, link
        print(link)
"""


def test_its_pages_and_everything_they_load_come_from_inside_the_package(home: Path, tmp_path: Path) -> None:
    done = call(home, str(home / "bin/python"), "-c", PAGES, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "/static/" in done.stdout


def test_a_clone_is_found_under_the_folders_own_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "timeslice_command", "--version"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.startswith("timeslice ")
