"""Static files as a browser gets them: packed, tagged, and for a lesson in one script and one sheet of its own."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx
import pytest

import build_frontend
from server.lesson.catalog import discover
from server.settings import STATIC
from server.text import labels
from server.text.prose import Front
from server.web import assets, negotiation, scripts

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress}


def test_the_starlette_whose_insides_the_static_files_lean_on_is_this_one() -> None:
    assert version("starlette").startswith("1.10.")


@pytest.mark.parametrize(
    ("accept", "how"),
    [
        ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=0.5", "gzip"), ("", None),
        ("identity", None), ("br;q=0.0", None), ("GZIP", "gzip"), ("brotli", None), ("xbr", None), ("br;q=NaN", None),
        ("br;q=loud, gzip", "gzip"), ("gzip;Q=0.2", "gzip"),
    ],
)  # fmt: skip
def test_a_client_gets_the_best_coding_it_takes(accept: str, how: str | None) -> None:
    assert negotiation.coding(accept) == how


@pytest.mark.parametrize("how", ["br", "gzip"])
@pytest.mark.parametrize("name", ["js/main.js", "css/page.css", "icon.svg", "vendor/htmx.esm.min.js"])
def test_a_file_is_packed_and_says_so_and_its_tag_is_that_of_the_packed_one(
    name: str, how: str, client: httpx.Client
) -> None:
    with client.stream("GET", assets.address(name), headers={"Accept-Encoding": how}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == how
    assert answer.headers["vary"] == "Accept-Encoding"
    assert UNPACK[how](raw) == (STATIC / name).read_bytes()
    plain = client.get(assets.address(name), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != answer.headers["etag"]
    again = client.get(f"/static/{name}", headers={"Accept-Encoding": how, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_part_of_a_file_is_a_part_of_the_file_as_it_is(client: httpx.Client) -> None:
    part = client.get("/static/js/main.js", headers={"Range": "bytes=0-9", "Accept-Encoding": "br"})
    assert (part.status_code, part.content) == (206, (STATIC / "js/main.js").read_bytes()[:10])


def test_a_page_is_packed_and_may_not_be_kept_for_a_client_that_takes_none(client: httpx.Client) -> None:
    packed = client.get("/en/", headers={"Accept-Encoding": "br"})
    plain = client.get("/en/", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "br"
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"].lower()
    assert packed.text == plain.text
    head = client.head("/en/", headers={"Accept-Encoding": "br"})
    assert (head.headers["content-length"], head.content) == (packed.headers["content-length"], b"")


_AT_ONCE = re.compile(r'(?:^|;)(?:import|export)[^("]*"(\.[^"]+)"')


@pytest.fixture
def bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """static/ of a place of its own, with bundles just built there from the repository's sources."""
    root = tmp_path / "static"
    for folder in ("js", "css"):
        shutil.copytree(STATIC / folder, root / folder)
    (root / "vendor").mkdir()
    shutil.copyfile(STATIC / "vendor/htmx.esm.min.js", root / "vendor/htmx.esm.min.js")
    monkeypatch.setattr(build_frontend, "VENDOR", root / "vendor")
    monkeypatch.setattr(build_frontend, "STATIC", root)
    assert build_frontend.pack()
    return root


@pytest.mark.real_processes
def test_a_lessons_bundle_holds_the_views_of_its_first_picture_and_no_other(bundles: Path) -> None:
    for slug, lesson in discover().items():
        made = scripts.bundle(slug, lesson.views, bundles)
        assert made is not None
        packed = [made.script, *made.chunks]
        mapped = [name for each in packed for name in json.loads((bundles / f"{each}.map").read_text())["sources"]]
        held = {Path(name).parent.name for name in mapped if name.endswith("/view.js")}
        first = scripts.at_once(lesson)
        assert held == {view for view in first if (bundles / f"js/views/{view}/view.js").is_file()}
        assert set(lesson.scenes[0].views) <= set(first)
        assert not any("htmx" in name or name.endswith(("stream.js", "evidence.js")) for name in mapped)
        asked = [name for each in packed for name in _AT_ONCE.findall((bundles / each).read_text())]
        assert {Path(name).name for name in asked} == {Path(name).name for name in made.chunks}
        assert "@import" not in (bundles / made.sheet).read_text()


def test_a_chunk_names_its_content_and_may_be_kept(client: httpx.Client) -> None:
    made = scripts.bundle(slug := next(iter(discover())), discover()[slug].views)
    if made is None:
        pytest.skip("nothing is packed here")
    for name in made.chunks:
        assert "immutable" in client.get(f"/static/{name}").headers["cache-control"]
    assert "immutable" not in client.get(f"/static/{made.script}").headers["cache-control"]


@pytest.mark.real_processes
def test_a_bundle_is_not_served_once_a_source_or_the_lessons_views_have_changed(bundles: Path) -> None:
    slug, lesson = next(iter(discover().items()))
    assert scripts.bundle(slug, lesson.views, bundles)
    assert scripts.bundle(slug, lesson.views[:-1], bundles) is None
    assert scripts.bundle("another", lesson.views, bundles) is None
    with (bundles / "js/main.js").open("a") as file:
        file.write("// another line\n")
    assert scripts.bundle(slug, lesson.views, bundles) is None


def test_without_a_bundle_the_page_names_every_module_before_it_is_asked_for(tmp_path: Path) -> None:
    assert scripts.bundle("any", ("lanes",), tmp_path) is None
    addresses = scripts.needed(("lanes",))
    assert "/static/js/plot/lanes_chart.js" in addresses
    assert len(addresses) == len(set(addresses))


def test_a_page_is_told_the_labels_that_it_says_at_once_and_no_others() -> None:
    said = scripts.words(("lanes", "code"))
    told = [key for key in labels.for_browser("en", Front("t", "q", "s")) if key.startswith(said)]
    assert {"code.none", "status.starting", "proof.open", "unit.ms"} <= set(told)
    assert {"guess.", "trial."} <= set(said), "what labelOf() is asked for"
    assert not [
        key
        for key in told
        if key.startswith(("status.running", "transcript.", "evidence.intro", "line.", "pipe.", "memory."))
    ]
