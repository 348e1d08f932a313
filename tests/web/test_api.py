"""The JSON API from outside: a real server, real runs."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.lesson import catalog
from tests.conftest import Served, serving

pytestmark = pytest.mark.real_processes

PROBLEM = "application/problem+json"


@pytest.fixture
def bench(lab: Served) -> Iterator[httpx.Client]:
    """A client of the server with the test lessons."""
    with httpx.Client(base_url=lab.url, timeout=60) as made:
        yield made


def start(client: httpx.Client, lesson: str, **params: Any) -> dict[str, Any]:
    answer = client.post("/api/runs", json={"lesson": lesson, "params": params})
    assert answer.status_code == 201, answer.text
    run: dict[str, Any] = answer.json()
    return run


def bearer(run: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {run['key']}"}


def stop(client: httpx.Client, run: dict[str, Any]) -> None:
    assert client.delete(run["links"]["self"], headers=bearer(run)).status_code == 204


def events(client: httpx.Client, run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(event, data) of the run's stream until the server closes it."""
    with client.stream("GET", run["links"]["events"]) as answer:
        name = "message"
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, line.removeprefix("data: ")


def finish(client: httpx.Client, run: dict[str, Any]) -> dict[str, Any]:
    """Follows the run to its end; what the API then says of it."""
    assert [name for name, _ in events(client, run)][-1] == "end"
    ended: dict[str, Any] = client.get(run["links"]["self"]).json()
    return ended


def until(client: httpx.Client, run: dict[str, Any], text: str) -> None:
    """Reads the stream until it holds the text."""
    for _, data in events(client, run):
        if text in data:
            return
    raise AssertionError(f"the run ended without {text}")


def test_starting_a_run_answers_201_with_its_address_and_the_key_that_nobody_sees_again(bench: httpx.Client) -> None:
    answer = bench.post("/api/runs", json={"lesson": "echo"})
    assert answer.status_code == 201
    run = answer.json()
    assert answer.headers["location"] == run["links"]["self"] == f"/api/runs/{run['id']}"
    assert re.fullmatch(r"[a-z0-9]{26}", run["id"])
    assert re.fullmatch(r"[a-z0-9]{26}", run["key"])
    assert set(run) >= {"id", "key", "lesson", "params", "status", "position", "tier", "links"}
    seen = bench.get(run["links"]["self"])
    assert run["key"] not in seen.text
    assert seen.json()["status"] == "running"
    assert seen.headers["cache-control"] == "no-store"
    stop(bench, run)


def test_a_run_that_has_ended_says_its_summary_claims_and_proof(client: httpx.Client) -> None:
    run = start(client, "concurrency-parallelism", tasks=2, millions=8)
    ended = finish(client, run)
    assert ended["status"] == "finished", ended
    assert ended["summary"]["reason"] == "finished"
    assert ended["claims"]
    assert {each["kind"] for each in ended["claims"]} <= {"claim.held", "claim.broken"}
    assert ended["proof"]


def test_the_log_is_one_entry_a_line_from_any_position_on(client: httpx.Client) -> None:
    run = start(client, "concurrency-parallelism", tasks=2, millions=8)
    finish(client, run)
    whole = client.get(run["links"]["log"])
    assert whole.headers["content-type"] == "application/x-ndjson"
    lines = whole.text.splitlines()
    assert json.loads(lines[0])["fact"]["kind"] == "run.started"
    assert json.loads(lines[-1])["fact"]["kind"] == "run.ended"
    assert client.get(run["links"]["log"], params={"after": 5}).text.splitlines() == lines[5:]
    assert client.get(run["links"]["log"], params={"after": len(lines)}).text == ""
    assert client.get(run["links"]["log"], params={"after": 999_999_999}).text == ""


