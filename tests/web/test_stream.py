"""The address of a stream: what it answers, with which headers, to which id, and how it ends."""

import asyncio
import json

import pytest

from server.settings import Settings
from tests.web.sse import ENDED, FakeRun, served, step, within


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
            assert (await anext(blocks)).startswith(b'id: 1.1\nevent: facts\ndata: [{"t_ns":1,')

    within(check)
