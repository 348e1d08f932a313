"""Requests made by chance over every route: whatever is sent, the answer is no fault of the server's; seeded.

Every request is HTTP/1.1 that a server must answer; what is odd is what it asks. ``benchmarks.api_cases`` sends ten
thousand of them, test_api_cases.py a few hundred.
"""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, urlencode

from fastapi.routing import APIRoute

from server.lesson import catalog
from server.settings import Settings
from server.web.app import create_app
from tests.malformed_inputs import LINES
from tests.web.corpus import CASES, SENTINEL
from tests.web.raw_requests import ODD_HEADERS, ODD_QUERIES, TRAVERSAL

METHODS = ("GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW")
ANSWER_S = 60.0
MOST_BYTES = 1 << 16  # of a body that are read: a stream has no end
_LINKS = re.compile(rb'<a href="[^"]*"')  # the other language's link keeps the page's own address, escaped
_PATHS = re.compile(rb"Traceback \(most recent|/site-packages/|\.py\", line ")


@dataclass(frozen=True, slots=True)
class Case:
    """One request, as it is told and as bytes."""

    number: int
    method: str
    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: status 0 if nothing did."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Known:
    """What a stranger may know of a server: its address, its routes, runs with their keys."""

    port: int
    runs: list[dict[str, Any]]
    routes: Sequence[tuple[str, tuple[str, ...]]] = ()

    def __post_init__(self) -> None:
        self.routes = self.routes or routes()


def routes() -> list[tuple[str, tuple[str, ...]]]:
    """Every address with its methods; the streams and static files have none of FastAPI's.

    FastAPI keeps a router that was included as one entry, which knows it as ``original_router``.
    """
    app = create_app(Settings())
    routers = [each.original_router for each in app.routes if hasattr(each, "original_router")]
    made = [each for router in routers for each in router.routes if isinstance(each, APIRoute)]
    found = [(each.path, tuple(sorted(each.methods or ()))) for each in made]
    more = ("/api/runs/{run_id}/events", "/api/openapi.json", "/static/{file}")
    return [*found, *((path, ("GET",)) for path in more)]