@pytest.mark.parametrize("after", ["-1", "1.0", "x", "", "1e3", "１", "9" * 20, "1&after=2"])
def test_a_position_that_is_none_is_refused(after: str, bench: httpx.Client) -> None:
    run = start(bench, "echo")
    answer = bench.get(f"{run['links']['log']}?after={after}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    stop(bench, run)


def test_the_trace_is_json_that_opens_in_a_trace_viewer(client: httpx.Client) -> None:
    run = start(client, "concurrency-parallelism", tasks=2, millions=8)
    finish(client, run)
    answer = client.get(run["links"]["trace"])
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["traceEvents"]


def test_a_finished_run_plays_at_the_same_address_after_a_restart_and_nobody_can_act_on_it(tmp_path: Path) -> None:
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        run = start(client, "concurrency-parallelism", tasks=2, millions=8)
        before = finish(client, run)
        log = client.get(run["links"]["log"]).text
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        after = client.get(run["links"]["self"]).json()
        assert {**after, "preset": None} == {**before, "preset": None}
        assert client.get(run["links"]["log"]).text == log
        assert client.delete(run["links"]["self"], headers=bearer(run)).status_code == 403


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_acting_needs_the_key_of_this_very_run(method: str, bench: httpx.Client) -> None:
    run, other = start(bench, "echo"), start(bench, "echo")
    path = run["links"]["actions"] if method == "POST" else run["links"]["self"]
    body = {"action": "enough"} if method == "POST" else None

    def status(given: dict[str, str]) -> int:
        return bench.request(method, path, json=body, headers=given).status_code

    unsaid = bench.request(method, path, json=body)
    assert (unsaid.status_code, unsaid.headers["www-authenticate"]) == (401, "Bearer")
    assert status({"Authorization": "Basic eDp5"}) == 401
    assert status({"Authorization": "Bearer"}) == 401
    assert status(bearer(other)) == 403
    assert status({"Authorization": f"Bearer {run['key']}x"}) == 403
    assert status({"Authorization": f"Bearer {run['key'].upper()}"}) == 403
    assert bench.get(run["links"]["self"]).json()["status"] == "running"
    stop(bench, run)
    stop(bench, other)


def test_deleting_a_run_ends_it_and_everything_of_it_and_may_be_done_twice(bench: httpx.Client) -> None:
    run = start(bench, "hang")
    stop(bench, run)
    assert bench.get(run["links"]["self"]).json()["status"] == "stopped"
    stop(bench, run)


def test_an_action_reaches_the_experiment_which_says_so_in_the_log(bench: httpx.Client) -> None:
    run = start(bench, "echo")
    said = bench.post(run["links"]["actions"], json={"action": "say", "text": "你好 <b>&"}, headers=bearer(run))
    assert (said.status_code, said.content) == (202, b"")
    assert bench.post(run["links"]["actions"], json={"action": "enough"}, headers=bearer(run)).status_code == 202
    assert finish(bench, run)["status"] == "finished"
    facts = [json.loads(line)["fact"] for line in bench.get(run["links"]["log"]).text.splitlines()]
    taken = [(fact["action"], fact.get("text")) for fact in facts if fact["kind"] == "action.taken"]
    assert taken == [("say", "你好 <b>&"), ("enough", None)]


def test_an_action_the_lesson_does_not_have_is_404_and_one_on_a_run_that_is_over_409(bench: httpx.Client) -> None:
    run = start(bench, "echo")
    where, key = run["links"]["actions"], bearer(run)
    assert bench.post(where, json={"action": "__init__"}, headers=key).status_code == 404
    stop(bench, run)
    assert bench.post(where, json={"action": "enough"}, headers=key).status_code == 409


HOSTILE = {
    "201 characters": "a" * 201, "a line feed": "a\nb", "a carriage return": "a\rb", "NUL": "a\0b", "a tab": "a\tb",
    "escape": "\x1b[2J", "DEL": "a\x7f", "NEL": "a\x85b",
    "a line separator": "a\u2028b", "a paragraph separator": "a\u2029",
    "right to left override": "a\u202eb", "an isolate": "a\u2066b",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_text_that_could_forge_a_line_or_turn_its_direction_is_refused(name: str, bench: httpx.Client) -> None:
    run = start(bench, "echo")
    answer = bench.post(run["links"]["actions"], json={"action": "say", "text": HOSTILE[name]}, headers=bearer(run))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "text")
    stop(bench, run)


@pytest.mark.parametrize(
    "body",
    ['{"action":"say","text":"\\ud800"}', '{"action":"say","text":7}', '{"action":"say"}',
     '{"action":"say","text":null}',
     '{"action":"enough","text":"a"}', '{"action":7}', '{"action":"say","text":"a","params":{"x":1}}',
     '{"action":"say","text":"a","text":"b"}', '{"text":"a"}', '{"action":"say","text":"a","stop":true}', "[]"],
)  # fmt: skip
def test_a_body_that_is_no_action_is_refused(body: str, bench: httpx.Client) -> None:
    run = start(bench, "echo")
    headers = {**bearer(run), "Content-Type": "application/json"}
    assert bench.post(run["links"]["actions"], content=body, headers=headers).status_code == 422
    stop(bench, run)


def test_a_reader_who_writes_a_sixth_line_at_once_is_told_when_to_come_back(bench: httpx.Client) -> None:
    run = start(bench, "echo")
    until(bench, run, "run.started")
    answers = [
        bench.post(run["links"]["actions"], json={"action": "say", "text": str(n)}, headers=bearer(run))
        for n in range(6)
    ]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    stop(bench, run)


def test_beyond_its_places_a_server_queues_and_beyond_its_queue_it_says_when_to_come_back(tmp_path: Path) -> None:
    few = {"TIMESLICE_IDLE_RUNS": "1", "TIMESLICE_QUEUE_LENGTH": "1"}
    with serving(tmp_path, "tests.lab", **few) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        first, second = start(client, "echo"), start(client, "echo")
        assert (first["status"], first["position"]) == ("running", None)
        assert (second["status"], second["position"]) == ("queued", 1)
        assert client.get("/readyz").status_code == 503
        refused = client.post("/api/runs", json={"lesson": "echo"})
        assert (refused.status_code, refused.headers["content-type"]) == (429, PROBLEM)
        assert int(refused.headers["retry-after"]) >= 1
        stop(client, first)
        until(client, second, "run.started")
        assert client.get("/readyz").json()["free"]["queued"] == 0
        stop(client, second)


def test_the_lessons_come_in_order_with_words_in_both_languages_and_their_schema(client: httpx.Client) -> None:
    told = client.get("/api/lessons").json()
    assert [each["slug"] for each in told] == list(catalog.discover())
    for each in told:
        assert set(each) >= {
            "slug",
            "order",
            "title",
            "summary",
            "cores",
            "params",
            "presets",
            "actions",
            "views",
            "claims",
        }
        assert set(each["title"]) == {"zh", "en"}
        assert each["params"]["additionalProperties"] is False
        assert set(each["params"]["properties"]) == {p.name for p in catalog.discover()[each["slug"]].params}


def test_every_shipped_recording_is_served_packed_or_plain_and_only_once(client: httpx.Client) -> None:
    for slug, lesson in catalog.discover().items():
        for preset in lesson.presets:
            path = catalog.recording_path(slug, preset.name)
            if path is None:
                continue
            where = f"/api/lessons/{slug}/recordings/{preset.name}"
            plain = client.get(where, headers={"Accept-Encoding": "identity"})
            assert plain.headers["content-type"] == "application/x-ndjson"
            assert "content-encoding" not in plain.headers
            assert plain.content == gzip.decompress(path.read_bytes())
            packed = client.get(where, headers={"Accept-Encoding": "gzip"})
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.content == plain.content
            again = client.get(where, headers={"If-None-Match": packed.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")


def test_openapi_names_every_address_of_the_contract(client: httpx.Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {(path, method) for path, item in paths.items() for method in item} >= {
        ("/api/lessons", "get"), ("/api/lessons/{slug}/recordings/{preset}", "get"),
        ("/api/lessons/{slug}/recordings/{preset}/trace.json", "get"),
        ("/api/lessons/{slug}/recordings/{preset}/replay.html", "get"), ("/api/runs", "post"),
        ("/api/runs/{run_id}", "get"), ("/api/runs/{run_id}", "delete"), ("/api/runs/{run_id}/actions", "post"),
        ("/api/runs/{run_id}/events", "get"), ("/api/runs/{run_id}/log", "get"),
        ("/api/runs/{run_id}/trace.json", "get"), ("/oembed", "get"), ("/healthz", "get"), ("/readyz", "get"),
    }  # fmt: skip
    page = client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert all(path in page.text for path in paths)


def test_a_server_says_that_it_lives_and_what_it_could_run(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz").json()
    assert ready["tier"] in ("exact+wake", "exact", "sampled", "recording")
    assert ready["free"]["queued"] == 0
