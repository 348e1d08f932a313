"""Viewers of a run, a witness that asks /healthz in a process of its own, and what a server costs."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ID = re.compile(rb"^id: \d+\.(\d+|end)$", re.M)


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """One request on a connection of its own: status, JSON or text, headers."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        given.setdefault("Content-Type", "application/json")
    wire.request(method, path, None if body is None else json.dumps(body), given)
    answer = wire.getresponse()
    data = answer.read().decode("utf-8", "replace")
    wire.close()
    said = json.loads(data) if (answer.getheader("content-type") or "").endswith(("/json", "+json")) else data
    return answer.status, said, {name.lower(): value for name, value in answer.getheaders()}


def rss_bytes(pid: int) -> int:
    """Resident memory (proc(5), VmRSS)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


@dataclass
class SseClient:
    """One open stream: the last position it saw, whether each followed the one before, and how it ended."""

    status: int = 0
    last: int = 0
    gaps: int = 0
    ended: bool = False

    async def watch(self, port: int, path: str) -> None:
        """Reads the stream to its end; a message's positions follow the last message's."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.status = int(head.split()[1])
            text = b""
            while self.status == 200 and not self.ended and (piece := await reader.read(65536)):
                *whole, text = (text + piece).split(b"\n\n")
                for block in whole:
                    self._take(block)
        writer.close()

    def _take(self, block: bytes) -> None:
        found = ID.search(block.replace(b"\r\n", b"\n"))
        if found is None:
            return
        if found[1] == b"end":
            self.ended = True
        elif int(found[1]) <= self.last:
            self.gaps += 1
        else:
            self.last = int(found[1])


@dataclass
class DeathObserver:
    """Asks /healthz every 50 ms from another process, so that what the benchmark does itself is not measured."""

    port: int
    took_ms: list[float] = field(default_factory=list)
    failed: int = 0

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        command = [sys.executable, "-m", "benchmarks.sse_clients", str(self.port)]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield
        finally:
            said, _ = child.communicate()
            found = json.loads(said)
            self.took_ms, self.failed = sorted(found["took_ms"]), found["failed"]

    def p(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        return self.took_ms[min(len(self.took_ms) - 1, int(len(self.took_ms) * share))]


def witness(port: int) -> None:
    """Until standard input ends: a request every 50 ms, each on a connection of its own; then what it saw, as JSON."""
    import select

    took_ms, failed = [], 0
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        begin = time.monotonic()
        try:
            status, _, _ = ask(port, "GET", "/healthz")
        except OSError:
            status = 0
        took_ms.append((time.monotonic() - begin) * 1e3)
        failed += status != 200
    print(json.dumps({"took_ms": took_ms, "failed": failed}))


if __name__ == "__main__":
    witness(int(sys.argv[1]))
