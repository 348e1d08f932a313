"""The stream: cut anywhere and resumed without gap or duplicate, encoded once, patient with who does not read."""

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
import uvloop

from server import events, frames
from server.events import Entry, Output, RunEnded, Step, TaskState
from server.log import EventLog
from server.settings import Settings
from server.stream import EventsApp

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


@dataclass
class Message:
    id: str | None
    event: str
    data: Any
    retry: str | None

    @property
    def facts(self) -> list[Entry]:
        return frames.decode(json.dumps(self.data))


class Client:
    """A viewer on a raw socket: HTTP/1.1, chunks, SSE, and nothing done behind its back."""

    def __init__(self, port: int, path: str = "/api/runs/r/events", headers: str = "", method: str = "GET") -> None:
        self.request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode()
        self.port = port
        self.budget: int | None = None
        self.comments = 0
        self.opening: list[str] = []
        self._text = b""

    async def open(self, receive_bytes: int | None = None) -> "Client":
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
    clients: list[Client] = field(default_factory=list)

    async def client(self, *args: Any, receive_bytes: int | None = None, **kwargs: Any) -> Client:
        client = await Client(self.port, *args, **kwargs).open(receive_bytes)
        self.clients.append(client)
        return client


@asynccontextmanager
async def served(
    settings: Settings | None = None, send_bytes: int | None = None, **runs: FakeRun
) -> AsyncIterator[World]:
    """The streams of ``runs`` on a real uvicorn at a free port."""
    app = EventsApp(runs, settings or Settings())
    listening = socket.create_server(("127.0.0.1", 0))
    if send_bytes is not None:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_bytes)
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="error", timeout_graceful_shutdown=1)
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


async def tell(run: FakeRun, moved: asyncio.Event) -> None:
    """3,000 facts, a few at a time, each few when somebody has seen the last."""
    chance = random.Random(1)
    n = 0
    while n < 3000:
        for _ in range(chance.randint(1, 60)):
            n += 1
            run.log.append(step(n))
        await moved.wait()
        moved.clear()
    run.log.append(ENDED)


async def watch(world: World, moved: asyncio.Event, seed: int) -> tuple[list[Entry], int, int]:
    """Watches a run, cut after random bytes and back with the last id, until 204: what it saw, ends, cuts."""
    chance = random.Random(seed)
    seen: list[Entry] = []
    last, ends, cuts = "", 0, 0
    while True:
        by_query = chance.random() < 0.5
        query, header = (f"?last_event_id={last}", "") if by_query else ("", f"Last-Event-ID: {last}\r\n")
        client = await world.client(f"/api/runs/r/events{query}", headers=header)
        client.budget = chance.choice([None, 0, 50, 300, 2000, 2000, 5000, 20000])
        status, _ = await client.head()
        if status == 204:
            return seen, ends, cuts
        async for message in client.messages():
            moved.set()
            last = str(message.id)
            ends += message.event == "end"
            seen += message.facts if message.event == "facts" else []
            assert last in ("1.end", f"1.{len(seen)}")
        cuts += last != "1.end"
        client.cut()
        world.clients.remove(client)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_50_streams_cut_and_resumed_at_random_places_see_every_fact_once_and_the_end(loop: Loop) -> None:
    async def check() -> None:
        run = FakeRun()
        moved = asyncio.Event()
        async with served(r=run) as world:
            told = asyncio.ensure_future(tell(run, moved))
            results = await asyncio.gather(*(watch(world, moved, seed) for seed in range(50)))
            await told
        for seen, ends, _ in results:
            assert seen == list(run.log.tail())
            assert ends == 1
        assert run.log.last > 3000
        assert sum(cuts for _, _, cuts in results) > 100

    within(check, loop)


def test_a_stream_cut_within_a_message_loses_nothing() -> None:
    async def check() -> None:
        run = FakeRun()
        for n in range(1, 200):
            run.log.append(step(n))
        async with served(r=run) as world:
            client = await world.client()
            await client.head()
            await client.reader.readexactly(80)  # within the first message: no id is known yet
            client.cut()
            run.log.append(ENDED)
            again = await world.client()
            await again.head()
            received = [message async for message in again.messages()]
        assert [entry for message in received[:-1] for entry in message.facts] == list(run.log.tail())
        assert received[-1].event == "end"

    within(check)


def test_a_late_joiner_gets_one_message_with_everything_so_far_and_a_position_within_a_frame_is_resumed() -> None:
    async def check() -> None:
        run = FakeRun()
        for n in range(1, 5001):
            run.log.append(step(n))
        async with served(r=run) as world:
            for known in (0, 1, 1999, 2000, 2001, 4999):
                client = await world.client(f"/api/runs/r/events?last_event_id=1.{known}")
                await client.head()
                message = await anext(client.messages())
                assert message.id == "1.5000"
                assert message.facts == list(run.log.tail(known))
                assert client.opening == ["retry: 2000"]

    within(check)


