"""What is documented exists, and what exists for others is documented: settings, commands, addresses."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from server.cli import arguments
from server.cli import main as command
from server.settings import Bounds, Settings
from server.web.app import create_app

ROOT = Path(__file__).resolve().parents[2]
READMES = ["README.md", "README.zh.md"]
TEXTS = [*READMES, "SECURITY.md", "CONTRIBUTING.md", "docs/settings.md", "Dockerfile"]
MACHINE = ("/api/", "/oembed", "/healthz", "/readyz")
SETTINGS = {f"TIMESLICE_{each.name.upper()}" for each in fields(Settings) if each.name != "bounds"} | {
    f"TIMESLICE_BOUNDS_{each.name.upper()}" for each in fields(Bounds)
}


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every address of the JSON API, its parameters without names."""
    paths = create_app(Settings(data_dir=tmp_path_factory.mktemp("data"))).openapi()["paths"]
    return {re.sub(r"\{\w+\}", "{}", path) for path in paths}


@pytest.mark.parametrize("name", TEXTS)
def test_every_setting_that_is_named_exists(name: str) -> None:
    assert set(re.findall(r"TIMESLICE_[A-Z]+(?:_[A-Z]+)*", text(name))) <= SETTINGS


def test_every_setting_is_described_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(TIMESLICE_\w+)` \| (.*?) \|", text("docs/settings.md"), re.M))
    assert set(rows) == SETTINGS
    plain = {each.name: getattr(Settings(), each.name) for each in fields(Settings)}
    plain |= {f"bounds_{each.name}": getattr(Bounds(), each.name) for each in fields(Bounds)}
    for name, value in plain.items():
        if isinstance(value, int | float):
            assert rows[f"TIMESLICE_{name.upper()}"] == f"`{value}`"


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_in_the_readme_and_the_readme_names_no_other(name: str) -> None:
    said = set(re.findall(r"^\| `timeslice ([a-z]+)", text(name), re.M))
    assert said == set(command.ACTS)


@pytest.mark.parametrize("name", READMES)
def test_every_format_of_export_is_in_the_readme(name: str) -> None:
    row, site = re.findall(r"^\| `timeslice export (.*?)` \|", text(name), re.M)
    assert site.startswith("--site ")
    assert set(re.findall(r"\.[a-z.]+", row)) <= set(arguments.FORMATS)
    assert ".html" in row


@pytest.mark.parametrize("name", READMES)
def test_every_address_is_in_the_readme_and_the_readme_names_no_other(name: str, routes: set[str]) -> None:
    said = set()
    for row in re.findall(r"^\| (`.*?(?:GET|POST|DELETE).*?) \|", text(name), re.M):
        base = ""
        for address in re.findall(r"`(?:[A-Z]+ )?(/[^`?]*)", row):
            whole = re.sub(r"\{\w+\}", "{}", address.strip())
            known = whole.startswith(MACHINE)
            base = base or whole
            said.add(whole if known else base + whole)
    assert {each for each in said if each.startswith(MACHINE)} == routes


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    assert re.search(r"^## Unreleased$", text("CHANGELOG.md"), re.M)


def test_every_file_that_the_map_names_exists() -> None:
    import server

    named = re.findall(r"\b((?:[a-z_]+/)*[a-z_]+\.(?:py|js))\b", server.__doc__ or "")
    assert len(named) > 30
    homes = (ROOT / "server", ROOT / "server/supervisor", ROOT / "static/js")
    assert [name for name in named if not any((home / name).is_file() for home in homes)] == []
