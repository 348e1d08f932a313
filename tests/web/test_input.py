"""Frozen bad input: no answer is a 5xx, nothing starts, nothing that was sent comes back."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import leaks
from tests.conftest import ROOT, Served
from tests.web.corpus import CASES, LESSON, SENTINEL, Case
from tests.web.raw_requests import ODD_HEADERS, ODD_QUERIES, RAW, TRAVERSAL

FORBIDDEN = ("Traceback", str(ROOT), "site-packages", 'File "', "pydantic")


def pieces(body: bytes) -> Iterator[bytes]:
    """A body whose length the client does not announce: httpx then sends it in chunks."""
    for start in range(0, len(body), 4096):
        yield body[start : start + 4096]


def started(served: Served) -> tuple[set[tuple[int, str]], list[Path]]:
    """Processes and recordings there are: a run that started would show in both."""
    return set(leaks.held().processes), sorted(served.data.rglob("*.ndjson*"))


def get(served: Served, path: str, header: str = "") -> bytes:
    """The answer to one GET, as bytes."""
    extra = f"{header}\r\n" if header else ""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{extra}\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as wire:
        wire.sendall(request.encode("latin-1"))
        said = b""
        while piece := wire.recv(65536):
            said += piece
    return said


def silent(text: str) -> None:
    assert SENTINEL not in text
    for each in FORBIDDEN:
        assert each not in text


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bad_input_is_refused_without_a_word_of_it_and_starts_nothing(
    case: Case, served: Served, client: httpx.Client
) -> None:
    client.get("/healthz").raise_for_status()
    before = started(served)
    content = pieces(case.body) if case.chunked else case.body
    answer = client.request(case.method, case.path, content=content, headers=case.headers)
    assert answer.status_code in case.status, answer.text
    silent(answer.text)
    silent(str(answer.headers))
    if case.path.startswith(("/api", "/oembed")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    if case.field is not None:
        assert [error["field"] for error in answer.json()["errors"]] == [case.field]
    assert started(served) == before


def test_there_are_at_least_sixty_frozen_cases() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("name", RAW)
def test_bytes_that_no_client_would_send_are_answered_below_500_or_not_at_all(
    name: str, served: Served, client: httpx.Client
) -> None:
    client.get("/healthz").raise_for_status()
    before = started(served)
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as wire:
        wire.sendall(RAW[name])
        wire.shutdown(socket.SHUT_WR)
        said = b""
        while piece := wire.recv(65536):
            said += piece
    text = said.decode("latin-1")
    assert all(int(line.split()[1]) < 500 for line in text.splitlines() if line.startswith("HTTP/1.1 "))
    assert not any(line.lower().startswith("set-cookie:") for line in text.splitlines())
    silent(text)
    assert started(served) == before
    client.get("/healthz").raise_for_status()


@pytest.mark.parametrize("path", TRAVERSAL)
def test_nothing_but_the_files_of_static_is_served_from_there(path: str, served: Served) -> None:
    said = get(served, path)
    assert said.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), said[:200]
    assert b"root:" not in said
    assert b"[project]" not in said
    assert b"location:" not in said.lower()


OPEN = [
    "/", "/en/", f"/en/lessons/{LESSON}", f"/embed/zh/{LESSON}", "/zh/about", "/static/js/main.js", "/api/lessons",
    f"/api/lessons/{LESSON}/recordings/processes", "/oembed", "/api/docs", f"/api/runs/{'a' * 26}/events",
]  # fmt: skip


@pytest.mark.parametrize("path", OPEN)
def test_odd_queries_and_headers_are_no_fault_of_the_servers(path: str, served: Served) -> None:
    answers = {query: get(served, f"{path}?{query}") for query in ODD_QUERIES}
    answers |= {header: get(served, path, header) for header in ODD_HEADERS}
    for asked, said in answers.items():
        assert said.startswith(b"HTTP/1.1 "), asked
        assert int(said.split(maxsplit=2)[1]) < 500, asked
        assert b"<script>alert" not in said, asked
        assert b"\nset-cookie" not in said.lower(), asked


def test_the_fault_of_a_field_says_its_bound_and_the_type_it_has(client: httpx.Client) -> None:
    body = {"lesson": "concurrency-parallelism", "params": {"tasks": "7"}}
    answer = client.post("/api/runs", json=body)
    error = answer.json()["errors"][0]
    assert (error["field"], error["low"], error["high"], error["got"]) == ("params.tasks", 2, 6, "text")
    assert error["detail"] == "params.tasks must be an integer from 2 to 6; it is text."


def test_a_product_over_the_lessons_budget_is_refused_with_its_reason(client: httpx.Client) -> None:
    body = {"lesson": "concurrency-parallelism", "params": {"tasks": 6, "millions": 40}}
    answer = client.post("/api/runs", json=body)
    assert answer.status_code == 422
    assert "tasks x millions must be at most 120" in answer.json()["detail"]


def test_every_fault_of_a_body_is_named(client: httpx.Client) -> None:
    body = {"lesson": "concurrency-parallelism", "params": {"tasks": 1, "cores": "two", "kind": 3}}
    answer = client.post("/api/runs", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert {each["field"] for each in answer.json()["errors"]} == {"params.tasks", "params.cores", "params.kind"}
