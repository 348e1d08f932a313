"""Pages that wait: one place each, equal starts are one run, the place is on the stream, and leaving gives it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from server.runs.run_state import QueuePosition, WaitReason
from server.text import labels
from server.web import frames, run_sentence
from server.web.screen import RunOnScreen
from tests.conftest import serving

pytestmark = pytest.mark.real_processes


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[httpx.Client]:
    """A server whose cores are taken by runs that go on until they are stopped."""
    with serving(tmp_path, "tests.lab") as served, httpx.Client(base_url=served.url, timeout=60) as client:
        while client.post("/api/runs", json={"lesson": "hold"}).json()["status"] == "running":
            pass
        yield client


def ask(client: httpx.Client, page: str, **more: Any) -> httpx.Response:
    return client.post("/api/runs", json={"lesson": "hold", "page": page, **more})


def test_equal_starts_that_wait_are_one_run_and_only_its_maker_has_the_key(busy: httpx.Client) -> None:
    first, second, third = (ask(busy, name) for name in ("one", "two", "three"))
    assert [answer.status_code for answer in (first, second, third)] == [201, 200, 200]
    assert len({answer.json()["id"] for answer in (first, second, third)}) == 1
    assert [answer.json().get("joined") for answer in (first, second, third)] == [None, 1, 2]
    assert ["key" in answer.json() for answer in (first, second, third)] == [True, False, False]
    assert second.json()["links"]["events"].endswith("/events?page=two")
    assert second.json()["status"] == "queued"
    assert second.json()["estimate_s"] >= 1


def test_other_parameters_a_start_without_a_page_and_one_of_ones_own_are_runs_of_their_own(busy: httpx.Client) -> None:
    first = ask(busy, "one").json()
    others = [
        ask(busy, "two", params={"number": 1}),
        busy.post("/api/runs", json={"lesson": "hold"}),
        ask(busy, "three", own=True),
    ]
    assert [answer.status_code for answer in others] == [201, 201, 201]
    assert len({first["id"], *(answer.json()["id"] for answer in others)}) == 4


def test_a_second_press_keeps_the_place_and_another_wish_gives_it_up(busy: httpx.Client) -> None:
    first = ask(busy, "one").json()
    again = ask(busy, "one")
    assert (again.status_code, again.json()["id"], again.json()["key"]) == (200, first["id"], first["key"])
    other = ask(busy, "one", params={"number": 1})
    assert other.status_code == 201
    assert busy.get(first["links"]["self"]).json()["status"] == "stopped"


def test_interactive_runs_are_never_joined(busy: httpx.Client) -> None:
    first, second = (busy.post("/api/runs", json={"lesson": "echo", "page": name}) for name in ("one", "two"))
    assert first.json()["id"] != second.json()["id"]


def test_the_holder_who_stops_leaves_it_to_those_who_joined(busy: httpx.Client) -> None:
    run = ask(busy, "one").json()
    ask(busy, "two")
    assert busy.delete(run["links"]["self"], headers={"Authorization": f"Bearer {run['key']}"}).status_code == 204
    assert busy.get(run["links"]["self"]).json()["status"] == "queued"
    assert busy.delete(run["links"]["self"], params={"page": "stranger"}).status_code == 401
    assert busy.delete(run["links"]["self"], params={"page": "two"}).status_code == 204
    assert busy.get(run["links"]["self"]).json()["status"] == "stopped"


def test_a_waiting_run_says_its_place_on_its_stream_and_again_when_it_changes(busy: httpx.Client) -> None:
    before, mine = ask(busy, "before", params={"number": 1}).json(), ask(busy, "mine").json()
    places: list[dict[str, Any]] = []
    with busy.stream("GET", mine["links"]["events"]) as answer:
        event = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            if not line.startswith("data: ") or event != "queue":
                continue
            places.append(json.loads(line.removeprefix("data: ")))
            if len(places) == 1:
                busy.delete(before["links"]["self"], headers={"Authorization": f"Bearer {before['key']}"})
            if places[-1]["place"] < places[0]["place"]:
                break
    assert {"place", "estimate_s", "pages"} <= set(places[0])
    assert places[-1]["place"] == places[0]["place"] - 1


@pytest.mark.parametrize("page", ["", "A", "a b", "ä", "a" * 65, 7])
def test_what_is_no_name_of_a_page_is_refused(busy: httpx.Client, page: Any) -> None:
    answer = busy.post("/api/runs", json={"lesson": "hold", "page": page})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "page"


def test_the_form_of_a_page_starts_joins_and_asks_for_a_run_of_its_own(tmp_path: Path) -> None:
    def press(client: httpx.Client, lang: str, **fields: str) -> str:
        form = {"kind": "threads", "tasks": "2", "cores": "2", "millions": "40", **fields}
        answer = client.post(f"/{lang}/lessons/concurrency-parallelism/run", data=form, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.text
        return answer.text

    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        for number in range(4):  # somebody has the cores, and some wait
            client.post("/api/runs", json={"lesson": "concurrency-parallelism", "params": {"millions": 30 + number}})
        first, second = press(client, "en", page="one"), press(client, "zh", page="two")
        assert 'data-status="queued"' in first
        assert "data-key=" in first
        assert "it should start in about" in first
        assert "data-key=" not in second
        assert "你和另外1人" in second
        assert "data-own" in second
        assert "/events?page=two" in second
        own = press(client, "zh", page="two", own="1")
        assert "data-key=" in own
        assert "data-joined" not in own


@pytest.mark.parametrize("lang", labels.LANGS)
def test_whatever_a_run_lacks_that_waits_is_said_in_the_language_of_the_page(lang: labels.Lang) -> None:
    said = {
        lack: run_sentence.sentence(labels.words(lang), RunOnScreen("id", "queued", QueuePosition(3, 40.0, 2, lack)))
        for lack in get_args(WaitReason)
    }
    assert len(set(said.values())) == len(said) == 5
    assert all(sentence.startswith(said[""]) for sentence in said.values())
    assert "3" in said[""]
    assert "40" in said[""]


def test_the_stream_says_what_a_run_lacks_by_its_name_and_nothing_where_it_lacks_nothing() -> None:
    assert frames.queue(3, 40.0, 2) == b'event: queue\ndata: {"place":3,"estimate_s":40,"pages":2}\n\n'
    assert b'"why":"quota"' in frames.queue(3, 40.0, 2, "quota")


def test_a_page_that_polls_is_told_where_its_run_stands_as_a_stream_is(busy: httpx.Client) -> None:
    run = ask(busy, "one").json()
    ask(busy, "two", params={"number": 1})
    told = json.loads(busy.get(run["links"]["log"]).headers["timeslice-queue"])
    assert told["place"] == busy.get(run["links"]["self"]).json()["position"]
    assert told["pages"] == 1
    assert told["estimate_s"] >= 1
