"""The application as others meet it: headers, origins, static files, addresses, the way it starts and stops."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server.lesson import catalog
from server.settings import STATIC
from server.web import assets
from tests.conftest import ROOT, Served, serving

pytestmark = pytest.mark.real_processes

SLUG = next(iter(catalog.discover()))
PAGES = [f"/{lang}{rest}" for lang in ("zh", "en") for rest in ("/", f"/lessons/{SLUG}", "/about", "/nothing-here")]
ANSWERS = [
    *PAGES, "/", "/zh", f"/embed/zh/{SLUG}", f"/en/lessons/{SLUG}/lab.py", "/api/lessons", "/api/docs",
    "/api/openapi.json", "/api/nothing", "/api/runs", "/api/runs/" + "a" * 26, f"/api/runs/{'a' * 26}/events",
    "/healthz", "/readyz", "/oembed", "/static/js/main.js", "/static/css/app.css", "/static/nothing.js", "/static/",
    "/nothing",
]  # fmt: skip
EVIL = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "Forwarded": "host=evil.example",
}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ANSWERS)
def test_every_get_answer_may_be_read_by_everybody_and_says_so_once(
    path: str, method: str, client: httpx.Client
) -> None:
    answer = client.request(method, path)
    assert answer.status_code < 500
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if method == "HEAD":
        assert answer.content == b""


@pytest.mark.parametrize("path", [path for path in ANSWERS if not path.endswith("/events")])
def test_every_answer_forbids_inline_script_and_eval_and_only_embeds_may_be_framed(
    path: str, client: httpx.Client
) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    framed = path.startswith("/embed/")
    own = f"'self' {client.base_url}".rstrip("/") if framed else "'self'"  # a sandbox may have no self
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == own
    assert policy["base-uri"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert policy.get("frame-ancestors") == (None if framed else "'none'")
    assert headers.get("x-frame-options") == (None if framed else "DENY")


@pytest.mark.parametrize("path", [*PAGES, f"/embed/en/{SLUG}", f"/embed/zh/{SLUG}", "/api/docs"])
def test_no_page_holds_what_its_own_policy_forbids(path: str, client: httpx.Client) -> None:
    html = client.get(path).text
    assert not re.search(r"<[^>]*\sstyle\s*=", html)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", html)
    assert "<style" not in html
    assert "javascript:" not in html
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert 'src="/static/' in attributes or 'type="application/json"' in attributes
    assert not re.search(
        r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//(?!127\.0\.0\.1)', html.replace("canonical", "")
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", ["/{lang}/lessons/{slug}", "/embed/{lang}/{slug}"])
def test_htmx_comes_with_the_first_run_and_its_trusted_types_policy_right_after_it(
    path: str, lang: str, client: httpx.Client
) -> None:
    html = client.get(path.format(lang=lang, slug=SLUG)).text
    assert "htmx.esm" not in html
    assert "trusted.js" not in html
    imports = re.findall(r'^(?:import|export) .*"(.*)";', (STATIC / "js/page/live.js").read_text(), re.MULTILINE)
    assert imports[imports.index("../../vendor/htmx.esm.min.js") + 1] == "../trusted.js"


@pytest.mark.parametrize("path", [path for path in ANSWERS if not path.endswith("/events")])
def test_no_answer_repeats_a_host_that_was_made_up(path: str, client: httpx.Client) -> None:
    answer = client.get(path, headers=EVIL)
    assert "evil" not in answer.text
    assert "evil" not in str(answer.headers)


def test_a_policy_cannot_be_written_from_outside(client: httpx.Client) -> None:
    """Names below localhost are ours (RFC 6761), but this is none."""
    answer = client.get(f"/embed/en/{SLUG}", headers={"Host": "evil; script-src *.localhost"})
    assert answer.status_code == 400
    assert "evil" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/lessons/", "/healthz/", "/oembed/", "/api/runs/"])
def test_a_slash_too_many_is_no_redirect_where_programs_ask(path: str, client: httpx.Client) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(("accept", "lang"), [("zh-TW,en;q=0.5", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "en")])
def test_the_front_door_leads_to_the_readers_language(accept: str, lang: str, client: httpx.Client) -> None:
    answer = client.get("/", headers={"Accept-Language": accept})
    assert (answer.status_code, answer.headers["location"]) == (307, f"/{lang}/")
    assert {"cookie", "accept-language"} <= {each.strip().lower() for each in answer.headers["vary"].split(",")}


@pytest.mark.parametrize("name", ["js/main.js", "css/app.css", "vendor/htmx.esm.min.js"])
def test_a_stamped_file_is_cached_for_a_year_and_another_one_is_asked_for_again(
    name: str, client: httpx.Client
) -> None:
    kind = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}[name.rpartition(".")[2]]
    stamped = client.get(assets.address(name))
    assert (stamped.status_code, stamped.headers["content-type"]) == (200, kind)
    assert stamped.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert stamped.content == (STATIC / name).read_bytes()
    plain = client.get(f"/static/{name}")
    assert plain.headers["cache-control"] == "no-cache"
    again = client.get(f"/static/{name}", headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers.get_list("access-control-allow-origin") == ["*"]


def test_a_stamp_changes_with_the_content_and_with_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.js"
    file.write_text("one")
    first = assets.address("a.js", tmp_path)
    assert re.fullmatch(r"/static/a\.js\?v=[0-9a-f]{10}", first)
    file.write_text("another")
    assert assets.address("a.js", tmp_path) != first
    file.write_text("one")
    assert assets.address("a.js", tmp_path) == first
    assert assets.address("b.js", tmp_path) == "/static/b.js"


def allowed(client: httpx.Client, **headers: str) -> bool:
    """Whether a request with these headers may write: an empty object is no run (422), a refused one is 403."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post("/api/runs", json={}, headers=given)
    assert answer.status_code in (403, 422)
    return answer.status_code == 422


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server behind a public address, with a friend."""
    data = tmp_path_factory.mktemp("hosted")
    public = {
        "TIMESLICE_PUBLIC_URL": "https://learn.example/timeslice", "TIMESLICE_ORIGINS": "https://friend.example",
        "TIMESLICE_FRAME_ANCESTORS": "https://school.example",
    }  # fmt: skip
    with serving(data, **public) as running:
        yield running


def test_the_page_itself_may_start_runs_and_so_may_whatever_is_no_browser(client: httpx.Client, served: Served) -> None:
    assert allowed(client)
    assert allowed(client, Sec_Fetch_Site="same-origin", Origin=served.url)
    assert allowed(client, Sec_Fetch_Site="none")
    assert allowed(client, Origin=served.url)
    assert allowed(client, Origin=f"http://localhost:{served.port}")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "SAME-ORIGIN", "same-origin, none"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1:1", "https://127.0.0.1:{port}"]
)
def test_another_sites_page_may_not_start_runs(site: str, origin: str, client: httpx.Client, served: Served) -> None:
    assert not allowed(client, Sec_Fetch_Site=site, Origin=origin.format(port=served.port))
    assert not allowed(client, Sec_Fetch_Site=site)
    assert not allowed(client, Origin=origin.format(port=served.port))


def test_two_origins_are_one_too_many(client: httpx.Client, served: Served) -> None:
    headers = [("Origin", served.url), ("Origin", served.url)]
    assert client.post("/api/runs", json={}, headers=headers).status_code == 403


def test_origins_of_the_settings_may_start_runs_and_read_the_answer(hosted: Served) -> None:
    with httpx.Client(base_url=hosted.url) as client:
        assert allowed(client, Origin="https://learn.example")
        assert allowed(client, Sec_Fetch_Site="cross-site", Origin="https://friend.example")
        assert not allowed(client, Sec_Fetch_Site="cross-site", Origin="https://stranger.example")
        answer = client.post("/api/runs", json={}, headers={"Origin": "https://friend.example"})
        assert answer.headers.get_list("access-control-allow-origin") == ["https://friend.example"]
        assert answer.headers["vary"] == "Origin"
        ask = {"Origin": "https://friend.example", "Access-Control-Request-Method": "POST"}
        preflight = client.options("/api/runs", headers=ask)
        assert preflight.status_code == 204
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
        assert preflight.headers.get_list("access-control-allow-origin") == ["https://friend.example"]


def test_a_preflight_from_anywhere_else_allows_reading_only(client: httpx.Client) -> None:
    ask = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/api/runs", headers=ask)
    assert (preflight.status_code, preflight.headers["access-control-allow-methods"]) == (204, "GET, HEAD")
    assert "POST" in client.options("/api/runs").headers["allow"]
    refused = client.post("/api/runs", json={}, headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in refused.headers


def test_links_and_frames_follow_the_settings(hosted: Served) -> None:
    with httpx.Client(base_url=hosted.url) as client:
        html = client.get(f"/en/lessons/{SLUG}", headers=EVIL).text
        assert f"https://learn.example/timeslice/en/lessons/{SLUG}" in html
        assert hosted.url not in html
        policy = client.get(f"/embed/en/{SLUG}").headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://school.example")
        assert f"script-src 'self' https://learn.example {hosted.url};" in policy


def test_sigterm_tells_every_viewer_to_come_back_and_ends_the_server_with_all_its_runs(tmp_path: Path) -> None:
    with serving(tmp_path, "tests.lab") as served, httpx.Client(base_url=served.url, timeout=60) as client:
        run = client.post("/api/runs", json={"lesson": "hang"}).json()
        said: list[str] = []
        with client.stream("GET", run["links"]["events"]) as stream:
            for line in stream.iter_lines():
                if not said:
                    served.process.terminate()
                said.append(line)
        assert "event: restart" in said
        assert served.process.wait(timeout=30) is not None
        assert "Traceback" not in served.said.read_text()


def test_a_second_server_on_the_same_data_does_not_start(tmp_path: Path) -> None:
    with serving(tmp_path), socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = str(other.getsockname()[1])
        other.close()
        command = [sys.executable, "-m", "server", "serve", "--no-browser", "--port", port, "--data", str(tmp_path)]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert second.returncode == 1
        assert "Traceback" not in second.stderr
        assert "another server" in second.stderr


def test_a_server_that_answered_many_requests_holds_no_more_descriptors_than_before(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        held = Path(f"/proc/{served.process.pid}/fd")

        def ask(times: int) -> int:
            with httpx.Client(base_url=served.url, timeout=60) as client:
                for _ in range(times):
                    client.get(f"/en/lessons/{SLUG}").raise_for_status()
                    client.post("/api/runs", json={"lesson": 7})
                return len(list(held.iterdir()))

        assert ask(50) <= ask(5)


def test_a_body_that_is_still_coming_when_the_server_ends_gets_an_answer_and_leaves_no_traceback(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as served, socket.create_connection(("127.0.0.1", served.port), timeout=30) as half:
        half.sendall(
            b"POST /api/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert half.recv(100).startswith(b"HTTP/1.1 100 "), "it waits for the body"
        half.sendall(b"{")
        served.stop()
        assert half.recv(100).startswith(b"HTTP/1.1 503 ")
    assert "Traceback" not in served.said.read_text()


@pytest.mark.parametrize("path", ["/en/", "/zh/about", "/en/no-such-page"])
def test_pages_that_are_no_lesson_link_their_own_sheet(client: httpx.Client, path: str) -> None:
    assert "css/home.css" in client.get(path).text
