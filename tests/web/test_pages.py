"""The pages from outside, without a browser: what a reader without scripts gets, and how forms are answered."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from server.lesson.catalog import discover
from server.stage import machine
from server.text import labels, lesson_text

SLUGS = list(discover())
PATHS = ("/", "/about", "/about/tutorial", *(f"/lessons/{slug}" for slug in SLUGS))
PAGES = [f"/{lang}{path}" for lang in ("zh", "en") for path in PATHS]
SLUG = "concurrency-parallelism"
VOID = {"meta", "link", "input", "br", "hr", "img", "wbr", "col"}


class Outline(HTMLParser):
    """What a test asks of a page: its elements with attributes, its text, and whether tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [a for name, a in self.elements if name == tag and all(a.get(k) == v for k, v in wanted.items())]


@pytest.fixture
def ask(client: httpx.Client) -> Iterator[Any]:
    def page(path: str, status: int = 200) -> Outline:
        answer = client.get(path)
        assert answer.status_code == status, path
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return Outline(answer.text)

    return page


@pytest.mark.parametrize(
    ("headers", "lang"),
    [
        ({}, "en"), ({"Accept-Language": "zh-TW,en;q=0.5"}, "zh"), ({"Accept-Language": "fr"}, "en"),
        ({"Accept-Language": "zh", "Cookie": "lang=en"}, "en"), ({"Cookie": "lang=zh"}, "zh"),
    ],
)  # fmt: skip
def test_the_front_door_leads_to_the_readers_language(client: httpx.Client, headers: dict[str, str], lang: str) -> None:
    answer = client.get("/", headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (307, f"/{lang}/")
    assert {"cookie", "accept-language"} <= {each.strip().lower() for each in answer.headers["vary"].split(",")}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_one_heading_landmarks_a_language_and_its_other_language(ask: Any, path: str) -> None:
    page = ask(path)
    lang = path[1:3]
    assert len(page.all("h1")) == len(page.all("main", id="main")) == 1
    assert len(page.all("header", **{"class": "top"})) == 1
    assert page.all("html")[0]["lang"] == labels.TAGS[lang]  # type: ignore[index]
    assert page.all("a", **{"class": "skip"})[0]["href"] == "#main"
    assert {each["hreflang"] for each in page.all("link", rel="alternate") if "hreflang" in each} >= {"zh-Hans", "en"}
    other = [each["href"] for each in page.all("a") if "data-language" in each]
    assert other == [path.replace(f"/{lang}/", "/zh/" if lang == "en" else "/en/", 1)]
    assert all(each.get("aria-label") or each.get("aria-labelledby") for each in page.all("nav"))


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_a_script_or_style_of_its_own_or_repeats_an_id(ask: Any, path: str) -> None:
    page = ask(path)
    assert all("src" in each or each.get("type") == "application/json" for each in page.all("script"))
    assert not page.all("style")
    assert not [name for _, each in page.elements for name in each if name == "style" or name.startswith("on")]
    ids = [each["id"] for _, each in page.elements if "id" in each]
    assert len(ids) == len(set(ids))
    for _, each in page.elements:
        for name in ("aria-labelledby", "aria-describedby", "for", "form"):
            assert set(each.get(name, "").split()) <= set(ids)


@pytest.mark.parametrize("path", PAGES)
def test_every_link_within_the_site_leads_somewhere(ask: Any, client: httpx.Client, path: str) -> None:
    page = ask(path)
    links = {each["href"] for each in page.all("a") + page.all("link") if each.get("href", "").startswith(("/", "?"))}
    for link in sorted(links):
        answer = client.get(httpx.URL(str(client.base_url)).join(path).join(link), follow_redirects=True)
        assert answer.status_code == 200, link


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_lesson_reads_right_without_any_script(ask: Any, slug: str, lang: str) -> None:
    step = lesson_text.text(slug, lang).steps[1].id
    page = ask(f"/{lang}/lessons/{slug}?step={step}")
    assert len(page.all("section", **{"class": "step"})) >= 6
    states = {each.get("class") for each in page.all("rect")}
    assert states & {"running", "ready", "blocked"}, "the still picture of the recording"
    assert any("data-value" in each for each in page.all("output")), "figures of the recording"
    prose = page.text.split('"labels"')[0]
    assert "::" not in prose
    assert "**" not in prose


@pytest.mark.real_processes
def test_the_time_slice_is_a_slider_that_shows_its_value_where_the_kernel_has_it(ask: Any) -> None:
    page = ask("/en/lessons/multiprogramming?slice_ms=30")
    sliders = [each for each in page.all("input", type="range") if each.get("name") == "slice_ms"]
    if not machine.probe_machine().has("slice"):
        assert sliders == []
        return
    assert [(each["min"], each["value"], each["max"]) for each in sliders] == [("0", "30", "100")]
    assert re.search(r"kernel's own\)\s*30\s*ms", page.text)


def test_a_figure_that_a_preset_never_measures_is_not_shown(ask: Any) -> None:
    page = ask("/en/lessons/sync-async?preset=asyncio")
    figures = page.all("dl", **{"class": "figures"})
    assert figures
    assert [row for row in page.all("div") if "hidden" in row], "polling is not part of asyncio's calls"


@pytest.mark.parametrize("slug", SLUGS)
def test_the_page_block_is_json_with_every_word_its_scripts_need(client: httpx.Client, slug: str) -> None:
    lesson = discover()[slug]
    for lang in ("zh", "en"):
        html = client.get(f"/{lang}/lessons/{slug}").text
        found = re.search(r'<script type="application/json" id="page">(.*?)</script>', html, re.S)
        assert found
        page = json.loads(found[1])
        assert (page["lang"], page["slug"], page["views"]) == (lang, slug, list(lesson.views))
        later = client.get(f"/{lang}/lessons/{slug}/words.json").json()
        assert not set(later) & set(page["labels"])
        assert {**page["labels"], **later} == labels.for_browser(lang, lesson_text.text(slug, lang).front)
        assert page["right"] in page["answers"]


def test_the_elements_that_scripts_look_for_are_there(ask: Any) -> None:
    page = ask(f"/en/lessons/{SLUG}")
    ids = {each["id"] for _, each in page.elements if "id" in each}
    wanted = "run-form run player scrub clock speed status proof evidence evidence-body help shortcuts projector page"
    assert {*wanted.split(), "provenance", "because"} <= ids
    tools = {each["data-do"] for each in page.all("button") if "data-do" in each}
    wanted = "play next previous next-change faster slower zoom-in zoom-out fit live loop help home end"
    assert tools == set(wanted.split())
    assert {each["data-view"] for _, each in page.elements if "data-view" in each} == set(discover()[SLUG].views)


def test_the_language_link_keeps_the_query(ask: Any) -> None:
    page = ask(f"/en/lessons/{SLUG}?preset=threads&t=5")
    link = next(each["href"] for each in page.all("a") if "data-language" in each)
    assert link == f"/zh/lessons/{SLUG}?preset=threads&t=5"


def test_a_preset_of_the_address_is_shown_and_its_parameters_are_in_the_form(ask: Any) -> None:
    page = ask(f"/en/lessons/{SLUG}?preset=threads&tasks=3")
    assert page.all("a", **{"data-preset": "threads"})[0]["aria-current"] == "true"
    assert page.all("input", name="preset")[0]["value"] == "threads"
    assert page.all("input", name="tasks")[0]["value"] == "3"
    assert "selected" in next(each for each in page.all("option") if each["value"] == "threads")


@pytest.mark.parametrize(
    "query", ["tasks=99", "tasks=x", "tasks=2&tasks=3", "nix=1", "kind=%3Cscript%3E", "%zz", "a=b;c"]
)
def test_a_strange_query_is_passed_over_and_never_repeated(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/en/lessons/{SLUG}?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/zh/lessons/nix", "这里没有这一课"), ("/en/lessons/nix", "no such lesson"), ("/en/nix", "leads nowhere"),
        (f"/zh/lessons/{SLUG}?run={'a' * 26}", "这里不认识这次运行"),
        (f"/en/lessons/{SLUG}?preset=nix", "no such preset"),
        ("/fr/lessons/x", "leads nowhere"), ("/nix", "leads nowhere"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_the_readers_language_with_what_exists(ask: Any, path: str, words: str) -> None:
    page = ask(path, status=404)
    assert words in page.text
    lang = "zh" if path.startswith("/zh") else "en"
    for slug in SLUGS:
        assert page.all("a", href=f"/{lang}/lessons/{slug}")
    assert "nix" not in page.text


def test_the_404_page_speaks_the_language_of_the_browser(client: httpx.Client) -> None:
    answer = client.get("/nix", headers={"Accept-Language": "zh-CN"})
    assert (answer.status_code, answer.headers["content-language"]) == (404, "zh-Hans")


FORM = {"preset": "processes", "kind": "processes", "tasks": "2", "cores": "1", "millions": "8"}
HTMX = {"HX-Request": "true"}


def post(client: httpx.Client, lang: str = "en", headers: dict[str, str] = HTMX, **fields: str) -> httpx.Response:
    return client.post(f"/{lang}/lessons/{SLUG}/run", data={**FORM, **fields}, headers=headers)


@pytest.mark.real_processes
def test_the_form_answers_with_the_runs_fragment(client: httpx.Client) -> None:
    answer = post(client)
    assert answer.status_code == 200
    run = Outline(answer.text).all("div", id="run")[0]
    assert run["data-status"] in ("queued", "running")
    assert run["data-events"] == f"/api/runs/{run['data-run']}/events"
    stopped = client.delete(f"/api/runs/{run['data-run']}", headers={"Authorization": f"Bearer {run['data-key']}"})
    assert stopped.status_code == 204
    shown = client.get(f"/zh/lessons/{SLUG}?run={run['data-run']}")
    assert shown.status_code == 200
    assert run["data-key"] not in shown.text


@pytest.mark.real_processes
def test_without_a_script_the_form_leads_to_the_run(client: httpx.Client) -> None:
    answer = post(client, headers={})
    assert answer.status_code == 303
    found = re.fullmatch(rf"/en/lessons/{SLUG}\?run=([a-z0-9]+)#key=([a-z0-9]+)", answer.headers["location"])
    assert found
    client.delete(f"/api/runs/{found[1]}", headers={"Authorization": f"Bearer {found[2]}"})


@pytest.mark.parametrize(
    ("lang", "fields", "sentence"),
    [
        ("en", {"tasks": "99"}, "“Jobs” must be a whole number from 2 to 6."),
        ("en", {"tasks": "3.0"}, "“Jobs” must be a whole number from 2 to 6."),
        ("zh", {"tasks": "七"}, "“工作份数”必须是2到6之间的整数。"),
        ("en", {"kind": "fibres"}, "must be one of Processes, "),
        ("en", {"preset": "nix"}, "“Presets” must be one of Processes, "),
        ("en", {"evil": "1"}, "a field the lesson does not know"),
        ("en", {"tasks": "6", "millions": "40"}, "too much work"),
        ("zh", {"tasks": "\u2028"}, "必须是2到6之间的整数"),
    ],
)
def test_an_error_comes_back_as_a_sentence_in_the_form(
    client: httpx.Client, lang: str, fields: dict[str, str], sentence: str
) -> None:
    for headers in (HTMX, {}):
        answer = post(client, lang, headers, **fields)
        assert answer.status_code == 422
        assert sentence in Outline(answer.text).text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"tasks": 2}', "application/json"), (b"tasks=2", "text/plain"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"tasks=%ed%a0%80", "application/x-www-form-urlencoded"), (b"&" * 3, "application/x-www-form-urlencoded"),
        (b"&".join([b"a=1"] * 80), "application/x-www-form-urlencoded"),
        (b"tasks=2&tasks=3", "application/x-www-form-urlencoded"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_in_words(client: httpx.Client, body: bytes, kind: str) -> None:
    answer = client.post(f"/en/lessons/{SLUG}/run", content=body, headers={**HTMX, "Content-Type": kind})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_another_site_cannot_start_a_run(client: httpx.Client) -> None:
    answer = post(client, headers={**HTMX, "Sec-Fetch-Site": "cross-site", "Origin": "https://example.org"})
    assert answer.status_code == 403


def test_the_download_is_the_lessons_own_program(client: httpx.Client) -> None:
    answer = client.get(f"/zh/lessons/{SLUG}/lab.py")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    compile(answer.text, "lab.py", "exec")
