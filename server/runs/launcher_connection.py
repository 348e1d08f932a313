"""The connection to a run's launcher: reads lines of facts, sends actions, kills the launcher."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from typing import Any

from .spawner_client import LauncherProcess, NoSpawner, SpawnerClient

_READ_BYTES = 16 * 1024  # facts decoded between two looks at the event loop: about 2 ms
_KILLED_EOF_S = 1.0  # what has been killed has let go of its pipe by then


class LauncherConnection:
    """One launcher's control and facts pipes, on one event loop; it owns and closes them."""

    def __init__(self, client: SpawnerClient | NoSpawner, launched: LauncherProcess) -> None:
        self._client, self._launched = client, launched
        self._readable = asyncio.Event()  # or there is nothing to wait for any more
        self._partial = ""
        self._open = True
        self._eof = asyncio.Event()

    def send(self, message: dict[str, Any]) -> None:
        """One JSON line to the launcher, or nowhere: it is ending, or has not listened for 64 KiB."""
        if self._open:
            with contextlib.suppress(BrokenPipeError, BlockingIOError):
                os.write(self._launched.control_fd, json.dumps(message).encode() + b"\n")

    async def lines(self) -> AsyncIterator[list[str]]:
        """Whole lines as they come, until the end of file, or until the launcher is dead and the pipe still is not."""
        fd, loop = self._launched.facts_fd, asyncio.get_running_loop()
        os.set_blocking(fd, False)
        loop.add_reader(fd, self._readable.set)
        try:
            while self._open:
                self._readable.clear()
                try:
                    data = os.read(fd, _READ_BYTES)
                except BlockingIOError:
                    await self._readable.wait()
                    continue
                if not data:
                    return
                *lines, self._partial = (self._partial + data.decode("ascii")).split("\n")
                yield lines
                if len(data) == _READ_BYTES:
                    await asyncio.sleep(0)
                elif self._open:  # that was all: the loop tells when there is more
                    await self._readable.wait()
        finally:
            loop.remove_reader(fd)
            self._eof.set()

    async def kill(self) -> None:
        """Kill the launcher and all below it; the lines end, even if somebody holds the other end of the pipe."""
        if not self._open:
            return
        await self._client.kill(self._launched)
        try:
            await asyncio.wait_for(self._eof.wait(), _KILLED_EOF_S)
        except TimeoutError:
            self._open = False
            self._readable.set()

    def close(self) -> None:
        """Let go of the pipes; to a launcher that still lives, that means the end."""
        self._open = False
        launched = self._launched
        for fd in (launched.control_fd, launched.facts_fd, launched.pidfd):
            if fd is not None:
                os.close(fd)
