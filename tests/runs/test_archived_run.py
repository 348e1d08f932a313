"""A finished run is streamed while its file is read: nothing unsealed leaves, and what comes is the whole run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server import events
from server.events import Entry, Output, RunEnded, RunStarted
from server.log import seals
from server.runs import archived_run, run_store
from server.runs.archived_run import ArchivedLog, ArchivedRun
from server.runs.run import Run
from server.runs.run_store import RunStore
from server.settings import Settings
from server.web import log_summary
from server.web.frame_cache import FrameCache
from server.web.log_frames import LogFrames
from tests.web.sse import FakeRun, World, served, step, within

LESSONS = Path(__file__).parents[2] / "server/lessons"
STARTED = RunStarted("blocking", {}, "exact", [0], "6", "3", "", 1)


def lines(count: int = 4000) -> list[str]:
    """An ended run of so many entries."""
    entries = [Entry(0, "told", STARTED)]
    entries += [step(n) if n % 50 else Entry(n, "told", Output(1, "stdout", "x" * 500)) for n in range(1, count - 1)]
    return [events.encode(entry) for entry in (*entries, Entry(count, "derived", RunEnded("finished", {"wall_ns": 9})))]


def packed(given: list[str], epoch: int = 3) -> bytes:
    """Its file."""
    return seals.compress(seals.seal_all(given, epoch, {"lesson": "blocking", "preset": None, "params": {}}))


@asynccontextmanager
async def archive(folder: Path, **files: bytes) -> AsyncIterator[tuple[World, RunStore]]:
    """The streams of a server that has nothing but these files."""
    (folder / "runs").mkdir()
    for name, data in files.items():
        (folder / "runs" / f"{name}.ndjson.gz").write_bytes(data)
    store = RunStore(Settings(data_dir=folder), lambda _run: False)
    await store.open()
    try:
        async with served() as world:
            world.app._runs = store
            yield world, store
    finally:
        await store.close()


async def watched(world: World, query: str = "") -> tuple[list[Entry], list[Any]]:
    """The facts of a stream, and its messages."""
    client = await world.client(f"/api/runs/r/events{query}")
    await client.head()
    messages = [message async for message in client.messages()]
    return [entry for each in messages if each.event == "facts" for entry in each.facts], messages


def test_a_stream_of_a_file_is_the_whole_run_and_its_end(tmp_path: Path) -> None:
    async def check() -> None:
        given = lines()
        async with archive(tmp_path, r=packed(given)) as (world, store):
            run = await store.find_stream("r")
            assert isinstance(run, ArchivedRun)
            facts, messages = await watched(world)
            assert [events.encode(entry) for entry in facts] == given
            assert (messages[-1].event, messages[-1].id) == ("end", "3.end")
            assert messages[-1].data == {"reason": "finished", "wall_ns": 9}
            assert messages[-2].id == f"3.{len(given)}"
            assert not list(store), "the whole run was read"
            half, _ = await watched(world, "?last_event_id=3.2000")
            assert half == facts[2000:]
            assert isinstance(await store.find_stream("r"), Run), "it is in memory now"

    within(check)


def test_the_first_facts_leave_when_the_first_block_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, step_on = threading.Event(), archived_run.ArchivedLog._step

    def held(log: archived_run.ArchivedLog) -> Any:
        gate.wait()
        return step_on(log)

    monkeypatch.setattr(archived_run.ArchivedLog, "_step", held)

    async def check() -> None:
        async with archive(tmp_path, r=packed(lines())) as (world, _):
            client = await world.client()
            await client.head()
            messages = client.messages()
            first = await anext(messages)
            assert first.facts[0].fact == STARTED
            assert 1 < len(first.facts) < 1000
            gate.set()
            assert [message.event async for message in messages][-1] == "end"

    within(check)


def test_what_is_in_a_frame_is_not_kept_and_who_comes_in_between_starts_anew(tmp_path: Path) -> None:
    async def check() -> None:
        async with archive(tmp_path, r=packed(lines())) as (_, store):
            run = await store.find_stream("r")
            assert isinstance(run, ArchivedRun)
            leave = run.log.subscribe(lambda: None)
            while not run.log.ended:
                assert len(run.log.encoded(run.log.last - 1)) == 1
                await asyncio.sleep(0)
            assert len(run.log.encoded(run.log.last - 1)) == len(run.log._lines) == 1
            leave()
            run.log.subscribe(lambda: None)
            assert not run.log.broken, "all of it is framed: there is nothing to be read"
            assert run.log.encoded(0) == []
            assert run.log.broken

    within(check)


@pytest.mark.parametrize("at", [3, 20, -200, -3])
def test_a_file_that_is_not_the_one_that_was_written_is_read_whole_before_anything_leaves(
    tmp_path: Path, at: int
) -> None:
    data = bytearray(packed(lines()))
    data[at] ^= 1

    async def check() -> None:
        async with archive(tmp_path, r=bytes(data)) as (world, store):
            run = await store.find_stream("r")
            assert isinstance(run, Run)
            facts, messages = await watched(world)
            assert facts == list(run.log.tail())
            assert (messages[-1].data["note"], messages[-1].event) == ("damaged", "end")

    within(check)


def forged(given: list[str], instead: str) -> bytes:
    """A file whose digest is right and whose second half is not what its seals say, or no entry."""
    plain = seals.seal_all(given, 3)
    half = plain.index(b"\n", len(plain) * 3 // 4) + 1
    return seals.compress(plain[:half] + instead.encode() + plain[half:])


@pytest.mark.parametrize("instead", ['{"t_ns":1,"source":"told","fact":{"kind":"step","task":1,"label":"x"}}\n', "x\n"])
def test_where_a_seal_does_not_hold_the_stream_stops_before_it_and_the_next_one_tells(
    tmp_path: Path, instead: str
) -> None:
    async def check() -> None:
        given = lines()
        async with archive(tmp_path, r=forged(given, instead)) as (world, store):
            facts, messages = await watched(world)
            assert messages[-1].event == "restart"
            assert 0 < len(facts) < len(given)
            assert [events.encode(entry) for entry in facts] == given[: len(facts)]
            run = await store.find_stream("r")
            assert isinstance(run, Run)
            assert run.damage is not None
            again, last = await watched(world)
            assert again[: len(facts)] == facts
            assert last[-1].data["note"] == "damaged"

    within(check)


def test_an_entry_of_no_known_kind_is_no_entry_to_be_streamed(tmp_path: Path) -> None:
    async def check() -> None:
        given = lines()
        given[3000] = '{"t_ns":1,"source":"told","fact":{"kind":"of.another.version"}}'
        async with archive(tmp_path, r=packed(given)) as (world, store):
            facts, messages = await watched(world)
            assert messages[-1].event == "restart"
            assert len(facts) <= 3000
            assert isinstance(await store.find_stream("r"), Run)

    within(check)


def test_blocks_are_what_the_whole_reading_gives() -> None:
    for count in (3, 10, 400, 4000):
        data = packed(lines(count), 7)
        blocks = list(seals.blocks(data))
        found = seals.read(data)
        assert [line for block in blocks for line in block.lines] == found.lines
        assert {block.epoch for block in blocks} == {7}


def test_who_opens_a_run_after_others_gets_the_frames_that_were_made_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bytes] = []
    open_run = archived_run.opened

    def counted(data: bytes, failed: Any) -> ArchivedRun | None:
        opened.append(data)
        return open_run(data, failed)

    monkeypatch.setattr(archived_run, "opened", counted)

    async def check() -> None:
        async with archive(tmp_path, r=packed(lines())) as (world, _):
            facts, messages = await watched(world)
            while world.app._hubs:
                await asyncio.sleep(0)
            again, later = await watched(world)
            assert again == facts
            assert later[-1] == messages[-1]
            assert len(opened) == 1

    within(check)


def test_frames_are_kept_up_to_a_bound_the_newest_longest() -> None:
    cache = FrameCache(most_bytes=100)
    block = seals.Block("".join(f"{line}\n" for line in lines(3)).encode(), 3, 1)
    runs = {name: ArchivedRun(1, ArchivedLog(iter([]), block, lambda: None)) for name in "abc"}
    for name, run in runs.items():
        cache.keep(name, run, LogFrames(["x" * 40], [3]))
    cache.keep("whole", FakeRun(), LogFrames(["x"], [1]))
    cache.keep("half", runs["a"], None)
    assert [name for name in ("a", "b", "c", "whole", "half") if cache.run(name)] == ["b", "c"]
    assert cache.frames_of("b", runs["b"]) == (["x" * 40], [3])
    assert cache.frames_of("b", runs["a"]) is None


def test_a_page_of_a_long_run_says_the_same_of_its_outline_as_of_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_store, "_LONG_BYTES", 0)
    files = {path.stem.split(".")[0].replace("_", ""): path.read_bytes() for path in sorted(LESSONS.rglob("*.gz"))[::4]}

    async def check() -> None:
        async with archive(tmp_path, **files) as (_, store):
            for name in files:
                outline = await store.find_outline(name)
                whole = await store.find(name)
                assert outline is not None
                assert whole is not None
                assert outline.log.last < whole.log.last
                said, all_of_it = log_summary.of_run(outline), log_summary.of_run(whole)
                assert replace(said, timeline=all_of_it.timeline) == all_of_it
                assert outline.to_json() == whole.to_json()
                assert await store.find_outline(name) is whole, "it is in memory now"

    within(check)


def test_a_short_run_a_damaged_one_and_none_have_no_outline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(packed(lines(400)))

    async def check() -> None:
        async with archive(tmp_path, short=bytes(data), forged=forged(lines(), "x\n")) as (_, store):
            short = await store.find_outline("short")
            assert short is await store.find("short")
            monkeypatch.setattr(run_store, "_LONG_BYTES", 0)
            damaged = await store.find_outline("forged")
            assert damaged is not None
            assert damaged.damage is not None
            assert await store.find_outline("none") is None

    within(check)
