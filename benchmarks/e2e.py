"""From a click to a long run in the browser: the stream of a run that is kept, beside one JSON message a fact.

    python -m benchmarks.e2e [--pairs 5]

Both servers begin with the same file on disk: ours checks its seals and sends packed slices as they are read, and once
more as it keeps them; the peer unzips it, checks nothing and sends each line as an SSE message of its own, 64 KiB of
them at a write. In one Chromium, in turn, the real engine modules take both into a log, as they come. Goals: wall time
of 98,000 facts ≥ 50 times shorter, the first facts folded ≤ 200 ms after the click, and the first byte of 187,000
facts, on a socket, and of the page that shows them ≤ 200 ms.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks import table
from benchmarks.server_process import ROOT, serving
from server import events
from server.events import RunStarted, TaskBorn, TaskState, TrialStarted
from server.lesson import catalog
from server.log import recording, seals
from tests.browser.harness import launch

FACTS, LONG = 98_000, 187_000
LESSON, PRESET = "concurrency-parallelism", "threads"
BATCH_BYTES = 64 * 1024

_FOLD = """async ([address, packed]) => {
  const { openStream } = await import("/static/js/engine/stream.js");
  const { Log } = await import("/static/js/engine/log.js");
  const log = new Log(), began = performance.now();
  let first = 0;
  const take = (position, entries) => {
    log.add(position, entries);
    if (!first) { log.history.seek(log.end_ns); first = performance.now() - began; }
  };
  await new Promise((done) => {
    if (packed) {
      openStream({ events: address, log: address }, { entries: take, clear() {}, state() {}, end: done });
      return;
    }
    const source = new EventSource(address);
    source.addEventListener("facts", ({ data, lastEventId }) => take(Number(lastEventId), [JSON.parse(data)]));
    source.addEventListener("end", () => { source.close(); done(); });
  });
  return { first, all: performance.now() - began, facts: log.length };
}"""


def long_run(count: int) -> list[str]:
    """Lines of a run of so many facts, with the mix of a shipped recording: its state changes again and again."""
    path = catalog.recording_path(LESSON, PRESET)
    assert path is not None
    entries, chance = recording.read(path).entries, random.Random(1)
    born = [each for each in entries if isinstance(each.fact, RunStarted | TrialStarted | TaskBorn)]
    states = [each for each in entries if isinstance(each.fact, TaskState)]
    rest = [
        each for each in entries[:-1] if not isinstance(each.fact, RunStarted | TrialStarted | TaskBorn | TaskState)
    ]
    out, t_ns = list(born), born[-1].t_ns
    for number in range(count - len(born) - len(rest) - 1):
        t_ns += chance.randint(2_000, 60_000)
        out.append(replace(states[number % len(states)], t_ns=t_ns))
    out += [replace(each, t_ns=t_ns + number) for number, each in enumerate([*rest, entries[-1]])]
    return [events.encode(entry) for entry in out]


def peer(path: str) -> None:
    """Serves a file, one message a fact, at a free port that it prints."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    async def messages() -> AsyncIterator[bytes]:
        batch, size, number = list[bytes](), 0, 0
        for line in gzip.decompress(Path(path).read_bytes()).splitlines():
            if line.startswith(b'{"seal"'):
                continue
            number += 1
            batch.append(b"id: %d\nevent: facts\ndata: %b\n\n" % (number, line))
            size += len(batch[-1])
            if size > BATCH_BYTES:
                yield b"".join(batch)
                batch, size = [], 0
        yield b"".join(batch) + b"event: end\ndata: {}\n\n"

    async def stream(_: Any) -> Any:
        headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
        return StreamingResponse(messages(), media_type="text/event-stream", headers=headers)

    config = uvicorn.Config(Starlette(routes=[Route("/", stream)]), port=0, log_level="error")
    listening = config.bind_socket()
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(config).run(sockets=[listening])


