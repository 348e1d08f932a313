"""A raw SSE viewer, and runs served on a real uvicorn in the test's own event loop; it tests nothing itself."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn
import uvloop

from server.events import Entry, RunEnded, Step, TaskState
from server.log.event_log import EventLog
from server.runs.audience import Audience
from server.runs.run_state import QueuePosition
from server.settings import Settings
from server.web import frames, protocol, tcp
from server.web.stream import EventsApp

uvloop.new_event_loop().close()  # libuv opens a pipe of its own once in a process: not a test's leak
Loop = Callable[[], asyncio.AbstractEventLoop]
ENDED = Entry(9, "derived", RunEnded("finished", {"wall_ns": 9}))


def step(n: int) -> Entry:
    return (
        Entry(n, "seen", TaskState(1 + n % 5, "running", "dispatched", cpu=0))
        if n % 3
        else Entry(n, "told", Step(1, f"{n}"))
    )


class WatchedLog(EventLog):
    """A log that says when nobody reads it any more."""

    def __init__(self) -> None:
        super().__init__()
        self.readers = 0
        self.left = asyncio.Event()

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        leave = super().subscribe(wake)
        self.readers += 1

        def leaving() -> None:
            self.readers -= 1
            leave()
            self.left.set()

        return leaving


@dataclass
class FakeRun:
    epoch: int = 1
    log: WatchedLog = field(default_factory=WatchedLog)
    note: str | None = None
    audience: Audience = field(default_factory=lambda: Audience(0.0))
    queue_position: QueuePosition | None = None
    wakes: list[Callable[[], None]] = field(default_factory=list)

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        self.wakes.append(wake)
        return lambda: self.wakes.remove(wake)

    def set_queue_position(self, position: QueuePosition | None) -> None:
        """As the queue does."""
        self.queue_position = position
        for wake in list(self.wakes):
            wake()


class Found:
    """Runs by their ids."""

    def __init__(self, runs: dict[str, Any]) -> None:
        self._runs = runs

    async def find(self, id: str) -> Any:
        return self._runs.get(id)

    find_stream = find


@dataclass
class Message:
    id: str | None
    event: str
    data: Any
    retry: str | None

    @property
    def facts(self) -> list[Entry]:
        return frames.decode(json.dumps(self.data))


class SpawnerClient:
    """A viewer on a raw socket: HTTP/1.1, chunks, SSE, and nothing done behind its back."""

    def __init__(self, port: int, path: str = "/api/runs/r/events", headers: str = "", method: str = "GET") -> None:
        self.request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()
        self.port = port
        self.budget: int | None = None
        self.comments = 0
        self.opening: list[str] = []
        self._text = b""

    async def open(self, receive_bytes: int | None = None) -> "SpawnerClient":
        sock = socket.socket()
        sock.setblocking(False)
        if receive_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        self.reader, self.writer = await asyncio.open_connection(sock=sock, limit=2**16)
        self.writer.write(self.request)
        return self

    async def head(self) -> tuple[int, list[tuple[str, str]]]:
        raw = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = [line.partition(": ") for line in raw[1:] if line]
        return int(raw[0].split()[1]), [(name.lower(), value) for name, _, value in pairs]

    async def body(self) -> bytes:
        self.writer.write_eof()
        return await self.reader.read()

    async def blocks(self) -> AsyncIterator[bytes]:
        """Event blocks, as their last byte arrives; ends with the body, or when ``budget`` bytes have been read."""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            if self.budget is not None and size > self.budget:
                await self.reader.readexactly(self.budget)
                return
            self.budget = None if self.budget is None else self.budget - size
            self._text += (await self.reader.readexactly(size + 2))[:-2]
            while b"\n\n" in self._text:
                block, _, self._text = self._text.partition(b"\n\n")
                yield block

    async def messages(self) -> AsyncIterator[Message]:
        async for block in self.blocks():
            fields: dict[str, str] = {}
            for line in block.decode("ascii").split("\n"):
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            if "" in fields:
                self.comments += 1
            elif "data" in fields:
                yield Message(fields.get("id"), fields["event"], json.loads(fields["data"]), fields.get("retry"))
            else:
                self.opening.append(block.decode("ascii"))

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass
class World:
    port: int
    app: EventsApp
    runs: dict[str, Any]
    clients: list[SpawnerClient] = field(default_factory=list)

    async def client(self, *args: Any, receive_bytes: int | None = None, **kwargs: Any) -> SpawnerClient:
        client = await SpawnerClient(self.port, *args, **kwargs).open(receive_bytes)
        self.clients.append(client)
        return client


@asynccontextmanager
async def served(
    settings: Settings | None = None, send_bytes: int | None = None, tuned: bool = False, **runs: FakeRun
) -> AsyncIterator[World]:
    """The streams of ``runs`` on a real uvicorn at a free port."""
    app = EventsApp(Found(runs), settings or Settings())
    listening = socket.create_server(("127.0.0.1", 0))
    if send_bytes is not None:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_bytes)
    if tuned:
        tcp.tune(listening, settings or Settings())
    http: Any = partial(protocol.Bounded, connection_table=protocol.ConnectionTable())
    config = uvicorn.Config(app, http=http, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    world = World(listening.getsockname()[1], app, runs)
    try:
        yield world
    finally:
        for client in world.clients:
            client.cut()
        app.restart_all()
        server.should_exit = True
        await serving
        listening.close()


def within(test: Callable[[], Awaitable[None]], loop: Loop = asyncio.new_event_loop) -> None:
    """Runs a test's coroutine; a test that hangs fails."""
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(test(), 120))
