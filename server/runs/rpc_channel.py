"""Requests and replies over the spawner's socket, matched by number; what they say is the client's matter."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any

MESSAGE_BYTES = 128 * 1024
SPAWNER_ENDED = "the spawner has ended"


class SpawnerError(Exception):
    """The spawner is gone, does not reply, or refuses; the message is one sentence."""


class SpawnerExhausted(SpawnerError):
    """Processes, memory or descriptors are exhausted at the moment: the run can start later."""


class RpcChannel:
    """The client's end. The event loop reads from the socket only while a reply or notification is awaited.

    ``on_message`` gets every message as it arrives.
    """

    def __init__(self, sock: socket.socket, on_message: Callable[[dict[str, Any]], None]) -> None:
        sock.setblocking(False)
        self._socket, self._on_message = sock, on_message
        self._numbers = itertools.count(1)
        self._waiting: dict[tuple[str, int], asyncio.Future[dict[str, Any]]] = {}  # (what is waited for, a number)
        self.closed = False

    async def request(
        self, message: dict[str, Any], fds: Sequence[int], timeouts_s: Sequence[float], on_timeout: Callable[[], None]
    ) -> dict[str, Any]:
        """Sends a request and returns its reply; ``on_timeout()`` is called after each of ``timeouts_s`` without one.

        TimeoutError after the last of them; :class:`SpawnerError` if the channel is closed or the reply is an error.
        """
        key = ("number", next(self._numbers))
        answer = self._register(key)
        try:
            self._send(json.dumps({"number": key[1], **message}).encode(), fds)
            for timeout_s in timeouts_s:
                done, _ = await asyncio.wait((answer,), timeout=timeout_s)
                if done:
                    break
                on_timeout()
            else:
                raise TimeoutError
            reply = answer.result()
        finally:
            self._forget(key)
        if "error" in reply:
            raise (SpawnerExhausted if reply.get("spent") else SpawnerError)(reply["error"])
        return reply

    async def notification(self, kind: str) -> dict[str, Any]:
        """The next message with this key in it that is no reply to a request."""
        key = (kind, next(self._numbers))
        try:
            return await self._register(key)
        finally:
            self._forget(key)

    def _send(self, data: bytes, fds: Sequence[int]) -> None:
        """One message (SOCK_SEQPACKET: whole or not at all); a full socket is one that nobody has read for long."""
        if self.closed:
            raise SpawnerError(SPAWNER_ENDED)
        try:
            if fds:
                socket.send_fds(self._socket, [data], fds)
            else:
                self._socket.send(data)
        except OSError as error:
            raise SpawnerError(f"the spawner cannot be reached: {error.strerror or error}") from error

    def _register(self, key: tuple[str, int]) -> asyncio.Future[dict[str, Any]]:
        """A future for a reply or a notification; the loop reads the socket while there is one."""
        loop = asyncio.get_running_loop()
        if not self._waiting and not self.closed:
            loop.add_reader(self._socket.fileno(), self._receive)
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._waiting[key] = answer
        if self.closed:
            answer.set_exception(SpawnerError(SPAWNER_ENDED))
        return answer

    def _forget(self, key: tuple[str, int]) -> None:
        answer = self._waiting.pop(key, None)
        if answer is not None and answer.done() and not answer.cancelled():
            answer.exception()  # retrieved, whoever waited for it
        if not self._waiting and not self.closed:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())

    def _receive(self) -> None:
        try:
            data = self._socket.recv(MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close(SPAWNER_ENDED)
            return
        reply = json.loads(data)
        self._on_message(reply)
        for (kind, number), answer in self._waiting.items():
            if kind in reply and (kind != "number" or reply[kind] == number) and not answer.done():
                answer.set_result(reply)

    def close(self, reason: str) -> None:
        """Closes the socket; every pending request fails with this reason."""
        if self.closed:
            return
        self.closed = True
        if self._waiting:
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(SpawnerError(reason))
