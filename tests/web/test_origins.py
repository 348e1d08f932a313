"""Who may start runs: every shape of Host, Origin and Sec-Fetch-Site, and what a refused reader is told."""

from __future__ import annotations

import pytest

from server.settings import Settings
from server.web.origins import UNKNOWN_HOST, UNKNOWN_ORIGIN, Origins
from tests.conftest import Served
from tests.web.test_input import get
from tests.web.test_pages import FORM, HTMX, SLUG, Outline

import httpx  # isort: skip

PLAIN = Settings()
PUBLIC = Settings(public_url="http://class.example/timeslice", origins=("https://friend.example:8443",))
HERE = ("127.0.0.1", 8000)


def rejection_reason(settings: Settings, host: str, origin: str | None = None, site: str | None = None) -> str | None:
    origins = Origins(settings)
    given = [each.encode() for each in (origin,) if each is not None]
    sites = [each.encode() for each in (site,) if each is not None]
    return origins.rejection_reason(host, given, sites, origins.known("http", HERE))


REBOUND = [
    "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example:8000", "xlocalhost", "a",
    "127-0-0-1.evil.example", "evil", "0x7f.1", "2130706433", "127.1", "[evil]", "[::1].evil.example", "class.example",
    "friend.example", "evil.example:80:80", "127.0.0.1@evil.example", "::1",
]  # fmt: skip


@pytest.mark.parametrize("host", REBOUND)
@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_a_page_that_has_bent_its_name_to_this_machine_starts_nothing(host: str, site: str | None) -> None:
    assert rejection_reason(PLAIN, host, f"http://{host}", site) == UNKNOWN_HOST
    assert rejection_reason(PLAIN, host, None, site) == UNKNOWN_HOST


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8000", "localhost:8000", "localhost", "192.168.1.20:8000", "10.0.0.7", "[fe80::1]:8000", "[::1]:8000",
     "lab.localhost:9000", "127.0.0.1:49153", "localhost:2222", "localhost.:8000"],
)  # fmt: skip
def test_an_address_or_localhost_with_any_port_may_start_runs_without_any_setting(host: str) -> None:
    """A LAN address, a published container port, a forwarded port: a browser sends Origin there, and no
    Sec-Fetch-Site unless it is this machine."""
    assert rejection_reason(PLAIN, host, f"http://{host}") is None
    assert rejection_reason(PLAIN, host, f"http://{host}", "same-origin") is None
    assert rejection_reason(PLAIN, host, None, "none") is None
    assert rejection_reason(PLAIN, host) is None
    for other in ("http://evil.example", "null", "http://192.168.1.20:9", f"http://evil@{host}", ""):
        assert rejection_reason(PLAIN, host, other) == UNKNOWN_ORIGIN
        assert rejection_reason(PLAIN, host, other, "same-origin") == UNKNOWN_ORIGIN
    assert rejection_reason(PLAIN, host, f"https://{host}") == UNKNOWN_ORIGIN
    assert rejection_reason(PLAIN, host, f"https://{host}", "same-origin") is None


@pytest.mark.parametrize(
    ("host", "origin"),
    [("class.example", "http://class.example"), ("127.0.0.1:8000", "http://class.example"),
     ("class.example:80", "http://class.example"), ("friend.example", "https://friend.example:8443"),
     ("127.0.0.1:8000", "https://friend.example:8443")],
)  # fmt: skip
def test_behind_a_plain_proxy_the_public_address_may_whether_or_not_the_proxy_keeps_the_host(
    host: str, origin: str
) -> None:
    assert rejection_reason(PUBLIC, host, origin) is None
    assert rejection_reason(PLAIN, host, origin) in (UNKNOWN_HOST, UNKNOWN_ORIGIN)


def test_both_refusals_name_the_setting() -> None:
    for said in (UNKNOWN_HOST, UNKNOWN_ORIGIN):
        assert "TIMESLICE_PUBLIC_URL" in said
        assert "TIMESLICE_ORIGINS" in said


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_refused_reader_has_the_form_and_a_sentence_that_names_the_setting(
    lang: str, htmx: bool, client: httpx.Client
) -> None:
    headers = {"Host": "class.example", "Origin": "http://class.example", **(HTMX if htmx else {})}
    answer = client.post(f"/{lang}/lessons/{SLUG}/run", data=FORM, headers=headers)
    page = Outline(answer.text)
    assert answer.status_code == 403
    assert "TIMESLICE_PUBLIC_URL" in page.text
    assert "class.example" not in answer.text
    assert page.all("div", id="run")
    assert bool(page.all("form", id="run-form")) != htmx


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_form_that_is_too_large_is_refused_in_words(lang: str, client: httpx.Client) -> None:
    answer = client.post(f"/{lang}/lessons/{SLUG}/run", data={**FORM, "x": "a" * 20_000}, headers=HTMX)
    said = {"zh": "表单太大", "en": "The form is too large"}[lang]
    assert (answer.status_code, said in answer.text) == (413, True)


@pytest.mark.parametrize(("path", "status"), [("/en/about", 405), ("/zh/", 405), ("/", 405), ("/nope", 404)])
def test_an_error_of_a_page_is_a_page(path: str, status: int, client: httpx.Client) -> None:
    answer = client.request("GET" if status == 404 else "DELETE", path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_a_page_whose_language_the_reader_chooses_says_what_it_varies_by(client: httpx.Client, served: Served) -> None:
    assert b'<html lang="zh' in get(served, "/nope", "Accept-Language: zh")
    for path, varies in (("/nope", True), ("/en/nope", False)):
        vary = {each.strip() for each in client.get(path).headers["vary"].split(",")}
        assert ({"Cookie", "Accept-Language"} <= vary) == varies
        assert "Accept-Encoding" in vary
