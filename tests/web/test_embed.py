"""Embedding from outside: the page without chrome, and oEmbed 1.0."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from server.lesson import catalog
from server.settings import Settings
from server.web import links
from tests.conftest import ROOT, Served

SLUG = next(iter(catalog.discover()))


def ask(client: httpx.Client, url: str, **more: str) -> httpx.Response:
    return client.get("/oembed", params={"url": url, **more})


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("form", ["/{lang}/lessons/{slug}", "/embed/{lang}/{slug}"])
def test_oembed_answers_rich_for_a_lesson_and_for_its_embed(
    form: str, lang: str, client: httpx.Client, served: Served
) -> None:
    answer = ask(client, served.url + form.format(lang=lang, slug=SLUG), format="json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json()
    assert (said["type"], said["version"], said["provider_name"]) == ("rich", "1.0", "Timeslice")
    assert said["provider_url"] == served.url
    assert (said["width"], said["height"]) == (links.EMBED_WIDTH, links.EMBED_HEIGHT)
    assert f'src="{served.url}/embed/{lang}/{SLUG}"' in said["html"]
    assert not re.search(r"<script|on[a-z]+=", said["html"])


def test_the_framed_address_of_oembed_can_be_opened_and_framed(client: httpx.Client, served: Served) -> None:
    html = ask(client, f"{served.url}/en/lessons/{SLUG}").json()["html"]
    address = unescape(re.search(r'src="([^"]+)"', html)[1])  # type: ignore[index]
    page = client.get(address)
    assert page.status_code == 200
    assert "frame-ancestors" not in page.headers["content-security-policy"]
    assert "x-frame-options" not in page.headers


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [("400", "300", (400, 300)), ("5000", "5000", (960, 600)), ("1", "1", (1, 1)), ("700", "9999", (700, 600))],
)
def test_oembed_stays_within_what_the_consumer_asks_for(
    width: str, height: str, expected: tuple[int, int], client: httpx.Client, served: Served
) -> None:
    said = ask(client, f"{served.url}/en/lessons/{SLUG}", maxwidth=width, maxheight=height).json()
    assert (said["width"], said["height"]) == expected
    assert f'width="{expected[0]}" height="{expected[1]}"' in said["html"]


@pytest.mark.parametrize("size", ["0", "-1", "1.5", "wide", "", "100000"])
def test_a_size_that_is_none_is_refused(size: str, client: httpx.Client, served: Served) -> None:
    assert ask(client, f"{served.url}/en/lessons/{SLUG}", maxwidth=size).status_code == 422


def test_oembed_keeps_the_options_of_the_address_and_drops_what_is_none(client: httpx.Client, served: Served) -> None:
    query = 'preset=processes&t=1200&theme=dark&x="><script>1</script>&a b=c&<i>=1'
    html = ask(client, f"{served.url}/en/lessons/{SLUG}?{query}").json()["html"]
    address = unescape(re.search(r'src="([^"]+)"', html)[1])  # type: ignore[index]
    assert parse_qs(urlsplit(address).query) == {"preset": ["processes"], "t": ["1200"], "theme": ["dark"]}
    assert "<script" not in html


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/en/lessons/{slug}", "http://127.0.0.1:1/en/lessons/{slug}", "{base}/en/lessons/nothing",
     "{base}/fr/lessons/{slug}", "{base}/", "{base}/api/lessons", "{base}@evil.example/en/lessons/{slug}",
     "//evil.example/en/lessons/{slug}", "/en/lessons/{slug}", "javascript:alert(1)", "",
     "{base}/en/lessons/../../{slug}",
     "{base}.evil.example/en/lessons/{slug}", "https:{base}/en/lessons/{slug}", "http://[::1/en/lessons/{slug}"],
)  # fmt: skip
def test_oembed_knows_only_this_servers_lessons(url: str, client: httpx.Client, served: Served) -> None:
    answer = ask(client, url.format(base=served.url, slug=SLUG))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "evil" not in answer.text


def test_oembed_speaks_json_only(client: httpx.Client, served: Served) -> None:
    assert ask(client, f"{served.url}/en/lessons/{SLUG}", format="xml").status_code == 501


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_lessons_page_says_where_oembed_answers_for_it(lang: str, client: httpx.Client, served: Served) -> None:
    html = client.get(f"/{lang}/lessons/{SLUG}").text
    link = re.search(r'<link[^>]*application/json\+oembed"[^>]*href="([^"]+)"', html)
    assert link is not None
    assert client.get(unescape(link[1])).json()["type"] == "rich"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_embed_starts_runs_as_the_lesson_does_and_leads_to_it_in_a_new_tab(lang: str, client: httpx.Client) -> None:
    page, lesson = client.get(f"/embed/{lang}/{SLUG}"), client.get(f"/{lang}/lessons/{SLUG}")
    assert page.status_code == 200
    go = re.search(r'<button class="go"[^>]*>', page.text)
    assert go is not None
    assert f'hx-post="/{lang}/lessons/{SLUG}/run"' in go[0]
    assert go[0] in lesson.text
    assert re.search(r'<form id="run-form"[^>]* target="_blank">', page.text), "without a script it leaves the frame"
    assert re.search(rf'<a href="[^"]*/{lang}/lessons/{SLUG}" target="_blank" rel="noopener"', page.text)
    assert "set-cookie" not in page.headers


def test_snippet_and_oembed_let_a_frame_run_and_its_tabs_be_no_sandbox(client: httpx.Client, served: Served) -> None:
    wanted = {"allow-scripts", "allow-same-origin", "allow-forms", "allow-popups", "allow-popups-to-escape-sandbox"}
    said = [ask(client, f"{served.url}/en/lessons/{SLUG}").json()["html"]]
    said.append(unescape(client.get(f"/en/lessons/{SLUG}").text))
    said += [(ROOT / name).read_text() for name in ("README.md", "README.zh.md")]
    for text in said:
        found = re.search(r'<iframe [^>]*sandbox="([^"]+)"', text)
        assert found is not None
        assert set(found[1].split()) == wanted


def shape(html: str) -> tuple[bool, str, str, bool]:
    """What an embed's address decides: the veil, the controls, the language, whether a theme is set."""
    tag = re.search(r"<html[^>]*>", html)
    controls = re.search(r'data-controls="(\w+)"', html)
    assert tag is not None
    assert controls is not None
    return "data-veil" in tag[0], controls[1], tag[0].split('lang="')[1][:2], "data-theme" in tag[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("", (True, "full", "en", False)), ("guess=skip", (False, "full", "en", False)),
     ("controls=minimal", (False, "minimal", "en", False)), ("controls=none&theme=dark", (False, "none", "en", True)),
     ("lang=zh", (True, "full", "zh", False)), ("step=keep", (False, "full", "en", False)),
     ("t=1200", (False, "full", "en", False)), ("controls=all&theme=pink&lang=fr", (True, "full", "en", False)),
     ("guess=zzz&step=zzz&t=abc&view=9&task=-1", (True, "full", "en", False)),
     ("guess=skip&guess=zzz&controls=%22%3E%3Cscript%3E", (True, "full", "en", False))],
)  # fmt: skip
def test_an_embeds_parameters_are_honoured_and_nonsense_is_as_if_it_were_not_there(
    query: str, expected: tuple[bool, str, str, bool], client: httpx.Client
) -> None:
    answer = client.get(f"/embed/en/{SLUG}?{query}")
    assert answer.status_code == 200
    assert shape(answer.text) == expected
    assert "zzz" not in answer.text