class Maker:
    """Case ``number`` of ``seed`` is the same whatever was sent before, but for the ids of runs."""

    def __init__(self, seed: int, known: Known) -> None:
        self._seed, self._known = seed, known

    def case(self, number: int) -> Case:
        """The next request."""
        c = random.Random(f"{self._seed}:{number}")
        path, methods = c.choices(self._known.routes, [1 if each == ("GET",) else 5 for _, each in self._known.routes])[
            0
        ]
        method = c.choice(methods) if c.random() < 0.7 else c.choice(METHODS)
        run = c.choice(self._known.runs) if self._known.runs else {}
        target = self._target(c, path, run)
        headers = self._headers(c, run, packed=not path.endswith("/run"))
        body, kind = self._body(c, method, path)
        if kind is not None and c.random() < 0.95:
            headers.append(f"Content-Type: {kind}")
        if not any(each.startswith("Content-Length") for each in headers) and (
            body or method in ("POST", "PUT", "PATCH")
        ):
            headers.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([f"{method} {target} HTTP/1.1", *headers, "Connection: close"])
        return Case(number, method, target, head.encode("latin-1", "replace") + b"\r\n\r\n" + body)

    def _target(self, c: random.Random, path: str, run: dict[str, Any]) -> str:
        if c.random() < 0.05:
            target = c.choice(TRAVERSAL)
        else:
            target = re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: _part(c, found[1], run), path)
        if c.random() < 0.05:
            target += c.choice(["/", "//", "/.", "/%00", ";a=b", "/../..", "%2f", ".json"])
        return target + self._query(c, run)

    def _query(self, c: random.Random, run: dict[str, Any]) -> str:
        chance = c.random()
        if chance < 0.45:
            return ""
        if chance < 0.6:
            return "?" + c.choice(ODD_QUERIES).encode("ascii", "ignore").decode()
        names = ("page", "after", "lang", "run", "preset", "t", "last_event_id", "url", "format", "theme", "view",
                 "step", "tasks", "millions", "kind", "guess", "embed", "own", SENTINEL)  # fmt: skip
        pairs = [(c.choice(names), _value(c, run)) for _ in range(c.randint(1, 4))]
        return "?" + urlencode(pairs, errors="replace")

    def _headers(self, c: random.Random, run: dict[str, Any], packed: bool) -> list[str]:
        """``packed``: the body may come in a coding; that of a form says which run it has started."""
        own = f"127.0.0.1:{self._known.port}"
        hosts = [own] * 12 + ["localhost", "evil.example", "[::1]", "127.0.0.1", "a" * 300, ""]
        found = [f"Host: {c.choice(hosts)}"]
        if c.random() < 0.3:
            found.append("Origin: " + c.choice([f"http://{own}", "null", "https://evil.example", "http://[", ""]))
        if c.random() < 0.3:
            found.append("Sec-Fetch-Site: " + c.choice(["same-origin", "none", "cross-site", "same-site", SENTINEL]))
        if c.random() < 0.3:
            found.append(
                "Authorization: "
                + c.choice([f"Bearer {run.get('key', '')}", f"Bearer {SENTINEL}", "Basic eA==", "Bearer"])
            )
        if c.random() < 0.2:
            found.append("HX-Request: true")
        if c.random() < 0.3:
            found.append(
                "Accept-Encoding: " + c.choice(["gzip", "br", "gzip, br;q=0.1", "*;q=0", "identity", SENTINEL])
            )
        for _ in range(c.choice([0, 0, 0, 1, 2])):
            odd = c.choice(ODD_HEADERS)
            if not odd.startswith(("Content-Length", "If-Range", *(() if packed else ("Accept-Encoding",)))):
                found.append(odd)
        return found

    def _body(self, c: random.Random, method: str, path: str) -> tuple[bytes, str | None]:
        if method in ("GET", "HEAD", "OPTIONS", "TRACE") and c.random() < 0.95:
            return b"", None
        chance = c.random()
        if chance < 0.25:
            made = c.choice(CASES)
            return made.body[:40_000], made.headers.get("Content-Type")
        if chance < 0.5 or path.endswith("/run"):
            return _form(c), "application/x-www-form-urlencoded"
        if chance < 0.6:
            kind = c.choice(["application/json", "text/plain", SENTINEL])
            return c.randbytes(c.choice([0, 1, 50, 5000])), kind
        return _json(c, path), "application/json"


def _part(c: random.Random, name: str, run: dict[str, Any]) -> str:
    """A part of an address: as often right as odd."""
    slugs = list(catalog.discover())
    right: dict[str, Callable[[], str]] = {
        "run_id": lambda: str(run.get("id", "a" * 26)),
        "slug": lambda: c.choice(slugs),
        "preset": lambda: c.choice(["processes", "plain", "all", "waits"]),
        "lang": lambda: c.choice(["en", "zh"]),
        "file": lambda: c.choice(["js/main.js", "css/app.css", "icon.svg", "vendor/htmx.js"]),
    }
    if name in right and c.random() < 0.7:
        return right[name]()
    return quote(_value(c, run), safe="", errors="replace")


_VALUES = [
    SENTINEL, "a" * 26, "A" * 26, "en", "zh", "fr", "0", "-1", "1.5", "9" * 40, "", " ", ".", "..", "../../etc/passwd",
    "\0", "\r\nSet-Cookie: a=1", "<script>alert(1)</script>", "{{7*7}}", "%s%n", "一二三", "\u202e", "true", "NaN",
    "http://127.0.0.1/en/", "https://evil.example/" + SENTINEL, "processes", "json", "xml", "1.2", "9.end", "x" * 2000,
]  # fmt: skip
_PLAIN = [
    None, True, False, 0, 1, -1, 10**30, 1.5, 1e308, float("nan"), float("inf"), "", SENTINEL, "\ud800", "\0", "burst",
    "append", *catalog.discover(),
]  # fmt: skip


def _value(c: random.Random, run: dict[str, Any]) -> str:
    hostile = c.choice(LINES).encode("utf-8", "replace").decode("utf-8", "replace")
    return str(c.choice([run.get("id", ""), hostile, *_VALUES]))


