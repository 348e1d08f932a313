"""Who watches a run: a stream that is cut, stalled or refused, and comes back with the last id it read whole."""

from __future__ import annotations

import random
import threading
import time
from http.client import HTTPConnection, HTTPException

from server import events
from server.web import frames

GIVE_UP_S = 90.0


class SseClient:
    """One viewer in a thread of its own, until it has read the end."""

    def __init__(self, port: int, run: str, chance: random.Random, cut: bool = False, stall_s: float = 0.0) -> None:
        """``cut``: its connections break after a random number of lines. ``stall_s``: it begins without reading."""
        self.run, self.lines, self.ended = run, list[str](), False
        self.broken = ""  # what was wrong with a stream, as a sentence
        self._port, self._chance, self._cut, self._stall_s = port, chance, cut, stall_s
        self._id = ""
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Waits for the end, but not for ever."""
        self._thread.join(GIVE_UP_S)

    def leave(self) -> None:
        """It goes without having read the end."""
        self._leaving.set()
        self._thread.join(GIVE_UP_S)

    def _watch(self) -> None:
        deadline = time.monotonic() + GIVE_UP_S
        while not (self.ended or self._leaving.is_set() or self.broken) and time.monotonic() < deadline:
            connection = HTTPConnection("127.0.0.1", self._port, timeout=20)
            try:
                self._read(connection)
            except (OSError, HTTPException, ValueError):
                pass  # cut: come back
            finally:
                connection.close()
            self._leaving.wait(0.05)

    def _read(self, connection: HTTPConnection) -> None:
        known = {"Last-Event-ID": self._id} if self._id else {}
        connection.request("GET", f"/api/runs/{self.run}/events", headers=known)
        answer = connection.getresponse()
        if answer.status == 204:
            self.ended = True
        if answer.status != 200:
            if answer.status in (404, 410, 500):
                self.broken = f"the stream answered {answer.status}"
            return
        self._leaving.wait(self._stall_s)
        budget = self._chance.randint(2, 40) if self._cut else 1 << 30
        fields: dict[str, str] = {}
        while budget and not self._leaving.is_set():
            line = answer.readline()
            if not line.endswith(b"\n"):
                return
            budget -= 1
            name, _, text = line.decode("ascii").rstrip("\n").partition(": ")
            if name:
                fields[name] = text
                continue
            self._take(fields)
            fields = {}
            if self.ended:
                return

    def _take(self, fields: dict[str, str]) -> None:
        """One whole message."""
        if "id" in fields:
            if self._id and self._id.partition(".")[0] != fields["id"].partition(".")[0]:
                self.lines.clear()
            self._id = fields["id"]
        if fields.get("event") == "facts":
            self.lines += [events.encode(entry) for entry in frames.decode(fields["data"].encode("ascii"))]
            if self._id != f"{self._id.partition('.')[0]}.{len(self.lines)}":
                self.broken = f"3: the stream says {self._id} after {len(self.lines)} entries"
        self.ended = fields.get("event") == "end"
