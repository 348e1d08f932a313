"""Ways in that need no setting, ways in that need one, and shapes of HTTP that nobody sends; it opens loopback only."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

from benchmarks.server_process import serving
from benchmarks.sse_clients import ask
from tests.web.raw_requests import RAW
from tests.web.test_origins import REBOUND
from tests.web.test_protocol import ENDLESS

SLUG = "states"


@contextmanager
def forwarder(port: int) -> Iterator[int]:
    """A port that leads to another one byte by byte, as ``ssh -L`` and a published container port do."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, port), daemon=True).start()
        yield listening.getsockname()[1]


def _accept(listening: socket.socket, port: int) -> None:
    with suppress(OSError):
        while True:
            near, _ = listening.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(near: socket.socket, far: socket.socket) -> None:
    with suppress(OSError):
        while data := near.recv(65536):
            far.sendall(data)
    with suppress(OSError):
        far.shutdown(socket.SHUT_WR)


def press(port: int, host: str, origin: str, **more: str) -> tuple[int, str]:
    """The Run button of a page opened at ``origin``, as a browser presses it; a run that starts is stopped."""
    form = urlencode({"preset": "plain"})
    status, said, _ = _form(port, form, {"Host": host, "Origin": origin, "HX-Request": "true", **more})
    if status == 200:
        run, key = (said.split(f'data-{name}="')[1].split('"')[0] for name in ("run", "key"))
        ask(port, "DELETE", f"/api/runs/{run}", Authorization=f"Bearer {key}", Host=f"127.0.0.1:{port}")
    return status, said


def _form(port: int, form: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    import http.client

    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    wire.request("POST", f"/en/lessons/{SLUG}/run", form, {**kind, **headers})
    answer = wire.getresponse()
    said = answer.read().decode()
    wire.close()
    return answer.status, said, dict(answer.getheaders())


def access() -> bool:
    """LAN address, forwarded port, plain proxy with and without its setting, names bent to this machine."""
    good = True
    name = "http://class.example"
    with serving(HOST="0.0.0.0") as server, forwarder(server.port) as other:
        lan = f"{_own_address()}:{server.port}"
        for what, port, host in (("LAN address", server.port, lan), ("forwarded port", other, f"127.0.0.1:{other}"),
                                 ("forwarded port, localhost", other, f"localhost:{other}")):  # fmt: skip
            status, _ = press(port, host, f"http://{host}")
            good = _told(what, status, status == 200) and good
        for what, host in (("proxy that keeps the Host", "class.example"), ("proxy that does not", "127.0.0.1")):
            status, said = press(server.port, host, name)
            good = _told(f"{what}, no setting", status, status == 403 and "TIMESLICE_PUBLIC_URL" in said) and good
        bent = Counter(
            press(server.port, host, f"http://{host}", **site)[0]
            for host in REBOUND for site in ({}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"})
        )  # fmt: skip
        good = _told("bent names", dict(bent), set(bent) <= {400, 403}) and good
    with serving(TIMESLICE_PUBLIC_URL=name) as server:
        for host in ("class.example", "127.0.0.1"):
            status, _ = press(server.port, host, name)
            good = _told(f"proxy, TIMESLICE_PUBLIC_URL, Host {host}", status, status == 200) and good
    return good


def _told(what: str, found: object, good: bool) -> bool:
    print(f"  {what}: {found}{'' if good else '  MISSED'}")
    return good


def _own_address() -> str:
    """An address of this machine that is not loopback, where it has one (nothing is sent)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire, suppress(OSError):
        wire.connect(("192.0.2.1", 9))
        return str(wire.getsockname()[0])
    return "192.168.0.10"


def shapes() -> bool:
    """Bytes that no client sends: answered below 500 or not at all."""
    sent = dict(RAW) | {f"endless: {name}": begin + more * 200 for name, (begin, more) in ENDLESS.items()}
    found: Counter[str] = Counter()
    with serving() as server:
        for said in sent.values():
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as wire, suppress(OSError):
                wire.sendall(said)
                wire.shutdown(socket.SHUT_WR)
                answer = b""
                with suppress(ConnectionError):
                    while piece := wire.recv(65536):
                        answer += piece
                found.update(
                    line.split()[1] for line in answer.decode("latin-1").splitlines() if line.startswith("HTTP/1.1 ")
                )
        alive = ask(server.port, "GET", "/healthz")[0] == 200
    print(f"  {len(sent)} shapes: {dict(sorted(found.items()))}")
    return alive and len(sent) >= 40 and not any(status >= "500" for status in found)