def test_frames_are_encoded_once_however_many_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    items = frames.items

    def counted(entries: Any, lines: Any = None) -> str:
        calls.append(len(entries))
        return items(entries, lines)

    monkeypatch.setattr(frames, "items", counted)

    async def check() -> None:
        run = FakeRun()
        async with served(r=run) as world:
            clients = [await world.client() for _ in range(30)]
            for client in clients:
                await client.head()
            readers = [client.messages() for client in clients]
            for n in range(1, 11):
                run.log.append(step(n))
                for reader in readers:
                    assert (await anext(reader)).facts == [step(n)]
        assert calls == [1] * 10

    within(check)


def test_facts_that_come_while_a_frame_is_young_leave_together() -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(Settings(frame_ms=200), r=run) as world:
            client = await world.client()
            await client.head()
            messages = client.messages()
            run.log.append(step(1))
            first = await anext(messages)
            for n in range(2, 50):
                run.log.append(step(n))
            assert first.id == "1.1"
            assert (await anext(messages)).id == "1.49"

    within(check)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_viewer_that_stops_reading_holds_up_nobody_and_gets_all_it_missed_as_one_message(loop: Loop) -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(Settings(frame_ms=1), send_bytes=8192, r=run) as world:
            stalled = await world.client(receive_bytes=4096)
            lively = await world.client()
            await lively.head()
            messages = lively.messages()
            seen = 0
            for n in range(400):
                run.log.append(Entry(n, "told", Output(1, "stdout", "x" * 2000)))
                while seen <= n:
                    seen += len((await anext(messages)).facts)
            run.log.append(ENDED)
            assert [message.event async for message in messages][-1] == "end"
            await stalled.head()
            late = [message async for message in stalled.messages()]
            assert [entry for message in late[:-1] for entry in message.facts] == list(run.log.tail())
            assert late[-1].event == "end"
            sizes = [len(message.facts) for message in late[:-1]]
            assert max(sizes) > 200, sizes
            assert sizes.index(max(sizes)) == len(sizes) - 1, "what it missed was not one message"

    within(check, loop)


def test_a_viewer_that_leaves_ends_its_stream_and_the_run_goes_on() -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(r=run) as world:
            client = await world.client()
            await client.head()
            run.log.append(step(1))
            await anext(client.messages())
            assert run.log.readers == 1
            client.cut()
            await asyncio.wait_for(run.log.left.wait(), 5)
            assert run.log.readers == 0
            assert run.log.append(step(2)) == 2

    within(check)


def test_the_end_carries_the_summary_and_its_id_is_answered_with_204() -> None:
    async def check() -> None:
        run = FakeRun(epoch=3)
        run.log.append(step(1))
        run.log.append(ENDED)
        async with served(r=run) as world:
            client = await world.client()
            await client.head()
            facts, end = [message async for message in client.messages()]
            assert facts.id == "3.2"
            assert (end.id, end.event, end.data) == ("3.end", "end", {"reason": "finished", "wall_ns": 9})
            again = await world.client(headers="Last-Event-ID: 3.end\r\nConnection: close\r\n")
            status, headers = await again.head()
            assert status == 204
            assert [value for name, value in headers if name == "access-control-allow-origin"] == ["*"]
            has_all = await world.client(headers="Last-Event-ID: 3.2\r\n")
            await has_all.head()
            assert [message.event async for message in has_all.messages()] == ["end"]

    within(check)


@pytest.mark.parametrize(
    "known",
    [
        "",
        "x",
        "1",
        "1.",
        "1.4",
        "1.99999999999999999999",
        "0.2",
        "2.2",
        "2.end",
        "1.-1",
        "1.2.3",
        "%00",
        "１.２",
        "1.2x",
    ],
)
def test_an_id_that_is_malformed_of_the_future_or_of_another_epoch_counts_as_absent(known: str) -> None:
    async def check() -> None:
        run = FakeRun()
        for entry in (step(1), step(2), ENDED):
            run.log.append(entry)
        async with served(r=run) as world:
            raw = known.encode().decode("latin-1")
            for client in (
                await world.client(
                    f"/api/runs/r/events?last_event_id={known}" if known.isascii() else "/api/runs/r/events"
                ),
                await world.client(headers=f"Last-Event-ID: {raw}\r\n"),
            ):
                status, _ = await client.head()
                assert status == 200
                facts, end = [message async for message in client.messages()]
                assert (facts.id, len(facts.facts), end.event) == ("1.3", 3, "end")

    within(check)


def test_the_header_goes_before_the_query_because_a_browser_keeps_its_first_query() -> None:
    async def check() -> None:
        run = FakeRun()
        for entry in (step(1), step(2), ENDED):
            run.log.append(entry)
        async with served(r=run) as world:
            client = await world.client("/api/runs/r/events?last_event_id=1.1", headers="Last-Event-ID: 1.2\r\n")
            await client.head()
            assert (await anext(client.messages())).facts == [ENDED]

    within(check)


