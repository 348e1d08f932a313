"""The hub: encoded once, framed, patient with who does not read; cut anywhere and resumed without gap or duplicate."""

import asyncio
import json
import random
from typing import Any

import pytest
import uvloop

from server.events import Entry, Output
from server.settings import Settings
from server.web import frames
from server.web.hub import EARLY, SLICE_BYTES
from server.web.stream import EventsApp
from tests.web.sse import ENDED, FakeRun, Found, Loop, World, served, step, within


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


def test_a_late_joiner_gets_everything_so_far_in_slices_and_a_position_within_a_frame_is_resumed() -> None:
    async def check() -> None:
        run = FakeRun()
        for n in range(1, 5001):
            run.log.append(step(n))
        async with served(r=run) as world:
            for known in (0, 1, 1999, 2000, 2001, 4999):
                client = await world.client(f"/api/runs/r/events?last_event_id=1.{known}")
                await client.head()
                messages = client.messages()
                seen: list[Entry] = []
                while known + len(seen) < 5000:
                    message = await anext(messages)
                    seen += message.facts
                    assert message.id == f"1.{known + len(seen)}"
                    assert len(json.dumps(message.data, separators=(",", ":"))) <= SLICE_BYTES + 2
                assert seen == list(run.log.tail(known))
                assert client.opening == ["retry: 2000"]

    within(check)


def test_frames_are_encoded_once_however_many_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    pack = frames.pack

    def counted(lines: Any, max_bytes: int | None = None) -> tuple[str, int]:
        calls.append(len(lines))
        return pack(lines, max_bytes)

    monkeypatch.setattr(frames, "pack", counted)

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
            for n in range(1, EARLY + 2):
                run.log.append(step(n))
                assert (await anext(messages)).id == f"1.{n}"
            for n in range(EARLY + 2, 50):
                run.log.append(step(n))
            assert (await anext(messages)).id == "1.49"

    within(check)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_viewer_that_stops_reading_holds_up_nobody_and_gets_what_it_missed_in_slices(loop: Loop) -> None:
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
            sizes = [len(json.dumps(message.data)) for message in late[:-1]]
            assert max(sizes) <= SLICE_BYTES
            assert len(sizes) < 100, "what it missed came frame by frame"

    within(check, loop)


def test_a_viewer_that_takes_nothing_for_too_long_is_dropped_and_the_others_get_everything() -> None:
    async def check() -> None:
        run = FakeRun()
        other = FakeRun()
        async with served(Settings(stall_s=1.0), tuned=True, r=run, other=other) as world:
            stalled = await world.client(receive_bytes=4096)
            await stalled.head()
            stalled.writer.transport.pause_reading()  # type: ignore[attr-defined]
            lively = await world.client("/api/runs/other/events")
            await lively.head()
            messages = lively.messages()
            while not run.log.left.is_set():
                for log in (run.log, other.log):
                    log.append(Entry(log.last, "told", Output(1, "stdout", "x" * 2000)))
                assert (await anext(messages)).id == f"1.{other.log.last}"
            assert run.log.readers == 0

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
        app = EventsApp(Found({"r": run}), settings)
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
        assert frames.decode(json.dumps(bodies[-1]))[-1] == ENDED

    within(check)


def test_a_viewer_that_takes_nothing_is_handed_one_slice_of_a_long_log() -> None:
    async def check() -> None:
        run = FakeRun()
        for n in range(1, 500):
            run.log.append(Entry(n, "told", Output(1, "stdout", "x" * 2000)))
        handed: list[int] = []
        stuck, never = asyncio.Event(), asyncio.Event()

        async def send(message: Any) -> None:
            body = message.get("body", b"")
            if body.startswith(b"id"):
                handed.append(len(body))
            elif handed and not body:  # the transport still has the slice
                stuck.set()
                await never.wait()

        async def receive() -> dict[str, str]:
            await stuck.wait()
            run.log.append(ENDED)
            for _ in range(5):
                await asyncio.to_thread(lambda: None)
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "path": "/api/runs/r/events", "headers": [], "query_string": b""}
        await EventsApp(Found({"r": run}), Settings(frame_ms=1))(scope, receive, send)
        assert len(handed) == 1
        assert handed[0] <= SLICE_BYTES + 100

    within(check)
