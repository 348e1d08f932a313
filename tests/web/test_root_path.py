"""The server shown below a path of another address: whatever a page names lies below it, and arrives."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from server.lesson import catalog
from server.settings import Settings, load
from server.web.app import create_app
from server.web.root_path import RootPath
from tests.web.test_pages import Outline

ORIGIN, ROOT = "https://learn.example", "/course/os"
PUBLIC = f"{ORIGIN}{ROOT}"
#: An address of this server's own, wherever it stands in a JSON block.
OWN = re.compile(r"/(?:zh|en|api|embed|static|oembed)(?:/\S*)?")
IN_SHEET = re.compile(r"url\(['\"]?([^'\")]+)|@import ['\"]([^'\"]+)")
IN_SCRIPT = re.compile(r"""(?:\bfrom|^import|\bimport\()\s*["'](\.[^"'$]+\.js)["']""", re.M)
#: Attributes that hold an address which is asked for by GET.
FOLLOWED = {"href", "src", "data-module", "data-sheet", "data-words", "data-recording", "data-log"}


def proxied(tmp_path: Path, keeps: bool) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """The application behind a proxy that shows it below ROOT and nothing of it elsewhere."""
    app = create_app(Settings(data_dir=tmp_path, public_url=PUBLIC))

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        assert path == ROOT or path.startswith(f"{ROOT}/"), f"outside: {path}"
        seen = path if keeps else path.removeprefix(ROOT) or "/"
        await app({**scope, "path": seen, "raw_path": seen.encode()}, receive, send)

    return proxy


def addresses(page: Outline) -> Iterator[tuple[str, str]]:
    """Every address that a page names, under the name of its attribute."""
    for _, attributes in page.elements:
        for name, value in attributes.items():
            if name in FOLLOWED or value.startswith(("/", ORIGIN)):
                yield name, value
    block = re.search(r'<script type="application/json" id="page">(.*?)</script>', page.rawdata, re.S)
    yield from (("json", each) for each in strings(json.loads(block[1]) if block else None) if OWN.fullmatch(each))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def named(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """The same of any answer."""
    kind = answer.headers.get("content-type", "")
    if "location" in answer.headers:
        yield "location", answer.headers["location"]
    if kind.startswith("text/html"):
        yield from addresses(Outline(answer.text))
    elif kind.startswith("text/css"):
        found = (each[0] or each[1] for each in IN_SHEET.findall(answer.text))
        yield from (("sheet", each) for each in found if not each.startswith(("#", "data:")))
    elif kind.startswith("text/javascript") and "/vendor/" not in answer.url.path:
        yield from (("script", each) for each in IN_SCRIPT.findall(answer.text))
    elif kind.startswith("application/xml"):
        yield from (("sitemap", each) for each in re.findall(r"https://[^<\"]+", answer.text) if ORIGIN in each)
    elif kind.startswith("application/json"):
        yield from (("json", each) for each in strings(answer.json()) if OWN.fullmatch(each))


async def crawl(client: httpx.AsyncClient, first: list[str]) -> dict[str, int]:
    """Status of every path that can be reached from some addresses by GET; of its queries the first one met."""
    seen: dict[str, int] = {}
    waiting = list(first)
    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path
        if path in seen:
            continue
        answer = await client.get(address)
        seen[path] = answer.status_code
        for how, said in named(answer):
            target = urlsplit(urljoin(f"{ORIGIN}{address}", said))
            if f"{target.scheme}://{target.netloc}" != ORIGIN:
                continue
            below = target.path == ROOT or target.path.startswith(f"{ROOT}/")
            assert below, f"{address} names {said} ({how}), which is outside"
            if how not in ("action", "hx-post"):
                waiting.append(target._replace(scheme="", netloc="", fragment="").geturl())
    return seen


SLUG = next(iter(catalog.discover()))
ENTRY_PATHS = ["", "/", f"/embed/en/{SLUG}", f"/oembed?url={PUBLIC}/en/lessons/{SLUG}", "/sitemap.xml", "/embed.js",
         "/api/docs", "/api/openapi.json", "/api/lessons", "/en/nowhere"]  # fmt: skip


def behind(tmp_path: Path, keeps: bool, ask: Callable[[httpx.AsyncClient], Awaitable[Any]]) -> Any:
    """What ``ask`` makes of a client of the proxy."""

    async def asking() -> Any:
        transport = httpx.ASGITransport(proxied(tmp_path, keeps))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
            return await ask(client)

    return asyncio.run(asking())


def test_no_address_of_any_page_leads_out_of_the_path_below_which_the_server_is_shown(tmp_path: Path) -> None:
    found = behind(tmp_path, False, lambda client: crawl(client, [f"{ROOT}{each}" for each in ENTRY_PATHS]))
    wrong = {path: status for path, status in found.items() if status not in (200, 307)}
    assert wrong == {f"{ROOT}/en/nowhere": 404}
    for each in catalog.discover():
        assert {f"{ROOT}/{lang}/lessons/{each}" for lang in ("zh", "en")} <= set(found)
    assert any(path.startswith(f"{ROOT}/static/") for path in found)
    assert any(path.startswith(f"{ROOT}/api/lessons/") for path in found)


def test_a_proxy_may_keep_the_path_or_strip_it(tmp_path: Path) -> None:
    async def ask(client: httpx.AsyncClient) -> list[tuple[int, bytes]]:
        answers = [await client.get(f"{ROOT}{each}") for each in ENTRY_PATHS]
        return [(each.status_code, each.content) for each in answers]

    assert behind(tmp_path, True, ask) == behind(tmp_path, False, ask)


def test_oembed_robots_and_openapi_say_the_public_address(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, public_url=PUBLIC))

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client:
            paths = (f"/oembed?url={PUBLIC}/en/lessons/{SLUG}", "/robots.txt", "/api/openapi.json")
            return [await client.get(each) for each in paths]

    oembed, robots, document = asyncio.run(ask())
    assert f'src="{PUBLIC}/embed/en/{SLUG}"' in oembed.json()["html"]
    assert f"Disallow: {ROOT}/api/" in robots.text
    assert f"Sitemap: {PUBLIC}/sitemap.xml" in robots.text
    assert document.json()["servers"] == [{"url": ROOT}]


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("192.168.1.5:8000", "http://192.168.1.5:8000"), ("localhost:8000", "http://localhost:8000"),
        ("[fe80::1]:8000", "http://[fe80::1]:8000"), ("evil.example", "http://127.0.0.1:8000"),
        ("127.0.0.1.evil.example:8000", "http://127.0.0.1:8000"),
    ],
)  # fmt: skip
def test_links_and_snippets_say_the_address_that_was_opened_if_it_is_one_of_ours(
    tmp_path: Path, host: str, said: str
) -> None:
    app = create_app(Settings(data_dir=tmp_path, host="0.0.0.0"))

    async def ask() -> tuple[Outline, httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers={"Host": host}) as client:
            page = Outline((await client.get(f"/en/lessons/{SLUG}")).text)
            oembed = await client.get("/oembed", params={"url": f"{said}/en/lessons/{SLUG}"})
            return page, oembed, await client.get("/sitemap.xml")

    page, oembed, sitemap = asyncio.run(ask())
    assert page.all("link", rel="canonical") == [{"rel": "canonical", "href": f"{said}/en/lessons/{SLUG}"}]
    assert f'src="{said}/embed/en/{SLUG}"' in page.text
    assert f'src="{said}/embed/en/{SLUG}"' in oembed.json()["html"]
    assert f"<loc>{said}/en/</loc>" in sitemap.text


def test_a_public_address_goes_before_the_one_that_was_opened(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, public_url=PUBLIC))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
            return await client.get("/en/")

    page = Outline(asyncio.run(ask()).text)
    assert page.all("link", rel="canonical")[0]["href"] == f"{PUBLIC}/en/"


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("/a", "/a", "/"), ("/a", "/a/", "/"), ("/a", "/a/en/", "/en/"), ("/a", "/en/", "/en/"), ("/a", "/ab", "/ab"),
        ("/a", "/a/a/", "/a/"), ("", "/a/", "/a/"), ("/user/x%40y/proxy/8000", "/user/x%40y/proxy/8000/en/", "/en/"),
    ],
)  # fmt: skip
def test_the_path_is_taken_off_once_and_only_whole(root: str, path: str, expected: str) -> None:
    given = {"type": "http", "path": unquote(path), "raw_path": path.encode()}
    found = RootPath(root)(given)
    assert (found["path"], found["raw_path"]) == (expected, expected.encode())


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("", ""), ("https://a.example", "https://a.example"), ("https://a.example/", "https://a.example"),
        ("http://a.example:8000/course/os/", "http://a.example:8000/course/os"), ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://hub.example/user/a%40b/proxy/8000/", "https://hub.example/user/a%40b/proxy/8000"),
    ],
)  # fmt: skip
def test_the_public_address_may_have_a_path(raw: str, kept: str) -> None:
    assert load({"TIMESLICE_PUBLIC_URL": raw}).public_url == kept


@pytest.mark.parametrize(
    "raw",
    ["learn.example", "/course/os", "ftp://a.example", "https://a.example/?a", "https://a.example/#a", "https://",
     "https://a.example/x/../y", "https://a.example//", 'https://a.example/"x', "https://me@a.example/",
     "https://a.example/en", "https://a.example/api/x", "https://a.example/static/"],
)  # fmt: skip
def test_a_public_address_that_cannot_work_is_refused_at_start(raw: str) -> None:
    with pytest.raises(ValueError, match="TIMESLICE_PUBLIC_URL"):
        load({"TIMESLICE_PUBLIC_URL": raw})
