"""Requests as bytes on the wire, frozen: what no client library would send, and paths that try to leave static/."""

from __future__ import annotations

from tests.web.corpus import SENTINEL

#: Bytes no client library would send; each ends in an answer below 500 or in a closed connection.
RAW: dict[str, bytes] = {
    "no Host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a Host with a path": b"GET / HTTP/1.1\r\nHost: evil.example/" + SENTINEL.encode() + b"\r\n\r\n",
    "a Host with markup": b"GET / HTTP/1.1\r\nHost: <b>" + SENTINEL.encode() + b"</b>\r\n\r\n",
    "a Host with bytes": b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    "no request": b"\r\n\r\n\r\n\r\n",
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + SENTINEL.encode() + b"\r\n\r\n",
    "an invented method": b"SENTINEL / HTTP/1.1\r\nHost: a\r\n\r\n",
    "an invented version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "a space too many": b"GET  /healthz  HTTP/1.1\r\nHost: a\r\n\r\n",
    "CR in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rSet-Cookie: c=1\r\n\r\n",
    "LF in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\nSet-Cookie: c=" + SENTINEL.encode() + b"\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x00c\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: a\r\n" + SENTINEL.encode() + b"\r\n\r\n",
    "CR LF in the address": b"GET /%0d%0aSet-Cookie:%20a=1 HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes in the address": b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    "an address of 60 kB": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "another server's address": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "OPTIONS *": b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "two lengths": b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "a negative length": b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n{}",
    "a length in letters": b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: two\r\n\r\n{}",
    "a length beyond 64 bits": (
        b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n{}"
    ),
    "a length and chunks": (
        b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "an invented transfer encoding": (
        b"POST /api/runs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + SENTINEL.encode() + b"\r\n\r\n{}"
    ),
    "a chunk that lies about its size": (
        b"POST /api/runs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"
    ),
    "a second request smuggled in": (
        b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        b"GET /" + SENTINEL.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    ),
    "half a request": b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Le",
    "half a body": (
        b"POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        b'{"lesson":"' + SENTINEL.encode()
    ),
    "an upgrade": (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n"
    ),
    "an upgrade to HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

#: Paths that try to leave static/, or to see what is hidden in it.
TRAVERSAL = [
    "/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/..%2fpyproject.toml",
    "/static/..%5cpyproject.toml", "/static/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/static/js/../../server/app.py",
    "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/js", "/static/js/", "/static/", "/static",
    "/static/.hidden.js", "/static/vendor/.stamp", "/static/js/%00.js", "/static/js/main.js%00", "/static/js/main.js/",
    "/static/css/app.css/..", "/static/%c0%ae%c0%ae/pyproject.toml", "/static/%ff.js", "/static/" + "a" * 5000 + ".js",
    "/static/..././pyproject.toml", "/static/C:/windows/win.ini", "/static/js\\..\\..\\pyproject.toml",
    "//evil.example/static/js/main.js", "/%5cevil.example/", "/%09/evil.example",
]  # fmt: skip

#: Queries and headers that are odd and do no harm: whatever the answer is, it is no fault of the server's.
ODD_QUERIES = [
    "&".join(f"a{n}=1" for n in range(200)), "run=%00", "run=" + "a" * 5000, "run=../../etc", "run=" + "a" * 26,
    "preset=%ED%A0%80", "preset=%ff", "preset=processes&preset=threads", "tasks=%ff&kind=%ED%A0%80", "t=NaN",
    "t=-1e999", "tasks=99999999999999999999", "theme=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    '"><script>alert(1)</script>', "%00=%00", "=", "&&&;;;", "a=%zz", "lang=%0d%0aSet-Cookie:%20x=1",
    "view=" + "lanes," * 900, "a" * 9000,
]  # fmt: skip
ODD_HEADERS = [
    "Cookie: lang=\xff", "Cookie: lang=" + "a" * 9000, "Cookie: =;;;==; lang",
    'Cookie: lang="><script>alert(1)</script>',
    "Accept-Language: " + ",".join(f"x{n};q=0.{n}" for n in range(999)), "Accept-Language: zh;q=NaN, en;q=inf",
    "Accept-Language: zh;q=1e999", "Accept-Language: \xff", "Accept-Encoding: gzip;q=NaN", "If-None-Match: \xff",
    "If-Modified-Since: garbage", "If-Modified-Since: Tue, 99 Foo 99999999999 99:99:99 GMT", "Range: bytes=-",
    "Range: bytes=0-99999999999999999999", "Range: bytes=5-1,7-3", "Range: bytes=" + ",".join(["0-1"] * 2000),
    "Range: lines=1-2", "If-Range: x\r\nRange: bytes=0-1", "Last-Event-ID: \xff", "Last-Event-ID: " + "9" * 5000,
    "Authorization: Bearer \xff", "HX-Request: \xff", "Content-Type: \xff", "Content-Length: 0",
    "X-Forwarded-For: \xff",
    "X-Forwarded-Proto: javascript", "X-HTTP-Method-Override: DELETE", "Expect: 100-continue", "TE: trailers, \xff",
]  # fmt: skip