def test_a_preset_that_is_none_is_a_page_that_says_so(client: httpx.Client) -> None:
    assert client.get(f"/embed/en/{SLUG}?preset=zzz").status_code == 404


def test_an_embed_is_the_lesson_to_whoever_asks_what_it_is_the_same_as(client: httpx.Client, served: Served) -> None:
    html = client.get(f"/embed/zh/{SLUG}").text
    assert f'<link rel="canonical" href="{served.url}/zh/lessons/{SLUG}">' in html
    for address in re.findall(r'hreflang="[^"]+" href="([^"]+)"', html):
        assert client.get(address, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", [f"/embed/fr/{SLUG}", "/embed/en/nothing", "/embed/en/", "/embed/", "/embed"])
def test_an_embed_that_is_none_is_a_page_that_says_so(path: str, client: httpx.Client) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [(Settings(), "http://127.0.0.1:8000"), (Settings(host="0.0.0.0", port=80), "http://127.0.0.1:80"),
     (Settings(host="::1", port=9), "http://[::1]:9"), (Settings(public_url="https://a.example/x/"), "https://a.example/x")],
)  # fmt: skip
def test_links_begin_with_the_public_address_or_else_with_host_and_port(settings: Settings, expected: str) -> None:
    assert links.base(settings) == expected
    assert links.embed(settings, "zh", "a-b") == f"{expected}/embed/zh/a-b"


