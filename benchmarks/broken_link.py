"""A link that is cut while streams and half requests are open: when the server has let go of each. Used by abuse.py.

A network namespace with a virtual Ethernet pair stands for the phones, a bridge that stays up for the access point: as
with Wi-Fi, the server's own link goes on, and nothing tells it that the others have left. It needs root and ip(8).
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.server_process import Server, serving
from benchmarks.sse_clients import ask, descriptors

OURS, THEIRS = "10.213.7.1", "10.213.7.2"
EACH, FREED_S, GIVE_UP_S = 50, 20.0, 60.0

#: What the phones do: argv says port, run, how many of each kind. It prints its ports by kind, and goes when told.
PHONES = """
import json, socket, sys
port, run, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
host = b"Host: 10.213.7.1\\r\\n"
said = {
    "streams": b"GET /api/runs/" + run.encode() + b"/events HTTP/1.1\\r\\n" + host + b"\\r\\n",
    "half heads": b"GET / HTTP/1.1\\r\\n" + host + b"X-A: ",
    "half bodies": b"POST /api/runs HTTP/1.1\\r\\n" + host
        + b"Content-Type: application/json\\r\\nContent-Length: 99\\r\\n\\r\\n{",
    "silent": b"",
    "idle after an answer": b"GET /healthz HTTP/1.1\\r\\n" + host + b"\\r\\n",
}
kept, ports = [], {}
for kind, data in said.items():
    for _ in range(count):
        wire = socket.create_connection(("10.213.7.1", port), timeout=60)
        wire.sendall(data)
        if kind in ("streams", "idle after an answer"):
            wire.recv(10)
        kept.append(wire)
        ports.setdefault(kind, []).append(wire.getsockname()[1])
print(json.dumps(ports), flush=True)
sys.stdin.read()
"""


def _ip(*words: str, check: bool = True) -> bool:
    return subprocess.run(["ip", *words], check=check, capture_output=True).returncode == 0


@contextlib.contextmanager
def access_point() -> Iterator[tuple[str, str]]:
    """A namespace and the name of the port through which it is reached; ``PermissionError`` where that is refused."""
    mark = secrets.token_hex(3)
    space, bridge, stays, other, near, far = (f"ts{kind}{mark}" for kind in ("n", "b", "s", "t", "o", "i"))
    if os.geteuid() != 0 or shutil.which("ip") is None or not _ip("netns", "add", space, check=False):
        raise PermissionError
    try:
        if not _ip("link", "add", bridge, "type", "bridge", check=False):
            raise PermissionError
        _ip("addr", "add", f"{OURS}/24", "dev", bridge)
        _ip("link", "add", stays, "type", "veth", "peer", "name", other)  # without it the bridge would go down, too
        _ip("link", "set", other, "up")
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", space)
        for port in (stays, near):
            _ip("link", "set", port, "master", bridge, "up")
        _ip("link", "set", bridge, "up")
        _ip("-n", space, "addr", "add", f"{THEIRS}/24", "dev", far)
        _ip("-n", space, "link", "set", far, "up")
        yield space, near
    finally:
        for name in (near, stays, bridge):
            _ip("link", "del", name, check=False)
        _ip("netns", "del", space, check=False)


def held(server: Server) -> set[int]:
    """Ports of the phones whose connections the server holds a descriptor of (proc_pid_net(5): tcp)."""
    theirs = socket.inet_aton(THEIRS)[::-1].hex().upper()
    found = set()
    for line in Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        address, _, port = fields[2].partition(":")
        if address == theirs and int(fields[1].partition(":")[2], 16) == server.port and fields[9] != "0":
            found.add(int(port, 16))
    return found


def _started(port: int) -> str:
    """A run that says little: its streams must not be freed because it speaks."""
    while True:
        status, run, _ = ask(port, "POST", "/api/runs", {"lesson": "states"})
        if status in (200, 201):
            return str(run["id"])
        time.sleep(0.5)


def _cut(server: Server, space: str, near: str) -> dict[str, float]:
    """Opens everything, cuts the link, and says of each kind when the last of it was let go of, in seconds."""
    run = _started(server.port)
    command = ["ip", "netns", "exec", space, sys.executable, "-c", PHONES, str(server.port), run, str(EACH)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as phones:
        assert phones.stdout is not None
        ports: dict[str, list[int]] = json.loads(phones.stdout.readline())
        opened = held(server)
        print(f"  {len(opened)} connections of {EACH * len(ports)}, {descriptors(server.pid)} descriptors")
        _ip("link", "set", near, "down")
        began, freed_s = time.monotonic(), dict[str, float]()
        while len(freed_s) < len(ports) and time.monotonic() - began < GIVE_UP_S:
            still, now_s = held(server), time.monotonic() - began
            for kind, theirs in ports.items():
                if kind not in freed_s and not still & set(theirs):
                    freed_s[kind] = now_s
            time.sleep(0.1)
        phones.communicate("")
    return {kind: freed_s.get(kind, GIVE_UP_S) for kind in ports}


def broken_link() -> bool:
    """The goal: everything freed within 20 s; a machine that allows no network namespace skips with a sentence."""
    try:
        with access_point() as (space, near), serving(HOST="0.0.0.0") as server:
            freed_s = _cut(server, space, near)
            alive = ask(server.port, "GET", "/healthz")[0] == 200
    except PermissionError:
        print("  skipped: this takes root, ip(8) and a kernel that allows network namespaces and bridges")
        return True
    for kind, took_s in freed_s.items():
        print(f"  {EACH} {kind}: {'not freed' if took_s >= GIVE_UP_S else f'freed after {took_s:.1f} s'}")
    return alive and max(freed_s.values()) <= FREED_S
