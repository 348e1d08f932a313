"""A small reverse proxy that shows a server below a path, stripping it or keeping it; it tests nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator

from tests.browser.harness import serving

ROOT = "/course/os"


class Proxy:
    """One exchange a connection, HTTP/1.1; whatever is asked for outside ROOT is 404, as on somebody else's site."""

    def __init__(self, keeps: bool) -> None:
        self._keeps = keeps
        self.upstream = 0  # port of the server behind it
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))

    def __enter__(self) -> Proxy:
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        exchanges: set[asyncio.Task[None]] = set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            exchanges.add(task)
            task.add_done_callback(exchanges.discard)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._exchange(reader, writer)
            writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listens.set()
        await self._stop.wait()
        server.close()
        for each in exchanges:
            each.cancel()
        await asyncio.gather(*exchanges, return_exceptions=True)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, rest = head.split(b" ", 2)
        root = ROOT.encode()
        if not re.match(rb"%s(?:[/?]|$)" % root, path):
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return await writer.drain()
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        seen = path if self._keeps else path.removeprefix(root) or b"/"
        rest = re.sub(rb"(?i)\r\nconnection: [^\r]*", b"", rest)
        there, behind = await asyncio.open_connection("127.0.0.1", self.upstream)
        behind.write(b" ".join((method, seen, rest.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n")) + body)
        try:
            while piece := await there.read(65536):
                writer.write(piece)
                await writer.drain()
        finally:
            behind.close()


@contextlib.contextmanager
def shown_below(keeps: bool) -> Iterator[str]:
    """A server that is shown below ROOT: its public address, without a slash at the end."""
    with Proxy(keeps) as proxy:
        public = f"http://127.0.0.1:{proxy.port}{ROOT}"
        with serving(TIMESLICE_PUBLIC_URL=public) as address:
            proxy.upstream = int(address.rpartition(":")[2])
            yield public
