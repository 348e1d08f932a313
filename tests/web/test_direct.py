"""The way around uvicorn's ``send``: the same bytes, bounded all the same, and left where uvicorn is another one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop
from uvicorn.protocols.http import flow_control, httptools_impl

from server.events import Entry, Output
from server.settings import Settings
from server.web import direct
from server.web.hub import SLICE_BYTES, Hub, Viewer
from server.web.leaky_bucket import LeakyBucket
from tests.web.sse import ENDED, FakeRun, Loop, World, served, step, within

LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@pytest.fixture(autouse=True)
def _looks_anew() -> Any:
    direct.usable.cache_clear()
    yield
    direct.usable.cache_clear()


def viewers_of(world: World) -> list[Viewer]:
    """The viewers of the one run that is watched."""
    hubs: list[Hub] = [hub for _, hub in world.app._hubs.values()]
    return [viewer for hub in hubs for viewer in hub._viewers]


async def bytes_of_a_run() -> tuple[bytes, bool]:
    """The chunks that a viewer gets of a small run, and whether it came the short way."""
    run = FakeRun()
    async with served(r=run) as world:
        client = await world.client(headers="Connection: close\r\n")
        run.log.append(step(1))
        await client.reader.readuntil(b"retry: 2000\n\n\r\n")
        first = await client.reader.readuntil(b"\n\n\r\n")
        short = [viewer.short is not None for viewer in viewers_of(world)]
        run.log.append(ENDED)
        rest = await client.reader.read()
    assert len(short) == 1
    return first + rest, short[0]


@LOOPS
def test_both_ways_send_the_same_bytes(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> None:
        said, short = await bytes_of_a_run()
        assert short, "this uvicorn is not the one that the short way was made for"
        monkeypatch.setattr(direct, "writer", lambda _send: None)
        assert await bytes_of_a_run() == (said, False)
        assert said.endswith(b"\r\n0\r\n\r\n")

    within(check, loop)


@LOOPS
def test_a_viewer_that_stops_reading_holds_one_slice_and_then_gets_what_it_missed(loop: Loop) -> None:
    async def check() -> None:
        run = FakeRun()
        async with served(Settings(frame_ms=1), send_bytes=8192, r=run) as world:
            stalled = await world.client(receive_bytes=4096)
            lively = await world.client()
            await lively.head()
            messages, seen, held = lively.messages(), 0, 0
            for n in range(400):
                run.log.append(Entry(n, "told", Output(1, "stdout", "x" * 2000)))
                while seen <= n:
                    seen += len((await anext(messages)).facts)
                held = max(held, *(viewer.short.pending() for viewer in viewers_of(world) if viewer.short))
            assert 0 < held <= SLICE_BYTES + 100
            run.log.append(ENDED)
            await stalled.head()
            late = [message async for message in stalled.messages()]
            assert [entry for message in late[:-1] for entry in message.facts] == list(run.log.tail())
            assert late[-1].event == "end"

    within(check, loop)


def test_where_somebody_has_wrapped_send_there_is_no_short_way() -> None:
    async def send(message: Any) -> None:
        raise AssertionError(message)

    assert direct.writer(send) is None
    assert direct.writer(FakeRun().set_queue_position) is None


def _other_chunks(self: Any, message: Any) -> Any:
    async def sent() -> None:
        self.response_started, self.chunked_encoding = True, True
        self.transport.write(b"other")

    return sent()


@pytest.mark.parametrize(
    ("owner", "name", "other", "said"),
    [
        (httptools_impl.RequestResponseCycle, "send", _other_chunks, "a body is written otherwise"),
        (httptools_impl.RequestResponseCycle, "__init__", lambda self: None, "TypeError: "),
        (flow_control.FlowControl, "pause_writing", lambda self: None, "a full transport is told otherwise"),
        (flow_control.FlowControl, "drain", None, "TypeError: "),
    ],
)
def test_another_uvicorn_is_noticed_said_once_and_served_the_portable_way(
    owner: Any, name: str, other: Any, said: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert direct.usable()
    direct.usable.cache_clear()
    monkeypatch.setattr(owner, name, other)
    assert not direct.usable()
    assert not direct.usable()
    (line,) = caplog.messages
    assert said in line


def test_a_frame_leaves_early_where_writing_is_cheap_and_late_where_it_is_not() -> None:
    cheap, dear = LeakyBucket(0.033), LeakyBucket(0.033)
    assert [round(cheap.pause_s(n, n + 0.001), 4) for n in range(50)] == [0.002] * 50
    now, pauses = 0.0, []
    for _ in range(50):
        pauses.append(dear.pause_s(now, now + 0.012))
        now += 0.012 + pauses[-1]
    assert pauses[0] == pytest.approx(0.002)
    assert pauses[-1] == pytest.approx(0.008), "two fifths of the time are left to others"
    assert LeakyBucket(0.033).pause_s(0.0, 0.5) == 0.0, "never longer than a frame"