def test_the_headers_are_those_a_proxy_and_a_browser_need_each_once() -> None:
    async def check() -> None:
        async with served(r=FakeRun()) as world:
            client = await world.client()
            status, headers = await client.head()
            said = dict(headers)
            assert status == 200
            assert len(said) == len(headers)
            assert said["content-type"] == "text/event-stream; charset=utf-8"
            assert said["cache-control"] == "no-store, no-transform"
            assert said["x-accel-buffering"] == "no"
            assert said["access-control-allow-origin"] == "*"
            assert "connection" not in said

    within(check)


@pytest.mark.parametrize("path", ["/api/runs/nope/events", "/api/runs/%00/events", "/api/runs/<b>/events"])
def test_an_unknown_run_is_a_problem_that_echoes_nothing(path: str) -> None:
    async def check() -> None:
        async with served(r=FakeRun()) as world:
            client = await world.client(path, headers="Connection: close\r\n")
            status, headers = await client.head()
            assert (status, dict(headers)["content-type"]) == (404, "application/problem+json")
            problem = json.loads(await client.reader.read())
            assert problem == {"title": "Not Found", "status": 404, "detail": "There is no run of this id."}

    within(check)


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_stream_takes_get_and_nothing_else(method: str) -> None:
    async def check() -> None:
        async with served(r=FakeRun()) as world:
            client = await world.client(method=method, headers="Connection: close\r\n")
            status, headers = await client.head()
            assert (status, dict(headers)["allow"]) == (405, "GET")
            await client.reader.read()

    within(check)


def test_before_a_shutdown_viewers_are_told_to_come_back_and_so_is_who_comes_then() -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(r=run) as world:
            clients = [await world.client() for _ in range(8)]
            for client in clients:
                await client.head()
            run.log.append(step(1))
            readers = [client.messages() for client in clients]
            for reader in readers:
                assert (await anext(reader)).id == "1.1"
            world.app.restart_all()
            retries = []
            for reader in readers:
                (restart,) = [message async for message in reader]
                assert (restart.event, restart.id) == ("restart", None)
                retries.append(int(restart.retry or 0))
            assert all(1000 <= retry <= 3000 for retry in retries)
            assert len(set(retries)) > 1
            late = await world.client()
            await late.head()
            assert [message.event async for message in late.messages()] == ["restart"]
            assert run.log.readers == 0

    within(check)


def test_an_idle_stream_carries_a_comment_now_and_then() -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(Settings(heartbeat_s=0.02), r=run) as world:
            client = await world.client()
            await client.head()
            blocks = client.blocks()
            assert [await anext(blocks) for _ in range(4)] == [b"retry: 2000", b":", b":", b":"]

    within(check)


def test_a_run_that_waits_in_the_queue_streams_as_soon_as_it_starts() -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(r=run) as world:
            client = await world.client()
            await client.head()
            blocks = client.blocks()
            assert await anext(blocks) == b"retry: 2000"
            run.log.append(step(1))
            assert (await anext(blocks)).startswith(b"id: 1.1\nevent: facts\ndata: [[1,")

    within(check)


def test_a_send_that_suspends_is_resumed_and_one_that_fails_ends_only_its_own_viewer() -> None:
    async def check() -> None:
        run = FakeRun()
        settings = Settings(frame_ms=1)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        gate = asyncio.Event()
        got: list[bytes] = []
        broken: list[bytes] = []

        async def slow(message: Any) -> None:
            if message["type"] == "http.response.body" and message["body"].startswith(b"id"):
                await gate.wait()
                got.append(message["body"])
                if not message["more_body"]:
                    done.set_result(None)

        async def failing(message: Any) -> None:
            if message["type"] == "http.response.body" and message["body"].startswith(b"id"):
                broken.append(message["body"])
                raise OSError("gone")

        async def receive() -> dict[str, str]:
            await done
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "path": "/api/runs/r/events", "headers": [], "query_string": b""}
        app = EventsApp({"r": run}, settings)
        streams = [asyncio.ensure_future(app(scope, receive, send)) for send in (slow, failing)]
        told = asyncio.Event()
        run.log.subscribe(told.set)
        run.log.append(step(1))
        await told.wait()
        while not broken:
            await asyncio.to_thread(lambda: None)
        for n in range(2, 40):
            run.log.append(step(n))
        run.log.append(ENDED)
        gate.set()
        await asyncio.gather(*streams)
        assert len(broken) == 1
        bodies = [json.loads(body.decode().split("data: ")[1]) for body in got[:-1]]
        assert [entry for body in bodies for entry in frames.decode(json.dumps(body))] == list(run.log.tail())
        assert got[-1].startswith(b"id: 1.end\n")
        assert events.encode(ENDED) in got[-2].decode()

    within(check)
