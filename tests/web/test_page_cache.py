"""Pages kept for everybody: made once, nothing of one reader in them, made anew when what they are made of changes."""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from server.settings import Settings
from server.web import assets, compression, page_cache, render, source_state
from server.web.app import create_app
from server.web.page_cache import PageCache

SLUG = "concurrency-parallelism"
KEPT = ["/en/", "/zh/about", f"/en/lessons/{SLUG}", f"/embed/en/{SLUG}", f"/zh/lessons/{SLUG}/words.json"]
Asked = tuple[str, dict[str, str]]


def ask(app: ASGIApp, *asked: Asked, at_once: bool = False) -> list[httpx.Response]:
    """The answers of an application that has not been started: it can show, not run."""

    async def play() -> list[httpx.Response]:
        transport, base = httpx.ASGITransport(app), "http://127.0.0.1:8000"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            if at_once:
                return await asyncio.gather(*(client.get(path, headers=headers) for path, headers in asked))
            return [await client.get(path, headers=headers) for path, headers in asked]

    return asyncio.run(play())


class Site:
    """A site whose pages name everything that a request may bring along; it counts what it was asked for."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.state = 0
        self.status = 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        self.made[f"{scope['path']}?{scope['query_string'].decode()}"] += 1
        said = f"{self.state} {sorted(request.headers)} {request.cookies} {scope['query_string']!r}" + "." * 600
        headers = {"ETag": f'W/"{self.state}"', "Cache-Control": "no-cache"} if self.status == 200 else {}
        await HTMLResponse(said, self.status, headers)(scope, receive, send)

    def cached(self) -> PageCache:
        async def state() -> Hashable:
            return self.state

        return PageCache(self, self, ["/page"], state)


def test_many_who_ask_at_once_get_one_page_that_is_made_once_for_each_query_and_coding() -> None:
    site = Site()
    readers = [("/page", {"cookie": f"lang={n}", "x-forwarded-host": f"h{n}", "authorization": "k"}) for n in range(20)]
    answers = ask(site.cached(), *readers, ("/page?step=a", {}), ("/page", {"accept-encoding": "gzip"}), at_once=True)
    assert len({each.text for each in answers[:20]}) == 1
    assert "['accept-encoding'] {}" in answers[0].text
    assert site.made == {"/page?": 2, "/page?step=a": 1}


@pytest.mark.parametrize(
    "path",
    ["/page?run=r1", "/page?step=a&run=r1", "/page?other=1", f"/page?step={'a' * 300}", "/elsewhere", "/page?step=a&x"],
)
def test_what_may_be_of_one_reader_alone_is_never_kept(path: str) -> None:
    site = Site()
    first, second = ask(site.cached(), (path, {"cookie": "a=1"}), (path, {"cookie": "a=2"}))
    assert "'a': '1'" in first.text
    assert "'a': '2'" in second.text
    assert sum(site.made.values()) == 2


def test_a_part_and_a_page_for_whoever_takes_no_coding_come_from_the_site() -> None:
    site = Site()
    ask(site.cached(), *2 * [("/page", {"accept-encoding": "identity"})], *2 * [("/page", {"range": "bytes=0-3"})])
    assert site.made["/page?"] == 4


def test_a_page_is_made_anew_when_what_it_is_made_of_has_changed_and_an_error_every_time() -> None:
    site = Site()
    app = site.cached()
    has = {"if-none-match": 'W/"0"'}
    assert [each.status_code for each in ask(app, ("/page", {}), ("/page", has))] == [200, 304]
    site.state = 1
    [changed] = ask(app, ("/page", has))
    assert (changed.status_code, changed.text[0]) == (200, "1")
    site.state, site.status = 2, 404
    assert [each.status_code for each in ask(app, ("/page", has), ("/page", {"cookie": "a=1"}))] == [404, 404]
    site.status = 200
    assert ask(app, ("/page", {}))[0].status_code == 200


def test_a_site_that_fails_fails_for_each_reader_as_before() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError("this page")

    async def state() -> Hashable:
        return 0

    app = PageCache(broken, broken, ["/page"], state)
    for _ in range(2):
        with pytest.raises(LookupError, match="this page"):
            ask(app, ("/page", {}))


def test_no_more_than_a_bound_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MOST", 3)
    site = Site()
    app = site.cached()
    ask(app, *((f"/page?step=s{n}", {}) for n in range(5)), ("/page?step=s4", {}), ("/page?step=s0", {}))
    assert (site.made["/page?step=s4"], site.made["/page?step=s0"]) == (1, 2)
    assert len(app._cached) == 3


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """How small a page gets is tested elsewhere (test_weight.py)."""
    monkeypatch.setattr(compression, "QUALITY_CACHED", 1)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each template was rendered."""
    count: Counter[str] = Counter()
    true: Callable[..., str] = render.html

    def html(template: str, *given: Any, **named: Any) -> str:
        count[template] += 1
        return true(template, *given, **named)

    monkeypatch.setattr(render, "html", html)
    return count


