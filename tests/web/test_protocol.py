"""What a connection may cost before its request is whole, on a real uvicorn with its usual event loop and asyncio's."""

from __future__ import annotations

import asyncio
import socket
from importlib.metadata import version

import pytest
import uvloop

from server.web import fd_limits, protocol
from tests.web.sse import Loop, within
from tests.web.stub_app import GET, rest, world

LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def test_the_uvicorn_and_httptools_this_leans_on_are_these() -> None:
    """HttpToolsProtocol's callbacks, pipeline, cycle and flow are no public interface: read them anew at a change."""
    assert version("uvicorn").startswith("0.54.")
    assert version("httptools").startswith("0.9.")


def head(size: int) -> bytes:
    """A request whose head has exactly ``size`` bytes."""
    before = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "
    return before + b"a" * (size - len(before) - 4) + b"\r\n\r\n"


@LOOPS
def test_a_head_of_16_kib_is_served_and_a_byte_more_is_431(loop: Loop) -> None:
    async def check() -> None:
        async with world() as here:
            for size, status in ((protocol.HEAD_BYTES, 200), (protocol.HEAD_BYTES + 1, 431)):
                assert (await here.say(head(size))).startswith(b"HTTP/1.1 %d " % status)
                assert here.app.served == 1

    within(check, loop)


@LOOPS
def test_100_fields_are_served_and_101_are_431(loop: Loop) -> None:
    async def check() -> None:
        async with world() as here:
            for fields, status in ((protocol.FIELDS, 200), (protocol.FIELDS + 1, 431)):
                lines = b"Connection: close\r\n" + b"X: y\r\n" * (fields - 1)
                said = await here.say(b"GET / HTTP/1.1\r\n" + lines + b"\r\n")
                assert said.startswith(b"HTTP/1.1 %d " % status)
            assert b"application/problem+json" in said
            assert here.app.served == 1

    within(check, loop)


ENDLESS = {
    "a header line": (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"a" * 1000),
    "small headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n" * 100),
    "an address": (b"GET /", b"a" * 1000),
    "a method": (b"", b"G" * 1000),
    "empty lines": (b"", b"\r\n" * 500),
    "an extension of a chunk": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
    "a trailer": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 1000),
    "trailers": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n" * 100),
    "chunks of a byte": (b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 99),
}


@LOOPS
@pytest.mark.parametrize("name", ENDLESS)
def test_whatever_is_endless_ends_by_itself(name: str, loop: Loop) -> None:
    begin, more = ENDLESS[name]

    async def check() -> None:
        async with world() as here:
            reader, writer = await here.connect()
            writer.write(begin)
            ended = asyncio.ensure_future(rest(reader))
            while not (ended.done() or writer.transport.is_closing()):
                writer.write(more)
                await asyncio.sleep(0)
            assert (await ended)[:12] in (b"", b"HTTP/1.1 431", b"HTTP/1.1 400", b"HTTP/1.1 200")

    within(check, loop)


@LOOPS
def test_a_head_that_stays_away_is_408_and_a_silent_connection_is_closed(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.05)

    async def check() -> None:
        async with world() as here:
            assert (await here.say(b"GET / HTTP/1.1\r\nHo")).startswith(b"HTTP/1.1 408 ")
            assert await here.say(b"") == b""
            reader, writer = await here.connect()
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n0")
            writer.write(b"GET / HTTP/1.1\r\n")  # the second request of a connection is bounded like the first
            assert (await rest(reader)).startswith(b"HTTP/1.1 408 ")
            assert here.app.served == 1

    within(check, loop)


@LOOPS
def test_50_requests_at_once_are_answered_in_their_order_and_more_than_may_be_held_end_the_connection(
    loop: Loop,
) -> None:
    async def check() -> None:
        async with world() as here:
            wanted = b"".join(
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (n, b"a" * n) for n in range(50)
            )
            said = await here.say(wanted + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            bodies = [each.partition(b"\r\n\r\n")[2] for each in said.split(b"HTTP/1.1 200 OK\r\n")[1:]]
            assert bodies == [str(n).encode() for n in range(50)] + [b"0"]
            await here.say(GET * 5000)
            assert here.app.served < 500

    within(check, loop)


@LOOPS
def test_a_client_that_sends_on_after_its_answer_reads_the_answer_and_is_let_go(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LINGER_S", 0.05)

    async def check() -> None:
        async with world() as here:
            request = b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
            assert (await here.say(request + b"a" * 4_000_000)).startswith(b"HTTP/1.1 200 ")

    within(check, loop)


@LOOPS
def test_a_body_that_comes_after_its_answer_leaves_the_connection_open(loop: Loop) -> None:
    async def check() -> None:
        async with world() as here:
            reader, writer = await here.connect()
            for _ in range(3):
                writer.write(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
                await reader.readuntil(b"\r\n\r\n0")
                writer.write(b"hello")
            assert here.app.served == 3

    within(check, loop)


@LOOPS
def test_an_upgrade_is_answered_as_a_plain_request_and_closed(loop: Loop) -> None:
    async def check() -> None:
        async with world() as here:
            said = await here.say(
                b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                + b"\x81\x05hello" * 99
            )
            assert (said[:13], said.count(b"HTTP/1.1")) == (b"HTTP/1.1 200 ", 1)

    within(check, loop)


@LOOPS
def test_of_too_many_connections_without_a_request_the_oldest_goes(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "WAITING", 3)

    async def check() -> None:
        async with world() as here:
            readers = []
            for _ in range(4):
                readers.append((await here.connect())[0])
            assert (await rest(readers[0])).startswith(b"HTTP/1.1 503 ")
            assert len(here.connection_table.waiting) == 3
            reader, writer = await here.connect()
            writer.write(GET)
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")

    within(check, loop)


@LOOPS
def test_where_descriptors_run_out_a_new_connection_takes_the_place_of_one_that_waits(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fd_limits, "max_connections", lambda _: 2)

    async def check() -> None:
        async with world() as here:
            silent, _ = await here.connect()
            for _ in range(3):
                reader, writer = await here.connect()
                writer.write(GET)
                assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            assert (await rest(silent)).startswith(b"HTTP/1.1 503 ")

    within(check, loop)


@LOOPS
def test_nothing_is_left_of_connections_that_are_gone(loop: Loop) -> None:
    async def check() -> None:
        async with world() as here:
            for begin in (b"", b"GET", GET, head(protocol.HEAD_BYTES + 1), b"\0"):
                reader, writer = await here.connect()
                writer.write(begin)
                if begin == GET:
                    await reader.readuntil(b"\r\n\r\n0")
                writer.close()
            while here.server.server_state.connections:
                await asyncio.to_thread(lambda: None)
            assert not here.connection_table.waiting

    within(check, loop)


@LOOPS
def test_every_connection_is_asked_whether_it_is_still_there(loop: Loop) -> None:
    async def check() -> None:
        async with world() as here:
            reader, writer = await here.connect()
            writer.write(GET)
            await reader.readline()
            (connection,) = here.server.server_state.connections
            accepted = connection.transport.get_extra_info("socket")
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            for option, value in (
                (socket.TCP_USER_TIMEOUT, 15000),
                (socket.TCP_KEEPIDLE, 5),
                (socket.TCP_KEEPINTVL, 5),
            ):
                assert accepted.getsockopt(socket.IPPROTO_TCP, option) == value

    within(check, loop)