def _form(c: random.Random) -> bytes:
    names = ("preset", "kind", "tasks", "cores", "millions", "page", "own", "show", "delay_ms", SENTINEL)
    pairs = [(c.choice(names), _value(c, {})[:200]) for _ in range(c.randint(0, 5))]
    return urlencode(pairs, errors="replace").encode()


def _json(c: random.Random, path: str) -> bytes:
    names = ("action", "text", "params") if path.endswith("/actions") else ("lesson", "preset", "params", "page", "own")
    given = {
        c.choice([*names, SENTINEL]) if c.random() < 0.2 else name: _any(c, 2) for name in names if c.random() < 0.6
    }
    return json.dumps(given).encode()


def _any(c: random.Random, deep: int) -> Any:
    plain = [*_PLAIN, c.choice(LINES)]
    if deep and c.random() < 0.3:
        return c.choice(
            [[_any(c, deep - 1)] * 3, {c.choice(["tasks", "millions", "kind", SENTINEL]): _any(c, deep - 1)}]
        )
    return c.choice(plain)


def send(port: int, case: Case) -> Answer:
    """Sends it and reads the answer, of a stream no more than its beginning."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S) as wire, suppress(ConnectionError):
        wire.sendall(case.data)
        while piece := wire.recv(65536):
            said += piece
            if b"\r\n\r\n" in said and (b"text/event-stream" in said or len(said) > MOST_BYTES):
                break
    while said.startswith(b"HTTP/1.1 1"):  # 100 (Continue)
        said = said.partition(b"\r\n\r\n")[2]
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(first.split()[1]) if first.startswith("HTTP/1.1 ") else 0, headers, body)


def fault(case: Case, answer: Answer) -> str:
    """What is wrong with an answer, in one sentence; "" if nothing is."""
    if answer.status == 0:
        return "no answer"
    if answer.status >= 500 and answer.status not in (501, 503):  # 501: oEmbed in a format there is none of
        return f"answered {answer.status}"
    if answer.status == 503 and not answer.headers.get("retry-after", "").isdigit():
        return "503 without Retry-After"
    if answer.status == 429 and not answer.headers.get("retry-after", "").isdigit():
        return "429 without Retry-After"
    if _PATHS.search(answer.body):
        return "shows a traceback or a path"
    if answer.status >= 400 and SENTINEL.encode() in _LINKS.sub(b"", answer.body):
        return f"{answer.status} repeats what was sent"
    if any(SENTINEL in value for name, value in answer.headers.items() if name != "location"):
        return "a header repeats what was sent"
    return ""


def started(port: int) -> list[dict[str, Any]]:
    """Runs to ask about: one that is interactive, one that is over soon, one that was stopped."""
    made: list[dict[str, Any]] = []
    head = f"POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nConnection: close"
    for lesson in ("states", "concurrency-parallelism", "states"):
        body = json.dumps({"lesson": lesson}).encode()
        data = f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        if (run := new_run(send(port, Case(0, "POST", "/api/runs", data)))) is not None:
            made.append(run)
    if made:
        stop(port, made[-1])
    return made


def stop(port: int, run: dict[str, Any]) -> Answer:
    """DELETE by whoever started it."""
    head = f"DELETE /api/runs/{run['id']} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    data = f"{head}Authorization: Bearer {run.get('key', '')}\r\n\r\n".encode()
    return send(port, Case(0, "DELETE", f"/api/runs/{run['id']}", data))


def _plain(answer: Answer) -> bytes:
    """The body of an answer that came in one piece or in chunks."""
    if answer.headers.get("transfer-encoding") != "chunked":
        return answer.body
    found, rest = b"", answer.body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found, rest = found + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return found


def new_run(answer: Answer) -> dict[str, Any] | None:
    """The run that an answer has made, with its key: the API's JSON, a form's fragment, or where a form leads."""
    if answer.status == 201:
        with suppress(ValueError):
            return cast("dict[str, Any]", json.loads(_plain(answer)))
    moved = re.search(r"[?&]run=([a-z0-9]{26})#key=(\w+)", answer.headers.get("location", ""))
    shown = re.search(rb'data-run="([a-z0-9]{26})".*?data-key="(\w+)"', answer.body, re.S)
    if moved is not None:
        return {"id": moved[1], "key": moved[2]}
    return None if shown is None else {"id": shown[1].decode(), "key": shown[2].decode()}
