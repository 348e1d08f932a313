"""Clients that stop halfway: half bodies, idle connections, downloads that are not read; clocks come from settings."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from server.lesson import catalog
from server.log import export, recording
from server.runs.run import Run
from server.settings import Settings
from server.web import downloads, protocol, replay, request_guard, tcp
from server.web.request_guard import RequestGuard
from tests.web.sse import within
from tests.web.stub_app import rest

LESSON, PRESET = "sync-async", "all"
PATHS = [
    "/api/runs/r/log",
    "/api/runs/r/trace.json",
    "/api/runs/r/replay.html",
    f"/api/lessons/{LESSON}/recordings/{PRESET}",
]


@pytest.fixture(scope="module")
def application() -> FastAPI:
    """The downloads of one shipped recording, as if it had run here."""
    path = catalog.recording_path(LESSON, PRESET)
    assert path is not None
    run = Run.from_recording("r" * 26, recording.read(path))

    async def found(_: str) -> Run | None:
        return run

    app = FastAPI()
    context: Any = SimpleNamespace(settings=Settings(), lessons=catalog.discover(), run=found)
    app.include_router(downloads.router(context))
    return app


class SseClient:
    """One request whose client takes as much as it is told to, and leaves when it is told to."""

    def __init__(self, app: Any, path: str, takes: int) -> None:
        self.got: list[bytes] = []
        self.headers: dict[bytes, bytes] = {}
        self._takes, self._leave = takes, asyncio.Event()
        self.stuck = asyncio.Event()
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"x")], "http_version": "1.1", "scheme": "http", "server": ("x", 80),
            "client": ("y", 1), "root_path": "",
        }  # fmt: skip
        self.done = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        await self._leave.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        elif message["body"]:
            self.got.append(message["body"])
            if len(self.got) >= self._takes:
                self.stuck.set()
                await asyncio.Event().wait()

    def leave(self) -> None:
        self._leave.set()


@pytest.mark.parametrize("path", PATHS)
def test_who_stops_reading_a_download_holds_a_piece_of_it_and_leaves_nothing(
    application: FastAPI, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for module, name in ((export, "chrome_trace"), (replay, "html")):
        true: Callable[..., bytes] = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, true=true, name=name: made.append(name) or true(*given))

    async def check() -> None:
        stuck = [SseClient(application, path, 1) for _ in range(5)]
        await asyncio.gather(*(each.stuck.wait() for each in stuck))
        assert len(made) == (path.endswith(("trace.json", "replay.html")))
        assert all(sum(map(len, each.got)) < 2 * downloads.PIECE_BYTES for each in stuck)
        whole = SseClient(application, path, 10**9)
        await whole.done
        size = sum(map(len, whole.got))
        assert size > 3 * downloads.PIECE_BYTES, "longer than what a viewer may hold"
        assert int(whole.headers.get(b"content-length", size)) == size
        assert max(map(len, whole.got)) < 2 * downloads.PIECE_BYTES
        for each in stuck:
            each.leave()
        await asyncio.gather(*(each.done for each in stuck))

    within(check)


def test_a_piece_of_a_log_that_waits_is_held_once() -> None:
    path = catalog.recording_path(LESSON, PRESET)
    assert path is not None
    log = Run.from_recording("r" * 26, recording.read(path))
    assert log is not None

    async def check() -> None:
        await anext(downloads._lines(log, 0))  # whatever is allocated once
        tracemalloc.start()
        try:
            waiting = [downloads._lines(log, 0) for _ in range(20)]
            pieces = [await anext(each) for each in waiting]
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert all(len(piece) > downloads.PIECE_BYTES for piece in pieces)
        assert held < 1.25 * sum(map(len, pieces)), "the lines it was made of, or a slice of the log, are held too"

    within(check)


def test_a_file_is_made_once_for_all_who_take_it_and_again_for_who_comes_later() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"a" * 100

    async def taken(files: downloads.Files) -> bytes:
        answer: Any = await files.answer("key", make, {}, "text/plain")
        return b"".join([piece async for piece in answer.body_iterator])

    async def check() -> None:
        files = downloads.Files()
        assert await asyncio.gather(*(taken(files) for _ in range(9))) == [b"a" * 100] * 9
        assert (len(made), files.taken) == (1, 0)
        await taken(files)
        assert len(made) == 2

    within(check)


def test_the_files_of_many_runs_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "FILES_BYTES", 150)

    async def check() -> None:
        files = downloads.Files()
        answers = [await files.answer(number, lambda: b"a" * 100, {}, "text/plain") for number in range(2)]
        with pytest.raises(downloads.Problem) as refused:
            await files.answer(2, lambda: b"a", {}, "text/plain")
        assert (refused.value.status, "Retry-After" in refused.value.headers) == (503, True)
        assert (await files.answer(1, lambda: b"never made", {}, "text/plain")).headers["content-length"] == "100"
        answers.clear()
        await files.answer(3, lambda: b"a", {}, "text/plain")

    within(check)


@asynccontextmanager
async def real(app: Any, settings: Settings, idle_s: float = 30.0) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """``app`` behind the server's own protocol, on sockets tuned by ``settings``."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
    tcp.tune(listening, settings)
    http: Any = partial(protocol.Bounded, connection_table=protocol.ConnectionTable())
    given: Any = {"timeout_keep_alive": idle_s, "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(app, http=http, lifespan="off", ws="none", log_level="error", **given))
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1], server
    finally:
        server.should_exit = True
        await serving
        listening.close()


async def gone(server: uvicorn.Server) -> None:
    """Until the server has no connection any more; a test that waits for ever fails."""
    while server.server_state.connections:
        await asyncio.to_thread(lambda: None)


@pytest.mark.parametrize("path", PATHS)
def test_the_connection_of_who_stops_reading_a_download_is_let_go_of(application: FastAPI, path: str) -> None:
    async def check() -> None:
        async with real(application, Settings(stall_s=1.0)) as (port, server):
            wire = socket.socket()
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.connect(("127.0.0.1", port))
            with wire:
                wire.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                while not server.server_state.connections:
                    await asyncio.to_thread(lambda: None)
                await gone(server)

    within(check)


def test_an_idle_connection_is_closed_after_its_time() -> None:
    async def check() -> None:
        async with real(PlainTextResponse("here"), Settings(), idle_s=0.05) as (port, server):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await rest(reader)).endswith(b"here"), "closed by the server"
            writer.close()
            await gone(server)

    within(check)


def test_a_half_body_is_408_after_its_time_and_its_connection_is_closed_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(request_guard, "BODY_S", 0.05)

    def explain(_: Any, problem: Any) -> PlainTextResponse:
        return PlainTextResponse(problem.detail, problem.status, problem.headers)

    async def check() -> None:
        async with real(RequestGuard(PlainTextResponse("whole"), Settings(), explain), Settings()) as (port, server):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n{")
            said = await rest(reader)
            assert said.startswith(b"HTTP/1.1 408 ")
            assert b"connection: close" in said.lower()
            writer.close()
            await gone(server)

    within(check)


def test_the_times_that_are_promised_are_the_server_s() -> None:
    app: Any = SimpleNamespace(state=SimpleNamespace(begin_shutdown=lambda: None))
    config = tcp.server(app, Settings()).config
    assert (config.timeout_keep_alive, protocol.HEAD_S, request_guard.BODY_S) == (30, 10.0, 10.0)
    assert Settings().stall_s == 20.0
