"""What can be downloaded of a run, from outside: its replay, in either language, once it is over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Served
from tests.web.test_api import bearer, finish, start, stop

pytestmark = pytest.mark.real_processes


@pytest.fixture(scope="module")
def ended(served: Served) -> Iterator[dict[str, Any]]:
    """A run that is over."""
    with httpx.Client(base_url=served.url, timeout=60) as client:
        yield finish(client, start(client, "concurrency-parallelism", millions=8))


def test_a_run_that_is_over_is_one_file_that_asks_no_network(client: httpx.Client, ended: dict[str, Any]) -> None:
    answer = client.get(ended["links"]["replay"], params={"lang": "zh"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-disposition"] == f'attachment; filename="timeslice-{ended["id"]}.html"'
    assert answer.headers["cache-control"] == "no-store"
    assert '<html lang="zh' in answer.text
    assert "data:application/gzip;base64," in answer.text
    assert not re.search(r'<(?:script|img)[^>]*\ssrc="(?!data:)', answer.text)


def test_the_log_says_of_which_epoch_its_positions_are(client: httpx.Client, ended: dict[str, Any]) -> None:
    whole = client.get(ended["links"]["log"])
    assert whole.headers["timeslice-epoch"] == "1"
    lines = whole.text.splitlines()
    assert len(lines) > 100
    for after in (0, 1, len(lines) - 1, len(lines), len(lines) + 9):
        assert client.get(ended["links"]["log"], params={"after": after}).text.splitlines() == lines[after:]


@pytest.mark.parametrize(("header", "lang"), [("en-GB", "en"), ("zh-CN", "zh")])
def test_without_a_language_it_is_the_readers(
    client: httpx.Client, ended: dict[str, Any], header: str, lang: str
) -> None:
    answer = client.get(ended["links"]["replay"], headers={"Accept-Language": header})
    assert f'<html lang="{lang}' in answer.text


def test_another_language_or_another_run_is_a_problem(client: httpx.Client, ended: dict[str, Any]) -> None:
    assert client.get(ended["links"]["replay"], params={"lang": "fr"}).status_code == 422
    assert client.get(f"/api/runs/{'a' * 26}/replay.html").status_code == 404


def test_a_run_that_goes_on_has_no_replay_yet_and_one_without_a_page_has_none(lab: Served) -> None:
    with httpx.Client(base_url=lab.url, timeout=60) as client:
        run = start(client, "echo")
        assert client.get(run["links"]["replay"]).status_code == 409
        assert client.delete(run["links"]["self"], headers=bearer(run)).status_code == 204
        assert client.get(run["links"]["replay"]).status_code == 404


def test_a_lesson_without_text_runs_and_is_not_listed(lab: Served) -> None:
    with httpx.Client(base_url=lab.url, timeout=60) as client:
        assert client.get("/api/lessons").json() == []
        stop(client, start(client, "echo"))
