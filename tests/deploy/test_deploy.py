"""The configurations of docs/deploy/, each by its own program's check."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.proxies import BELOW, DEPLOY, KINDS, ROOT, TOP, adapted, configure, environment


@pytest.mark.real_processes
@pytest.mark.parametrize("name", KINDS)
def test_the_proxys_own_check_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    if kind.path is None and "CI" not in os.environ:
        pytest.skip(f"there is no {kind.program} here")
    config = configure(kind, tmp_path, 18080, 18000)
    command = kind.command(kind.check, tmp_path, config)
    done = subprocess.run(command, capture_output=True, text=True, env=environment(tmp_path), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warn" not in (done.stdout + done.stderr).lower()


@pytest.mark.parametrize("name", KINDS)
def test_a_configuration_shows_the_server_at_the_top_of_a_name_and_below_a_path(name: str) -> None:
    text = (DEPLOY / KINDS[name].file).read_text()
    assert TOP in text
    assert BELOW in text
    assert f"{ROOT}/" in text
    moved = adapted(text, 18080, 18000)
    assert "18080" in moved
    assert "18000" in moved
    assert "127.0.0.1:8000" not in moved.replace("http://127.0.0.1:8000/course/os/ keeps", "")


def test_every_file_beside_the_page_is_checked() -> None:
    files = {path.name for path in DEPLOY.iterdir()}
    assert files == {"README.md", *(kind.file for kind in KINDS.values())}
    page = (DEPLOY / "README.md").read_text()
    assert all(f"({kind.file})" in page for kind in KINDS.values())
