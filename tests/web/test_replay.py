"""The file that plays a run without a server: nothing in it is fetched, and what it plays is the run."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import pytest

from server.events import encode
from server.lesson import catalog
from server.log import recording, seals
from server.log.recording import Recording
from server.settings import Settings
from server.text.labels import Lang
from server.web import replay
from server.web import scripts as web_scripts
from tests.log.test_recording import lines, sample_entries

SLUG = "concurrency-parallelism"
IMPORTED = re.compile(r"""(?:\bfrom\s*|^import\s*)["']([^"']+\.js)["']|\bimport\(\s*[`"']([^`"']+\.js)""", re.MULTILINE)


def shipped() -> Recording:
    path = catalog.recording_path(SLUG, "processes")
    assert path is not None
    return recording.read(path)


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request: pytest.FixtureRequest) -> str:
    lang: Lang = request.param
    return replay.html(Settings(), "abcdef123", shipped(), lang).decode("utf-8")


def scripts(page: str, kind: str) -> list[str]:
    return re.findall(rf'<script type="{kind}"[^>]*>(.*?)</script>', page, re.DOTALL)


def modules(page: str) -> dict[str, str]:
    (mapped,) = scripts(page, "importmap")
    found: dict[str, str] = json.loads(mapped)["imports"]
    return {name: base64.b64decode(url.partition(",")[2]).decode("utf-8") for name, url in found.items()}


def test_nothing_in_the_file_is_fetched(page: str) -> None:
    assert "/static/" not in page
    assert not re.findall(r"\ssrc=", page)
    assert all('rel="stylesheet"' not in tag and "modulepreload" not in tag for tag in re.findall(r"<link[^>]*>", page))
    assert 'id="run-form"' not in page
    assert "<style>" in page


def test_every_module_that_is_imported_is_in_the_map_and_nothing_else_is_asked_for(page: str) -> None:
    found = modules(page)
    (start,) = scripts(page, "module")
    asked = set(re.findall(r'"(timeslice/[^"]+)"', start))
    assert asked
    for text in found.values():
        for plain, dynamic in IMPORTED.findall(re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)):
            name = plain or dynamic
            asked |= {each for each in found if each.startswith(name.partition("$")[0])} if "$" in name else {name}
    assert asked - {f"timeslice/{web_scripts.LIVE}"} == set(found)  # that starts a run: there is no server here


def carried(page: str) -> tuple[dict[str, Any], dict[str, Recording]]:
    """What the file's scripts are told, and its recordings by preset; "" is the run that it is of."""
    said, recordings, _ = (json.loads(text) for text in scripts(page, "application/json"))
    found: dict[str, Recording] = {}
    for name, address in recordings.items():
        kind, _, data = address.partition(",")
        assert kind == "data:application/gzip;base64"
        found[name] = seals.read(base64.b64decode(data))
    return said, found


def test_the_file_has_every_recording_of_the_lesson_and_is_no_larger_than_it_must_be(page: str) -> None:
    said, found = carried(page)
    assert (said["run"], said["own"]) == (None, None)
    assert set(found) == {preset.name for preset in catalog.discover()[SLUG].presets}
    assert found["processes"].lines == shipped().lines
    assert all(each.damage is None for each in found.values())
    assert len(page) < 1_100_000


def test_a_readers_own_run_is_in_the_file_beside_the_recordings() -> None:
    first = shipped().entries[0]
    own = replace(first, fact=replace(first.fact, recorded_at="2026-01-02T03:04:05Z"))
    run = Recording([own, *shipped().entries[1:]], [encode(own), *shipped().lines[1:]], 1, None)
    said, found = carried(replay.html(Settings(), "abcdef123", run).decode("utf-8"))
    assert said["own"] == {"id": "abcdef123", "preset": "processes"}
    assert found[""].lines == run.lines
    assert found["processes"].lines == shipped().lines


def test_the_file_has_both_languages_and_links_to_the_public_address_or_to_none() -> None:
    page = replay.html(Settings(), "local", shipped(), "zh").decode("utf-8")
    other = json.loads(scripts(page, "application/json")[2])
    for text, lang in ((page, "zh-Hans"), (other, "en")):
        assert f'<html lang="{lang}" data-page="lesson" data-veil' in text
        assert "http://" not in re.sub(
            r"http://www\.w3\.org/[a-z0-9/]+", "", re.sub(r"<script.*?</script>", "", text, flags=re.S)
        )
        assert not re.findall(r'href="/', text)
    public = replay.html(Settings(public_url="https://a.example/os/"), "local", shipped()).decode("utf-8")
    assert f'<a href="https://a.example/os/en/lessons/{SLUG}">' in public


def test_a_damaged_run_plays_its_good_part_and_one_without_a_start_is_refused() -> None:
    whole = shipped()
    cut = Recording(whole.entries[:40], whole.lines[:40], 1, "good up to entry 40, then damaged: line 41 is torn")
    assert b'id="page"' in replay.html(Settings(), "x", cut)
    with pytest.raises(replay.NoRun):
        replay.html(Settings(), "x", Recording([], [], 1, "it is empty"))
    gone = sample_entries(3)
    gone[0] = replace(gone[0], fact=replace(gone[0].fact, lesson="a-lesson-that-is-not-here"))
    with pytest.raises(replay.NoRun):
        replay.html(Settings(), "x", Recording(gone, lines(gone), 1, None))


def test_a_run_that_is_older_than_its_lesson_still_plays() -> None:
    whole = shipped()
    first = replace(whole.entries[0], fact=replace(whole.entries[0].fact, params={}, preset="dropped"))
    older = [first, *whole.entries[1:]]
    assert b'id="page"' in replay.html(Settings(), "x", Recording(older, [encode(each) for each in older], 1, None))