@pytest.mark.parametrize(
    ("url", "expected"),
    [("HTTPS://Example.ORG:443/a?b", "https://example.org"), ("http://a:80", "http://a"), ("http://a:81/", "http://a:81"),
     ("http://[::1]:8000", "http://[::1]:8000"), ("null", ""), ("", ""), ("http://", ""), ("http://a:99999", ""),
     ("http://[", "")],
)  # fmt: skip
def test_an_origin_is_scheme_host_and_port_as_browsers_write_it(url: str, expected: str) -> None:
    assert links.origin(url) == expected


def test_the_snippet_escapes_what_it_is_given() -> None:
    assert links.iframe('https://a.example/?a=1&b="', '"><b>').startswith(
        '<iframe src="https://a.example/?a=1&amp;b=&quot;" title="&quot;&gt;&lt;b&gt;"'
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("slug", catalog.discover())
def test_every_lesson_has_a_picture_for_other_sites(slug: str, lang: str, client: httpx.Client, served: Served) -> None:
    page = client.get(f"/{lang}/lessons/{slug}").text
    named = re.search(r'<meta property="og:image" content="([^"]+)"', page)
    assert named is not None
    assert 'content="summary_large_image"' in page
    said = ask(client, f"{served.url}/{lang}/lessons/{slug}").json()
    assert said["thumbnail_url"] == named[1] == f"{served.url}/{lang}/lessons/{slug}/preview.png"
    assert "thumbnail_url" not in ask(client, f"{served.url}/{lang}/lessons/{slug}", maxwidth="400").json()
    picture = client.get(named[1])
    assert picture.headers["content-type"] == "image/png"
    assert picture.content[:8] == b"\x89PNG\r\n\x1a\n"
    size = tuple(int.from_bytes(picture.content[at : at + 4]) for at in (16, 20))
    assert size == (said["thumbnail_width"], said["thumbnail_height"]) == (1200, 630)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_embed_names_its_lesson_as_canonical_and_only_pages_that_exist(lang: str, client: httpx.Client) -> None:
    html = client.get(f"/embed/{lang}/{SLUG}").text
    canonical = re.search(r'<link rel="canonical" href="([^"]+)"', html)
    assert canonical is not None
    assert urlsplit(canonical[1]).path == f"/{lang}/lessons/{SLUG}"
    others = re.findall(r'hreflang="[^"]+" href="([^"]+)"', html)
    assert [client.get(other).status_code for other in others] == [200, 200, 307]


@pytest.mark.parametrize("path", [f"/en/lessons/{SLUG}", "/zh/about", "/en/about/tutorial", f"/embed/zh/{SLUG}"])
def test_a_slash_at_the_end_leads_to_the_page(path: str, client: httpx.Client) -> None:
    answer = client.get(f"{path}/?step=x")
    assert (answer.status_code, answer.headers["location"]) == (308, f"{path}?step=x")


def test_a_browser_that_asks_for_the_icon_by_its_old_name_gets_it(client: httpx.Client) -> None:
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
