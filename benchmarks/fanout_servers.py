"""One stream to many viewers, served in one of several ways; ``benchmarks.fanout`` starts each in a process.

Every way publishes the same messages by the same schedule: ten facts each, as the server's pipe brings them, at
instants that a seed decides. ``python -m benchmarks.fanout_servers WAY PORT RATE``; it says "ready" once it listens.
"""

from __future__ import annotations

import asyncio
import http.client
import random
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server import events
from server.events import Entry, Step, TaskState
from server.log.event_log import EventLog
from server.runs.audience import Audience
from server.settings import Settings
from server.web import direct, frames, tcp
from server.web.stream import EventsApp

FACTS = 10  # of a message
PATHS = {"nchan": "/sub", "floor": "/"}  # others: PATH
PATH = "/api/runs/r/events"
Published = list[tuple[Entry, str]]


_STATES = [TaskState(1 + n % 4, "running", "dispatched", cpu=n % 2) for n in range(FACTS - 1)]
_LINES = [events.encode(Entry(0, "seen", state)).removeprefix('{"t_ns":0') for state in _STATES]


def message(number: int) -> Published:
    """Ten facts as entries and lines, the last of which says when it was published."""
    t_ns = number * 25_000_000
    said = [
        (Entry(t_ns + n, "seen", state), f'{{"t_ns":{t_ns + n}{line}')
        for n, (state, line) in enumerate(zip(_STATES, _LINES, strict=True))
    ]
    stamp = Entry(t_ns + FACTS, "told", Step(1, f"@{time.monotonic_ns()}"))
    return [*said, (stamp, events.encode(stamp))]


def packed(said: Published) -> str:
    """The data of one SSE message with these facts: the peers send the same bytes."""
    return f"[{frames.pack([line for _, line in said])[0]}]"


def instants(rate: float) -> Iterator[float]:
    """When messages are published, on the monotonic clock: ``rate`` a second, unevenly."""
    chance = random.Random(7)
    at = time.monotonic()
    while True:
        at += chance.uniform(0.5, 1.5) / rate
        yield at


async def publish(rate: float, say: Callable[[Published], None]) -> None:
    """Publishes for ever."""
    for number, at in enumerate(instants(rate)):
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        say(message(number))


@dataclass
class _Run:
    """What the event streams want of a run."""

    epoch: int = 1
    log: EventLog = field(default_factory=lambda: EventLog(10_000_000, 2**40))
    note: str | None = None
    audience: Audience = field(default_factory=lambda: Audience(0.0))
    queue_position: None = None

    async def find(self, _: str) -> _Run:
        """It is every run."""
        return self

    find_stream = find


def ours(port: int, rate: float) -> None:
    """The server's own streams, on its own uvicorn."""
    run, background = _Run(), set[asyncio.Task[None]]()
    app: Any = EventsApp(run, Settings())  # type: ignore[arg-type]

    def say(said: Published) -> None:
        for entry, line in said:
            run.log.append(entry, line)

    async def site(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            background.add(asyncio.ensure_future(publish(rate, say)))
            await send({"type": "lifespan.startup.complete"})
            print("ready", flush=True)
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await app(scope, receive, send)

    site.state = type("State", (), {"begin_shutdown": staticmethod(app.restart_all)})  # type: ignore[attr-defined]
    settings = Settings(port=port, shutdown_s=3)
    listening = tcp.bind(settings)
    tcp.tune(listening, settings)
    tcp.server(site, settings).run(sockets=[listening])


def portable(port: int, rate: float) -> None:
    """The same through ASGI's ``send``, as where uvicorn is another one."""
    direct.writer = lambda _send: None
    ours(port, rate)


class _Queues:
    """How the peers' documentation fans out: a queue a viewer."""

    def __init__(self) -> None:
        self.all: set[asyncio.Queue[str]] = set()

    def say(self, said: Published) -> None:
        text = packed(said)
        for queue in self.all:
            queue.put_nowait(text)

    async def stream(self) -> AsyncIterator[str]:
        queue = asyncio.Queue[str]()
        self.all.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.all.discard(queue)


def _serve(app: Any, port: int) -> None:
    import uvicorn

    uvicorn.run(
        app, port=port, http="httptools", loop="uvloop", access_log=False, log_level="error", backlog=4096,
        timeout_graceful_shutdown=1,
    )  # fmt: skip


def _life(queues: _Queues, rate: float) -> Any:
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        task = asyncio.ensure_future(publish(rate, queues.say))
        print("ready", flush=True)
        yield
        task.cancel()

    return lifespan


def sse_starlette(port: int, rate: float) -> None:
    """sse-starlette's EventSourceResponse."""
    from sse_starlette import EventSourceResponse, ServerSentEvent  # type: ignore[import-not-found]
    from starlette.applications import Starlette
    from starlette.routing import Route

    queues = _Queues()

    async def stream() -> AsyncIterator[Any]:
        async for text in queues.stream():
            yield ServerSentEvent(text, event="facts")

    async def endpoint(_: Any) -> Any:
        return EventSourceResponse(stream())

    _serve(Starlette(routes=[Route(PATH, endpoint)], lifespan=_life(queues, rate)), port)


def fastapi_sse(port: int, rate: float) -> None:
    """FastAPI's own."""
    from fastapi import FastAPI
    from fastapi.sse import EventSourceResponse, ServerSentEvent

    queues = _Queues()
    app = FastAPI(lifespan=_life(queues, rate))

    async def stream() -> AsyncIterator[Any]:
        async for text in queues.stream():
            yield ServerSentEvent(raw_data=text, event="facts")

    stream.__annotations__["return"] = AsyncIterator[ServerSentEvent]
    app.get(PATH, response_class=EventSourceResponse)(stream)
    _serve(app, port)


def publisher(port: int, rate: float) -> None:
    """What tells nchan: one POST a message on a connection that stays."""
    client = http.client.HTTPConnection("127.0.0.1", port)
    print("ready", flush=True)
    for number, at in enumerate(instants(rate)):
        time.sleep(max(0.0, at - time.monotonic()))
        client.request("POST", "/pub", packed(message(number)))
        client.getresponse().read()


def nginx_conf(folder: Path, module: Path, port: int) -> str:
    """One worker in one process, and one channel."""
    return f"""load_module {module};
user root root; daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log error;
worker_rlimit_nofile 20000;
events {{ worker_connections 12000; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 1000000; tcp_nodelay on;
  nchan_shared_memory_size 256M;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /pub {{ nchan_publisher; nchan_channel_id x; nchan_message_buffer_length 20; }}
    location = /sub {{ nchan_subscriber eventsource; nchan_channel_id x; nchan_subscriber_first_message newest; }}
  }}
}}
"""


if __name__ == "__main__":
    ways = {each.__name__: each for each in (ours, portable, sse_starlette, fastapi_sse, publisher)}
    ways[sys.argv[1]](int(sys.argv[2]), float(sys.argv[3]))
