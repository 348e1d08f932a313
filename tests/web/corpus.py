"""Bad input, frozen: each case is a request that must be refused, with the statuses that may refuse it.

Every value that could come back carries SENTINEL, so that a test can see whether anything was repeated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

SENTINEL = "zqSENTINELqz"
JSON = "application/json"
LESSON = "concurrency-parallelism"
TOO_LONG = 16 * 1024 + 1


@dataclass(frozen=True)
class Case:
    """One request over HTTP that a client library can still send."""

    name: str
    body: bytes = b""
    status: tuple[int, ...] = (422,)
    method: str = "POST"
    path: str = "/api/runs"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    chunked: bool = False
    field: str | None = None  # what the answer's errors must name

    def __str__(self) -> str:
        return self.name


def _params(name: str, params: str, field: str) -> Case:
    return Case(name, f'{{"lesson":"{LESSON}","params":{params}}}'.encode(), field=field)


def _tasks(name: str, literal: str) -> Case:
    return _params(f"tasks is {name}", f'{{"tasks":{literal}}}', "params.tasks")


def _body(name: str, body: bytes | str, *status: int, field: str | None = None) -> Case:
    raw = body.encode() if isinstance(body, str) else body
    return Case(name, raw, status or (422,), field=field)


_TASKS = [
    _tasks("true", "true"),
    _tasks("a digit in quotes", '"7"'),
    _tasks("a number with a decimal point", "3.0"),
    _tasks("a number with an exponent", "3e0"),
    _tasks("NaN", "NaN"),
    _tasks("Infinity", "Infinity"),
    _tasks("minus Infinity", "-Infinity"),
    _tasks("too large for a double", "1e400"),
    _tasks("below its bound", "1"),
    _tasks("above its bound", "7"),
    _tasks("negative", "-3"),
    _tasks("a thousand million", "1000000000"),
    _tasks("beyond 64 bits", "18446744073709551617"),
    _tasks("of five thousand digits", "9" * 5000),
    _tasks("null", "null"),
    _tasks("a list", "[3]"),
    _tasks("an object", '{"$gt":3}'),
    _tasks("text", f'"{SENTINEL}"'),
    _tasks("empty text", '""'),
    _tasks("a lone surrogate", '"\\ud800"'),
    _tasks("text with a NUL", f'"{SENTINEL}\\u0000"'),
    _tasks("text with line breaks", f'"{SENTINEL}\\r\\ndata: x"'),
    _tasks("a line separator", f'"{SENTINEL}\\u2028"'),
    _tasks("a format string", f'"%s{{0}}${{{SENTINEL}}}"'),
    _tasks("a path", f'"../../etc/{SENTINEL}"'),
    _tasks("a shell command", f'"$(touch {SENTINEL})"'),
    _tasks("markup", f'"<script>{SENTINEL}</script>"'),
]

_PARAMS = [
    _params("a choice is another word", f'{{"kind":"{SENTINEL}"}}', "params.kind"),
    _params("a choice is a number", '{"kind":1}', "params.kind"),
    _params("a choice is a lone surrogate", '{"kind":"\\udfff"}', "params.kind"),
    _params("an unknown parameter", f'{{"{SENTINEL}":1}}', "params"),
    _params("a parameter named __class__", f'{{"__class__":"{SENTINEL}"}}', "params"),
    _params("a parameter's name is a surrogate", '{"\\ud800":1}', "params"),
    _params("a parameter twice", '{"tasks":2,"tasks":3}', "params.tasks"),
    _params("too much work in all", '{"tasks":6,"millions":40}', "params"),
    _params("params is a list", f'["{SENTINEL}"]', "params"),
    _params("params is text", f'"{SENTINEL}"', "params"),
    _params("params is null", "null", "params"),
    _params("params nests deeply", '{"tasks":' + "[" * 500 + "]" * 500 + "}", "params.tasks"),
]

_FIELDS = [
    _body("no lesson", "{}", field="lesson"),
    _body("an unknown lesson", f'{{"lesson":"{SENTINEL}"}}', field="lesson"),
    _body("the lesson is a path", f'{{"lesson":"../{SENTINEL}"}}', field="lesson"),
    _body("the lesson is a number", '{"lesson":7}', field="lesson"),
    _body("the lesson is null", '{"lesson":null}', field="lesson"),
    _body("the lesson is a list", f'{{"lesson":["{LESSON}"]}}', field="lesson"),
    _body("the lesson is a lone surrogate", '{"lesson":"\\ud83d"}', field="lesson"),
    _body("the lesson twice", f'{{"lesson":"{SENTINEL}","lesson":"{LESSON}"}}', field="lesson"),
    _body("an unknown preset", f'{{"lesson":"{LESSON}","preset":"{SENTINEL}"}}', field="preset"),
    _body("the preset is true", f'{{"lesson":"{LESSON}","preset":true}}', field="preset"),
    _body("an unknown field", f'{{"lesson":"{LESSON}","{SENTINEL}":1}}'),
    _body("a field with a key's name", f'{{"lesson":"{LESSON}","key":"{SENTINEL}"}}'),
    _body("a field in capitals", f'{{"Lesson":"{LESSON}"}}'),
    _body("argv", f'{{"lesson":"{LESSON}","argv":["{SENTINEL}"]}}'),
    _body("the body is a list", f'[{{"lesson":"{LESSON}"}}]'),
    _body("the body is text", f'"{SENTINEL}"'),
    _body("the body is a number", "7"),
    _body("the body is null", "null"),
]

_JSON = [
    _body("no body", b"", 400),
    _body("half an object", f'{{"lesson":"{SENTINEL}', 400),
    _body("two objects", '{"lesson":"a"}{"lesson":"b"}', 400),
    _body("a comma too many", f'{{"lesson":"{SENTINEL}",}}', 400),
    _body("single quotes", f"{{'lesson':'{SENTINEL}'}}", 400),
    _body("a comment", f'/* {SENTINEL} */{{"lesson":"{LESSON}"}}', 400),
    _body("a control character in text", b'{"lesson":"' + SENTINEL.encode() + b'\n"}', 400),
    _body("not UTF-8", b'{"lesson":"' + SENTINEL.encode() + b'\xff"}', 400),
    _body("overlong UTF-8", b'{"lesson":"\xc0\xaf' + SENTINEL.encode() + b'"}', 400),
    _body("UTF-16", f'{{"lesson":"{SENTINEL}"}}'.encode("utf-16"), 400),
    _body("a byte order mark", b"\xef\xbb\xbf" + f'{{"lesson":"{SENTINEL}"}}'.encode(), 400),
    _body("eight thousand brackets", b"[" * 8000, 400),
    _body("eight thousand objects", b'{"a":' * 3000, 400),
    _body("NUL bytes", b"\0" * 64, 400),
    _body("a form", f"lesson={SENTINEL}", 400),
]

_LARGE = json.dumps({"lesson": LESSON, "preset": SENTINEL * 2000}).encode()
_SIZE = [
    Case("one byte over the bound", b" " * TOO_LONG, (413,)),
    Case("one byte over the bound, in chunks", b" " * TOO_LONG, (413,), chunked=True),
    Case("24 kB of JSON", _LARGE, (413,)),
    Case("24 kB of JSON, in chunks", _LARGE, (413,), chunked=True),
    Case("10 MB", b'{"lesson":"' + b"a" * 10_000_000 + b'"}', (413,)),
    Case("10 MB in chunks", b'{"lesson":"' + b"a" * 10_000_000 + b'"}', (413,), chunked=True),
]

_GOOD = f'{{"lesson":"{LESSON}"}}'.encode()


def _typed(name: str, kind: str | None, **more: str) -> Case:
    headers = {"Content-Type": kind} if kind is not None else {}
    return Case(name, _GOOD, (415,), headers=headers | {key.replace("_", "-"): value for key, value in more.items()})


_TYPES = [
    _typed("no content type", None),
    _typed("plain text", "text/plain"),
    _typed("a form's content type", "application/x-www-form-urlencoded"),
    _typed("multipart", f"multipart/form-data; boundary={SENTINEL}"),
    _typed("another charset", "application/json; charset=utf-16"),
    _typed("an unknown parameter of the type", f"application/json; x={SENTINEL}"),
    _typed("two types", f"application/json, text/{SENTINEL}"),
    _typed("gzip", JSON, Content_Encoding="gzip"),
    _typed("an invented encoding", JSON, Content_Encoding=SENTINEL),
]

_ID = "a" * 26


def _at(name: str, method: str, path: str, *status: int, **headers: str) -> Case:
    body = b"{}" if method == "POST" else b""
    given = {"Content-Type": JSON} if method == "POST" else {}
    return Case(
        name, body, status, method, path, given | {key.replace("_", "-"): value for key, value in headers.items()}
    )


_ADDRESSES = [
    _at("an unknown run", "GET", f"/api/runs/{_ID}", 404),
    _at("a run's id in capitals", "GET", f"/api/runs/{_ID.upper()}", 404),
    _at("a run's id with dots", "GET", f"/api/runs/..%2f..%2f{SENTINEL}", 404),
    _at("a run's id with a NUL", "GET", f"/api/runs/{_ID}%00", 404),
    _at("a run's id of 4,000 letters", "GET", f"/api/runs/{'a' * 4000}", 404),
    _at("a run's id in another script", "GET", "/api/runs/%E4%B8%80%E4%BA%8C%E4%B8%89", 404),
    _at("the log of an unknown run", "GET", f"/api/runs/{_ID}/log?after={SENTINEL}", 404, 422),
    _at("the stream of an unknown run", "GET", f"/api/runs/{_ID}/events", 404),
    _at("the trace of an unknown run", "GET", f"/api/runs/{_ID}/trace.json", 404),
    _at("an action on an unknown run", "POST", f"/api/runs/{_ID}/actions", 404),
    _at("deleting an unknown run", "DELETE", f"/api/runs/{_ID}", 404),
    _at("deleting all runs", "DELETE", "/api/runs", 405),
    _at("reading all runs", "GET", "/api/runs", 405),
    _at("PUT", "PUT", "/api/runs", 405),
    _at("PATCH", "PATCH", f"/api/runs/{_ID}", 405),
    _at("TRACE", "TRACE", "/api/runs", 405),
    _at("writing to a stream", "POST", f"/api/runs/{_ID}/events", 405),
    _at("a recording of an unknown lesson", "GET", f"/api/lessons/{SENTINEL}/recordings/processes", 404),
    _at("a recording of an unknown preset", "GET", f"/api/lessons/{LESSON}/recordings/{SENTINEL}", 404),
    _at("a recording outside its folder", "GET", f"/api/lessons/{LESSON}/recordings/..%2f..%2fen.md", 404),
    _at("oEmbed of another site", "GET", f"/oembed?url=https://evil.example/{SENTINEL}", 404),
    _at("oEmbed of nothing", "GET", "/oembed", 404),
    _at("oEmbed of something that is no address", "GET", "/oembed?url=http://[%00", 404),
    _at("oEmbed in XML", "GET", f"/oembed?format=xml&url={SENTINEL}", 501),
    _at("oEmbed in an invented format", "GET", f"/oembed?format={SENTINEL}", 501),
]

_SITES = [
    _at("another site's page", "POST", "/api/runs", 403, Sec_Fetch_Site="cross-site", Origin="https://evil.example"),
    _at("another site's page, origin unsaid", "POST", "/api/runs", 403, Sec_Fetch_Site="cross-site"),
    _at("a sibling site's page", "POST", "/api/runs", 403, Sec_Fetch_Site="same-site"),
    _at("an invented kind of site", "POST", "/api/runs", 403, Sec_Fetch_Site=SENTINEL),
    _at("another origin, an old browser", "POST", "/api/runs", 403, Origin="https://evil.example"),
    _at("an opaque origin", "POST", "/api/runs", 403, Origin="null"),
    _at("an origin that begins like ours", "POST", "/api/runs", 403, Origin="http://127.0.0.1.evil.example"),
    _at("an origin with a path", "POST", "/api/runs", 403, Origin=f"http://127.0.0.1:8000/{SENTINEL}"),
    _at("an empty origin", "POST", "/api/runs", 403, Origin=""),
    _at("deleting from another site", "DELETE", f"/api/runs/{_ID}", 403, Origin="https://evil.example"),
    _at("a form from another site", "POST", f"/en/lessons/{LESSON}/run", 403, Origin="https://evil.example"),
]


def _form(name: str, body: str, kind: str = "application/x-www-form-urlencoded") -> Case:
    return Case(name, body.encode(), (422,), "POST", f"/en/lessons/{LESSON}/run", {"Content-Type": kind})


_FORMS = [
    _form("the form's number is text", f"tasks={SENTINEL}"),
    _form("the form's number has a decimal point", "tasks=3.0"),
    _form("the form's number in full-width digits", "tasks=%EF%BC%93"),
    _form("the form's number twice", "tasks=2&tasks=3"),
    _form("the form's number too large", "tasks=99999999999999999999999"),
    _form("an unknown field in the form", f"{SENTINEL}=1"),
    _form("an unknown preset in the form", f"preset={SENTINEL}"),
    _form("a lone surrogate in the form", "kind=%ED%A0%80"),
    _form("bytes that are no UTF-8 in the form", "kind=%FF%FE"),
    _form("a hundred fields in the form", "&".join(f"a{n}=1" for n in range(100))),
    _form("no pairs in the form", SENTINEL),
    _form("JSON sent to the form", f'{{"tasks":"{SENTINEL}"}}', JSON),
]

CASES = [
    *_TASKS, *_PARAMS, *_FIELDS, *_JSON, *_SIZE, *_TYPES, *_ADDRESSES, *_SITES, *_FORMS,
]  # fmt: skip
