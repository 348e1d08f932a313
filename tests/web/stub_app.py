"""A small application behind the server's own protocol, on a real uvicorn in the test's own loop; it tests nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn

from server.settings import Settings
from server.web import protocol, tcp

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class StubApp:
    """An application that answers 200 with the length of the body it got; ``/early`` answers before the body."""

    def __init__(self) -> None:
        self.served = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.served += 1
        got, more = 0, scope["path"] != "/early"
        while more:
            message = await receive()
            got, more = got + len(message.get("body", b"")), message.get("more_body", False)
        text = str(got).encode()
        headers = [(b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text})


@dataclass
class World:
    port: int
    app: StubApp
    server: uvicorn.Server
    connection_table: protocol.ConnectionTable
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def say(self, data: bytes) -> bytes:
        """Everything the server answers to ``data`` until it closes."""
        reader, writer = await self.connect()
        writer.write(data)
        return await rest(reader)


async def rest(reader: asyncio.StreamReader) -> bytes:
    said = b""
    with suppress(ConnectionError):  # closed with something unread: what had come before is what was said
        while piece := await reader.read(65536):
            said += piece
    return said


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    app, connection_table = StubApp(), protocol.ConnectionTable()
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    tcp.tune(listening, Settings())
    http: Any = partial(protocol.Bounded, connection_table=connection_table)
    config = uvicorn.Config(app, http=http, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listening]))
    made = World(listening.getsockname()[1], app, server, connection_table)
    try:
        yield made
    finally:
        for writer in made.writers:
            writer.transport.abort()
        server.should_exit = True
        await serving
        listening.close()
