"""The kinds of fault: each is given a round with a server that is up, and leaves the machine as it found it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from resource import RLIMIT_NOFILE, prlimit

from benchmarks.faults.disk import damage, disk_full, disk_gone, disk_read_only
from benchmarks.faults.round import END_S, SHORT, Round
from benchmarks.faults.server_under_test import ENDED, GO, KILL, SELF_TEST_S, STOP, TERM, send
from benchmarks.kills import left


def _some(r: Round) -> None:
    """One or two runs under way, at a random instant of them."""
    for _ in range(r.chance.randint(1, 2)):
        r.start(r.chance.choice((*SHORT, "daemon")))
    r.pause(0.6)


def kill_server(r: Round) -> None:
    _some(r)
    r.restarted = True
    r.sut.end(KILL)
    if not r.sut.settle(lambda: not left(r.sut.mark), 5.0):
        r.sut.violations.append(f"1: after kill -9 of the server {len(left(r.sut.mark))} processes stay")
    r.sut.up()


def term_server(r: Round) -> None:
    _some(r)
    r.restarted = True
    r.sut.end(TERM, END_S)
    r.sut.up()


def stop_server(r: Round) -> None:
    _some(r)
    send([r.sut.pid], STOP)
    r.pause(1.0)
    send([r.sut.pid], GO)


def kill_spawner(r: Round) -> None:
    _some(r)
    send(r.sut.roles()["spawner"], KILL)
    r.start("calm")


def kill_spawner_while_a_launcher_hangs(r: Round) -> None:
    made = r.started("daemon")
    send(r.sut.roles()["launcher"], STOP)
    send(r.sut.roles()["spawner"], KILL)
    r.start("calm")
    if made and r.stop(made) != 204:
        r.sut.violations.append("DELETE of a run whose launcher hangs and whose spawner is dead is not 204")
    send(r.sut.roles()["worker"], GO)


def stop_spawner(r: Round) -> None:
    _some(r)
    spawner = r.sut.roles()["spawner"]
    send(spawner, STOP)
    threading.Thread(target=r.start, args=("calm",)).start()
    r.pause(0.5)
    if r.sut.ask("GET", "/healthz", within_s=3.0).status != 200:
        r.sut.violations.append("a stopped spawner stops the server: /healthz does not answer within 3 s")
    r.restarted = True
    r.sut.end(TERM, END_S)
    if not r.sut.settle(lambda: not left(r.sut.mark), 5.0):
        r.sut.violations.append("1: a stopped spawner outlives its server")
        send(left(r.sut.mark), KILL)
    r.sut.up()


def stop_self_test(r: Round) -> None:
    """Who finds out how the kernel can be heard is stopped: runs begin all the same, and it does not stay."""
    r.restarted = True
    r.sut.end(TERM, END_S)
    r.sut.up(tested=False)
    r.sut.settle(lambda: bool(r.sut.roles()["probe"]))  # not born yet, unless it is over already
    found = r.sut.roles()["probe"]
    send(found, STOP)
    made = r.start("calm")
    if made and not r.sut.settle(lambda: r.sut.status(made["id"]) in ENDED, SELF_TEST_S):
        r.sut.violations.append("a run waits for ever for a self-test that was stopped")
    if not r.sut.settle(lambda: not set(found) & set(left(r.sut.mark)), SELF_TEST_S):
        r.sut.violations.append("1: a self-test that was stopped stays")


def late_spawner(r: Round) -> None:
    """Its answer comes after the server has stopped waiting: no run may be taken for another."""
    spawner = r.sut.roles()["spawner"]
    send(spawner, STOP)
    late = threading.Thread(target=r.start, args=("calm",))
    late.start()
    r.sut.settle(lambda: False, r.chance.uniform(4.5, 6.5))
    send(spawner, GO)
    late.join()
    kept, gone = r.started("echo"), r.started("echo")
    if kept and gone:
        if r.stop(gone) != 204:
            r.sut.violations.append("DELETE after a late answer of the spawner is not 204")
        if r.sut.status(kept["id"]) != "running":
            r.sut.violations.append("DELETE of one run ended another, after a late answer of the spawner")


def kill_launcher(r: Round) -> None:
    r.started("daemon")
    r.pause(0.3)
    send(r.sut.roles()["launcher"], KILL)


def stop_launcher(r: Round) -> None:
    made = r.started("daemon")
    send(r.sut.roles()["launcher"], STOP)
    r.pause(0.3)
    if made and r.stop(made) != 204:
        r.sut.violations.append("DELETE of a run whose launcher is stopped is not 204")


def kill_worker(r: Round) -> None:
    r.started(r.chance.choice(("daemon", "calm")))
    send(r.sut.roles()["worker"][:1], KILL)


def stop_worker(r: Round) -> None:
    r.started("daemon")
    send(r.sut.roles()["worker"], STOP)


def worker_hangs(r: Round) -> None:
    r.start("hang")


def experiment_hangs(r: Round) -> None:
    r.start("stubborn")


def fds_out(r: Round) -> None:
    """No descriptor is left in the server for a moment: a start waits or is refused, it does not fail."""
    most = prlimit(r.sut.pid, RLIMIT_NOFILE)
    prlimit(r.sut.pid, RLIMIT_NOFILE, (r.sut.open_fds() + r.chance.randint(1, 6), most[1]))
    try:
        for _ in range(3):
            r.start("calm")
        r.pause(0.5)
    finally:
        prlimit(r.sut.pid, RLIMIT_NOFILE, most)
    r.finish()
    for made in r.made:
        summary = r.sut.ask("GET", f"/api/runs/{made['id']}").json.get("summary") or {}
        if "Too many open files" in summary.get("message", ""):
            r.sut.violations.append("a start without descriptors answered 201 and then failed")


def perf_refused(r: Round) -> None:
    r.sut.end(TERM, END_S)
    r.sut.up(perf=False)
    r.sampled = True
    r.start("calm")
    r.finish()
    _logs_are_modest(r)
    r.restarted = True
    r.sut.end(TERM, END_S)
    r.sut.up()


def _logs_are_modest(r: Round) -> None:
    for made in r.made:
        tier = r.sut.ask("GET", f"/api/runs/{made['id']}").json["tier"]
        if tier in ("exact", "exact+wake"):
            r.sut.violations.append(f"6: perf is refused and the run says {tier}")


def viewers_cut(r: Round) -> None:
    for _ in range(2):
        r.start(r.chance.choice(("threads", "calm")), cut=True)


def viewer_stalled(r: Round) -> None:
    r.start("threads", stall_s=r.chance.uniform(0.5, 3.0))


def viewer_leaves(r: Round) -> None:
    r.start("daemon")
    r.pause(0.5)
    for each in r.viewers:
        each.leave()
    r.viewers.clear()


def proxy_502(r: Round) -> None:
    """Between viewer and server stands a proxy that answers 502 to one request in two, and cuts the others."""
    with _proxy(r) as port:
        r.start("calm", port=port, cut=True)
        r.finish()
        for each in r.viewers:
            each.join()


@contextmanager
def _proxy(r: Round) -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=_forward, args=(client, r.sut.port, r.chance.random() < 0.5)).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


def _forward(client: socket.socket, port: int, refuse: bool) -> None:
    with client, suppress(OSError):
        asked = client.recv(65536)
        if refuse:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", port), 30) as server:
            server.sendall(asked)
            while data := server.recv(65536):
                client.sendall(data)


KINDS: tuple[Callable[[Round], None], ...] = (
    kill_server, term_server, stop_server, kill_spawner, kill_spawner_while_a_launcher_hangs, stop_spawner,
    stop_self_test, late_spawner, kill_launcher, stop_launcher, kill_worker, stop_worker, worker_hangs,
    experiment_hangs, fds_out, perf_refused, viewers_cut, viewer_stalled, viewer_leaves, proxy_502, damage,
    disk_full, disk_read_only, disk_gone,
)  # fmt: skip