def test_home_about_and_lessons_are_rendered_once_and_not_sent_to_whoever_has_them(
    tmp_path: Path, rendered: Counter[str]
) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    file = assets.address("js/main.js")
    firsts = ask(app, *((path, {"host": "example.org", "cookie": "lang=zh"}) for path in (*KEPT, file)))
    assert {each.status_code for each in firsts} == {200}
    again = ask(app, *((each.url.raw_path.decode(), {"if-none-match": each.headers["etag"]}) for each in firsts))
    for first, second in zip(firsts, again, strict=True):
        assert (second.status_code, second.content) == (304, b"")
        assert first.headers["vary"] == second.headers["vary"] == "Accept-Encoding"
        assert (first.headers["content-encoding"], second.headers["etag"]) == ("br", first.headers["etag"])
        assert second.headers["cache-control"] == first.headers["cache-control"]
        assert "example.org" not in first.text
    assert rendered == {"home.html": 1, "about.html": 1, "lesson.html": 1, "embed.html": 1}
    zh, dark, nowhere = ask(
        app,
        (f"/zh/lessons/{SLUG}", {"if-none-match": firsts[2].headers["etag"]}),
        (f"/en/lessons/{SLUG}?theme=dark", {"if-none-match": firsts[2].headers["etag"]}),
        ("/en/lessons/nowhere", {}),
    )
    assert (zh.status_code, dark.status_code, nowhere.status_code) == (200, 200, 404)
    assert "etag" not in nowhere.headers


def test_what_the_machine_turns_out_to_have_makes_other_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings(data_dir=tmp_path))
    address = f"/en/lessons/{SLUG}"
    [before] = ask(app, (address, {}))
    monkeypatch.setattr(app.state.context.runs.client, "machine_known", False)  # nothing starts here, and it says so
    [after] = ask(app, (address, {"if-none-match": before.headers["etag"]}))
    assert after.status_code == 200
    assert after.text != before.text


def test_a_look_at_the_files_is_shared_and_a_change_is_seen_at_the_next(tmp_path: Path) -> None:
    now_s, looks = [0.0], []
    (tmp_path / "text.md").write_text("one")

    def scan() -> Hashable:
        looks.append(1)
        return source_state.scan([tmp_path])

    async def play() -> None:
        sources = source_state.SourceState(scan, lambda: now_s[0])
        first = await asyncio.gather(*(sources.now() for _ in range(9)))
        (tmp_path / "text.md").write_text("another")
        assert {*first, await sources.now()} == {first[0]}
        assert len(looks) == 1
        now_s[0] += 2 * source_state.FRESH_S
        other = await sources.now()
        assert other != first[0]
        now_s[0] += 2 * source_state.FRESH_S
        assert await sources.now() is other, "who looks up by it compares no files"
        assert len(looks) == 3
        (tmp_path / "text.md").unlink()
        tmp_path.rmdir()
        now_s[0] += 2 * source_state.FRESH_S
        assert await sources.now() == frozenset()

    asyncio.run(play())
