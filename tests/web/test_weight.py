"""What every lesson weighs until its page can be used, and what it may fetch later: bytes as brotli packs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx
import pytest

import build_frontend
from server.lesson.catalog import discover
from server.settings import STATIC
from server.text.labels import LANGS
from server.web import scripts

GOAL_BYTES, ON_DEMAND_BYTES = 60 * 1024, 25 * 1024
EMBED_BYTES = 64 * 1024  # it brings at once what a lesson's page fetches when something is opened
SLUGS = list(discover())
pytestmark = pytest.mark.real_processes


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """static/ with what make builds of the sources as they are now."""
    root = tmp_path_factory.mktemp("weight") / "static"
    for folder in ("js", "css"):
        shutil.copytree(STATIC / folder, root / folder)
    (root / "vendor").mkdir()
    shutil.copyfile(STATIC / "vendor/htmx.esm.min.js", root / "vendor/htmx.esm.min.js")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(build_frontend, "VENDOR", root / "vendor")
        patched.setattr(build_frontend, "STATIC", root)
        assert build_frontend.pack()
    return root


def weight(data: bytes) -> int:
    return len(brotli.compress(data, mode=brotli.MODE_TEXT, quality=11))  # as the server packs a page


@pytest.mark.parametrize("slug", SLUGS)
def test_a_lesson_is_light_until_it_can_be_used(slug: str, packed: Path, client: httpx.Client) -> None:
    made = scripts.bundle(slug, discover()[slug].views, packed)
    assert made is not None
    files = sum(weight((packed / name).read_bytes()) for name in (made.script, made.sheet, *made.chunks))
    for lang in LANGS:
        page = weight(client.get(f"/{lang}/lessons/{slug}").content)
        assert files + page <= GOAL_BYTES, f"/{lang}: {page} of the page and {files} of its files"


@pytest.mark.parametrize("slug", SLUGS)
def test_an_embed_asks_for_at_most_eight_files_and_is_light(slug: str, packed: Path, client: httpx.Client) -> None:
    made = scripts.bundle(slug, discover()[slug].views, packed)
    assert made is not None
    assert len(["page", "recording", made.script, made.framed_sheet, *made.chunks]) <= 8
    files = sum(weight((packed / name).read_bytes()) for name in (made.script, made.framed_sheet, *made.chunks))
    for lang in LANGS:
        page = weight(client.get(f"/embed/{lang}/{slug}").content)
        assert files + page <= EMBED_BYTES, f"/{lang}: {page} of the page and {files} of its files"


@pytest.mark.parametrize("slug", SLUGS)
def test_what_is_closed_at_first_is_small_too(slug: str, packed: Path, client: httpx.Client) -> None:
    made = scripts.bundle(slug, discover()[slug].views, packed)
    assert made is not None
    found = (packed / f"vendor/app/{slug}").glob("*.js")  # without the pictures of later steps, and what a run needs
    later = [path for path in found if path.name.partition("-")[0] in ("evidence", "transcript", "machine")]
    assert later
    said = [weight(client.get(f"/{lang}/lessons/{slug}/words.json").content) for lang in LANGS]
    assert sum(weight(path.read_bytes()) for path in later) + max(said) <= ON_DEMAND_BYTES
    assert json.loads((packed / "vendor/app/made.json").read_text())["chunks"][slug]
