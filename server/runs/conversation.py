"""Requests and answers over the spawner's socket, matched by number; what they say is the client's matter."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any

MESSAGE_BYTES = 128 * 1024
ENDED = "the spawner has ended"


class SpawnerError(Exception):
    """The spawner is gone, silent or refused; the message is one sentence."""


class Spent(SpawnerError):
    """Processes, memory or descriptors are used up at the moment: the run can begin later."""


class Conversation:
    """Our end of a SOCK_SEQPACKET socket. The event loop listens to it only while somebody waits for something.

    ``heard`` is given every message as it comes.
    """

    def __init__(self, sock: socket.socket, heard: Callable[[dict[str, Any]], None]) -> None:
        sock.setblocking(False)
        self._socket, self._heard = sock, heard
        self._numbers = itertools.count(1)
        self._waiting: dict[tuple[str, int], asyncio.Future[dict[str, Any]]] = {}  # (what is waited for, a number)
        self.over = False

    async def ask(
        self, message: dict[str, Any], fds: Sequence[int], waits_s: Sequence[float], silent: Callable[[], None]
    ) -> dict[str, Any]:
        """The answer of this request; ``silent()`` is called after each of ``waits_s`` without one.

        TimeoutError after the last of them; :class:`SpawnerError` if there is nobody to ask, or the answer is one.
        """
        key = ("number", next(self._numbers))
        answer = self._expect(key)
        try:
            self._send(json.dumps({"number": key[1], **message}).encode(), fds)
            for wait_s in waits_s:
                done, _ = await asyncio.wait((answer,), timeout=wait_s)
                if done:
                    break
                silent()
            else:
                raise TimeoutError
            said = answer.result()
        finally:
            self._forget(key)
        if "error" in said:
            raise (Spent if said.get("spent") else SpawnerError)(said["error"])
        return said

    async def message(self, kind: str) -> dict[str, Any]:
        """The next message with this key in it, which nobody has asked for."""
        key = (kind, next(self._numbers))
        try:
            return await self._expect(key)
        finally:
            self._forget(key)

    def _send(self, data: bytes, fds: Sequence[int]) -> None:
        """One message (SOCK_SEQPACKET: whole or not at all); a full socket is one that nobody has read for long."""
        if self.over:
            raise SpawnerError(ENDED)
        try:
            if fds:
                socket.send_fds(self._socket, [data], fds)
            else:
                self._socket.send(data)
        except OSError as error:
            raise SpawnerError(f"the spawner cannot be reached: {error.strerror or error}") from error

    def _expect(self, key: tuple[str, int]) -> asyncio.Future[dict[str, Any]]:
        """A future for an answer or a message; the loop listens while there is one."""
        loop = asyncio.get_running_loop()
        if not self._waiting and not self.over:
            loop.add_reader(self._socket.fileno(), self._receive)
        answer: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._waiting[key] = answer
        if self.over:
            answer.set_exception(SpawnerError(ENDED))
        return answer

    def _forget(self, key: tuple[str, int]) -> None:
        answer = self._waiting.pop(key, None)
        if answer is not None and answer.done() and not answer.cancelled():
            answer.exception()  # seen, whoever waited for it
        if not self._waiting and not self.over:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())

    def _receive(self) -> None:
        try:
            data = self._socket.recv(MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.end(ENDED)
            return
        said = json.loads(data)
        self._heard(said)
        for (kind, number), answer in self._waiting.items():
            if kind in said and (kind != "number" or said[kind] == number) and not answer.done():
                answer.set_result(said)

    def end(self, reason: str) -> None:
        """No answer will come any more."""
        if self.over:
            return
        self.over = True
        if self._waiting:
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(SpawnerError(reason))