@contextlib.contextmanager
def peering(path: Path) -> Iterator[str]:
    """The peer's address."""
    command = [sys.executable, "-m", "benchmarks.e2e", "peer", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
    finally:
        process.kill()
        process.communicate()


def first_byte_ms(address: str, events_only: bool) -> float:
    """From the request to the first byte of facts, or of the page."""
    begin = time.monotonic()
    with httpx.stream("GET", address, timeout=60) as answer:
        answer.raise_for_status()
        seen = b""
        for piece in answer.iter_raw():
            seen += piece
            if not events_only or b"event: facts" in seen:
                return 1e3 * (time.monotonic() - begin)
    raise RuntimeError("no fact came")


def folded(page: Page, address: str, packed: bool) -> dict[str, float]:
    """One way, in a page that has just been opened and has the modules: no garbage of the one before."""
    page.reload()
    page.evaluate("() => Promise.all(['stream', 'log'].map((name) => import(`/static/js/engine/${name}.js`)))")
    page.wait_for_timeout(300)
    found: dict[str, float] = page.evaluate(_FOLD, [address, packed])
    return found


def pairs(page: Page, ours: str, theirs: str, count: int) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """Both ways in turn."""
    mine, other = list[dict[str, float]](), list[dict[str, float]]()
    for _ in range(count):
        mine.append(folded(page, ours, True))
        other.append(folded(page, theirs, False))
        print(
            f"  {mine[-1]['facts']:.0f} facts: ours {mine[-1]['all']:.0f} ms, first fold {mine[-1]['first']:.0f}; "
            f"one message each {other[-1]['all']:.0f} ms, first {other[-1]['first']:.0f}",
            flush=True,
        )
        assert mine[-1]["facts"] == other[-1]["facts"]
    return mine, other


def main() -> int:
    """Prints every pair and the ratios; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.e2e", description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=5)
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        files = dict[str, bytes]()
        short, long = (seals.compress(seals.seal_all(long_run(count))) for count in (FACTS, LONG))
        for run in ("warm", *(f"cold{n}" for n in range(asked.pairs))):
            files[f"runs/{run}.ndjson.gz"] = short
        for run in ("page", *(f"long{n}" for n in range(asked.pairs))):
            files[f"runs/{run}.ndjson.gz"] = long
        path = Path(name, "peer.ndjson.gz")
        path.write_bytes(short)
        with serving(files=files) as server, peering(path) as theirs:
            site = f"http://127.0.0.1:{server.port}"
            stream = [first_byte_ms(f"{site}/api/runs/long{n}/events", True) for n in range(asked.pairs)]
            browser = launch(playwright)
            page = browser.new_context(bypass_csp=True).new_page()
            page.goto(f"{site}/en/about")
            folded(page, f"{site}/api/runs/warm/events", True)
            cold = [folded(page, f"{site}/api/runs/cold{n}/events", True) for n in range(asked.pairs)]
            mine, other = pairs(page, f"{site}/api/runs/warm/events", theirs, asked.pairs)
            browser.close()
            shown = [first_byte_ms(f"{site}/en/lessons/{LESSON}?run=page", False)]  # the next one has it in memory
    one = "one JSON message a fact"
    ratios = [b["all"] / a["all"] for a, b in zip(mine, other, strict=True)]
    first_time = [b["all"] / a["all"] for a, b in zip(cold, other, strict=True)]
    for a in cold:
        print(f"  read anew: all {a['all']:.0f} ms, first fold {a['first']:.0f}")
    met = [
        table.compared(f"{FACTS:,} facts into the browser, times", one, ratios, at_least=50),
        table.compared("the same read anew, times", one, first_time, at_least=50),
        table.compared("first fold after the click", "–", [a["first"] for a in cold], at_most=200, unit="ms"),
        table.compared(f"first byte of {LONG:,} facts", "–", stream, at_most=200, unit="ms"),
        table.compared(f"first byte of the page of {LONG:,} facts", "–", shown, at_most=200, unit="ms"),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["peer"]:
        peer(sys.argv[2])
    else:
        sys.exit(main())
