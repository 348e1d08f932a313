"""What a lesson's page offers to download: a list that follows what is on screen, and files that are what it says."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from server.lesson import catalog
from server.log import export, recording
from server.text import labels
from server.text.labels import LANGS, Lang

SLUG, PRESET = "concurrency-parallelism", "processes"
LINK = re.compile(r'<a href="([^"]+)" download>')


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("slug", catalog.discover())
def test_every_link_of_every_lessons_list_leads_to_a_file(client: httpx.Client, slug: str, lang: Lang) -> None:
    page = client.get(f"/{lang}/lessons/{slug}").text
    (address,) = re.findall(r'<details [^>]*data-again>.*?<a href="([^"]+)" data-part>', page)
    answer = client.get(address, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<h1" not in answer.text
    links = [link.replace("&amp;", "&") for link in LINK.findall(answer.text)]
    assert [link.partition("?")[0].rpartition("/")[2] for link in links] == [
        "replay.html", "trace.json", links[2].rpartition("/")[2], "lab.py", "quiz.gift",
    ]  # fmt: skip
    for link in links:
        found = client.get(link)
        assert found.status_code == 200
        assert found.content


def test_the_list_is_a_page_for_whoever_has_no_script(client: httpx.Client) -> None:
    page = client.get(f"/zh/lessons/{SLUG}").text
    assert f'<a href="/zh/lessons/{SLUG}/take" data-part>' in page
    answer = client.get(f"/zh/lessons/{SLUG}/take?preset={PRESET}")
    assert answer.status_code == 200
    assert f"<h1>{labels.words('zh')['take']['title']}</h1>" in answer.text
    assert client.get("/zh/lessons/nope/take").status_code == 404
    assert client.get(f"/zh/lessons/{SLUG}/take?preset=nope").status_code == 404


def test_the_list_of_a_run_is_of_that_run(client: httpx.Client) -> None:
    params = {"tasks": 2, "millions": 8}
    run = client.post("/api/runs", json={"lesson": SLUG, "preset": PRESET, "params": params}).json()
    auth = {"Authorization": f"Bearer {run['key']}"}
    text = client.get(f"/en/lessons/{SLUG}/take?run={run['id']}", headers={"HX-Request": "true"}).text
    assert f'href="/api/runs/{run["id"]}/trace.json"' in text
    over = "replay.html" in text
    assert over or labels.words("en")["take"]["waits"] in text
    assert client.get(f"/en/lessons/states/take?run={run['id']}").status_code == 404
    client.delete(f"/api/runs/{run['id']}", headers=auth)


def test_the_trace_and_the_offline_file_of_a_shipped_recording(client: httpx.Client) -> None:
    path = catalog.recording_path(SLUG, PRESET)
    assert path is not None
    base = f"/api/lessons/{SLUG}/recordings/{PRESET}"
    trace = client.get(f"{base}/trace.json")
    assert trace.json() == json.loads(export.chrome_trace(recording.read(path).entries))
    assert trace.headers["content-disposition"] == f'attachment; filename="{SLUG}-{PRESET}.trace.json"'
    for lang, tag in (("zh", "zh-Hans"), ("en", "en")):
        file = client.get(f"{base}/replay.html?lang={lang}")
        assert file.status_code == 200
        assert f'<html lang="{tag}"' in file.text
        assert f"{PRESET}.{lang}.html" in file.headers["content-disposition"]
    assert client.get(f"{base}/replay.html?lang=fr").status_code == 422
    assert client.get(f"/api/lessons/{SLUG}/recordings/nope/trace.json").status_code == 404


def test_every_trace_keeps_the_format_of_trace_events(client: httpx.Client) -> None:
    """The JSON Array Format of Chrome's trace events: complete ("X") events have a length, all have a time in µs."""
    for slug, lesson in catalog.discover().items():
        for preset in lesson.presets:
            if catalog.recording_path(slug, preset.name) is None:
                continue
            events = client.get(f"/api/lessons/{slug}/recordings/{preset.name}/trace.json").json()["traceEvents"]
            assert events
            for each in events:
                assert each["ph"] in {"X", "i", "M", "C", "s", "f", "B", "E", "b", "e", "n"}, each
                assert isinstance(each["pid"], int)
                assert each["ph"] == "M" or each["ts"] >= 0
                assert each["ph"] != "X" or each["dur"] >= 0
