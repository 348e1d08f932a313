"""embed.js, robots.txt and sitemap.xml: what other sites ask for by a fixed name."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from server.lesson import catalog
from server.settings import STATIC, Settings
from server.web.app import create_app

PUBLIC = "https://course.example"


def get(tmp_path: Path, *paths: str, headers: dict[str, str] | None = None) -> list[httpx.Response]:
    app = create_app(Settings(data_dir=tmp_path, public_url=PUBLIC))

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
            return [await client.get(path, headers=headers) for path in paths]

    return asyncio.run(ask())


def test_the_element_is_one_file_that_any_page_may_load_as_a_module(tmp_path: Path) -> None:
    (answer,) = get(tmp_path, "/embed.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"  # a module of another origin is fetched with CORS
    assert answer.content == (STATIC / "js/embed/element.js").read_bytes()
    assert not re.search(r"^import|\bimport\(", answer.text, re.M)
    (again,) = get(tmp_path, "/embed.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_robots_names_the_sitemap_and_keeps_crawlers_from_the_api(tmp_path: Path) -> None:
    (answer,) = get(tmp_path, "/robots.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        "User-agent: *", "Disallow: /api/", "Disallow: /runs/", f"Sitemap: {PUBLIC}/sitemap.xml",
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_address_of_the_sitemap_is_a_page_with_its_other_language(tmp_path: Path, lang: str) -> None:
    (answer,) = get(tmp_path, "/sitemap.xml")
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    urls = ET.fromstring(answer.content).findall("s:url", names)
    places = [url.findtext("s:loc", "", names) for url in urls]
    mine = [place.removeprefix(PUBLIC) for place in places if place.startswith(f"{PUBLIC}/{lang}/")]
    assert {f"/{lang}/lessons/{slug}" for slug in catalog.discover()} | {f"/{lang}/", f"/{lang}/about"} <= set(mine)
    assert all(page.status_code == 200 for page in get(tmp_path, *mine))
    assert all(len(url.findall("x:link", names)) == 2 for url in urls)
