"""A site without a server: every address of every page is a file of it, and nothing in it names a server."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.cli import main as command_line
from server.lesson import catalog
from server.settings import Settings
from server.text import labels
from server.web import site

SLUGS = ("states", "concurrency-parallelism")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    settings = Settings(data_dir=made / "data")
    assert site.write(made / "site", settings, slugs=SLUGS) > 2_000_000
    assert not (made / "data").exists()
    return made / "site"


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_address_of_every_page_is_a_file_of_the_site(folder: Path) -> None:
    found = 0
    for page in pages(folder):
        text = re.sub(r'<script type="application/json".*?</script>', "", page.read_text("utf-8"), flags=re.S)
        for address in re.findall(r'\b(?:href|src)="([^"]+)"', text):
            parts = urlsplit(address.replace("&amp;", "&"))
            if parts.scheme or not parts.path:
                assert parts.scheme in ("", "data", "https"), address
                continue
            target = (page.parent / parts.path).resolve()
            assert target.is_file(), f"{page.relative_to(folder)}: {address}"
            assert target.is_relative_to(folder.resolve())
            found += 1
    assert found > 100


def test_nothing_of_it_names_the_address_it_was_made_at(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in (".html", ".js", ".css"):
            text = path.read_text("utf-8")
            assert site.ORIGIN not in text, path
            assert site.ROOT not in text, path


@pytest.mark.parametrize("lang", labels.LANGS)
def test_it_has_the_lessons_that_were_asked_for_and_says_how_to_run_them(folder: Path, lang: labels.Lang) -> None:
    home = (folder / lang / "index.html").read_text("utf-8")
    for slug in catalog.discover():
        assert (f'"lessons/{slug}/index.html"' in home) == (slug in SLUGS)
        assert (folder / lang / "lessons" / slug).is_dir() == (slug in SLUGS)
    assert 'id="yourself"' in home
    lesson = (folder / lang / "lessons/states/index.html").read_text("utf-8")
    assert f'<a href="../../../{lang}/index.html#yourself">{labels.words(lang)["take"]["no_run"]}</a>' in lesson
    assert 'id="run-form"' not in lesson
    assert (folder / lang / f"lessons/states/states-quiz.{lang}.gift.txt").is_file()
    assert (folder / lang / "lessons/states/lab.py").is_file()
    assert (folder / "recordings/states/plain.ndjson.gz").is_file()


def test_the_command_writes_one_language_where_one_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMESLICE_DATA_DIR", str(tmp_path / "data"))
    assert command_line.main(["export", "--site", str(tmp_path / "x"), "--lang", "zh", "blocking"]) == 0
    assert re.search(r"x：\d+\.\d MB", capsys.readouterr().out)
    assert (tmp_path / "x/zh/lessons/blocking/index.html").is_file()
    assert not (tmp_path / "x/en").exists()
    assert "en/index.html" not in (tmp_path / "x/index.html").read_text("utf-8")
    for wrong in (["nope"], ["blocking", "--recorded"], ["blocking", "-o", "x.html"]):
        assert command_line.main(["export", "--site", str(tmp_path / "y"), *wrong]) == 2
    assert command_line.main(["export", "-o", "x.html", "blocking", "states"]) == 2
    assert not (tmp_path / "y").exists()
    assert command_line.main(["export", "--site", "/proc/nowhere"]) == 1
    assert "Traceback" not in capsys.readouterr().err
