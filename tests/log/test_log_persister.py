"""Keeping a run: its end is on the disk before anybody hears of it, and what a disk refused is written when it can."""

import asyncio
import contextlib
import os
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.events import Entry, RunEnded
from server.log import recording
from server.log.archive import Archive
from server.log.event_log import EventLog
from tests.log.test_recording import lines, sample_entries


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "runs")
    yield opened
    opened.close()


REQUEST = {"lesson": "states", "preset": None, "params": {}}


async def keep(kept: Archive, run: str, entries: list[Entry]) -> None:
    """A run that is kept while it goes on, and waited for."""
    log = EventLog()
    persister = kept.persist(run, log, REQUEST)
    for number, entry in enumerate(entries):
        log.append(entry)
        if number % 100 == 0:
            await asyncio.to_thread(lambda: None)
    await persister.final_write_tried.wait()
    await kept.stop()


def test_a_log_is_followed_to_its_end_and_the_file_is_then_in_its_place(kept: Archive) -> None:
    entries = sample_entries(1000)
    asyncio.run(keep(kept, "b2", entries))
    found = kept.load("b2")
    assert found is not None
    assert (found.entries, found.damage) == (entries, None)
    assert not (kept.directory / "b2.ndjson").exists()


@contextlib.contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """A disk that is full for us: write(2) gives EFBIG beyond this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_run_that_was_asked_for_is_there_after_a_crash_though_it_never_began(kept: Archive) -> None:
    kept.writer("r1", request=REQUEST)
    assert kept.recover_crashed() == ["r1"]
    found = kept.load("r1")
    assert found is not None
    assert (found.request, found.damage) == (REQUEST, None)
    assert [entry.fact for entry in found.entries] == [
        RunEnded("interrupted", {"wall_ns": 0}, "The server stopped before this run began.")
    ]


def test_the_end_is_on_the_disk_before_anybody_hears_of_it(kept: Archive) -> None:
    heard: list[bool] = []

    async def check() -> None:
        log = EventLog()
        persister = kept.persist("s2", log, REQUEST)
        path = kept.directory / "s2.ndjson"
        log.subscribe(lambda: heard.append(recording.read(path).ended))
        for entry in sample_entries(3):
            log.append(entry)
        await persister.final_write_tried.wait()
        await kept.stop()

    asyncio.run(check())
    assert heard[-1]


def test_a_run_that_the_disk_refused_says_so_and_is_written_whole_when_it_can(
    kept: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    async def check() -> None:
        log = EventLog()
        persister = kept.persist("t3", log, REQUEST)
        with files_of_at_most(300):
            for entry in sample_entries(50):
                log.append(entry)
            await persister.final_write_tried.wait()
            refused = persister.write_failure, kept.write_failure, persister.will_retry
            names = sorted(each.name for each in kept.directory.iterdir())
        await kept.stop()
        assert refused[0] is not None
        assert refused == (refused[0], refused[0], True)
        assert refused[0].sentence.startswith("not kept: the disk is full; ")
        assert names == [".lock", "t3.finished.truncated.ndjson"]
        assert (persister.write_failure, kept.write_failure, persister.will_retry) == (None, None, False)

    asyncio.run(check())
    found = kept.load("t3")
    assert found is not None
    assert (found.entries, found.damage) == (sample_entries(50), None)
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "t3.ndjson.gz"]
    assert [record.message.partition(" (")[0].replace(str(kept.directory), "D") for record in caplog.records] == [
        "runs in D are not kept: the disk is full; free some space, or set TIMESLICE_DATA_DIR to another disk",
        "runs are kept again in D",
    ]


def test_a_run_that_was_never_kept_whole_ends_after_a_restart_as_it_did_before(kept: Archive) -> None:
    async def check() -> None:
        log = EventLog()
        persister = kept.persist("u4", log, REQUEST)
        log.append(sample_entries(50)[0])
        await asyncio.sleep(0)
        with files_of_at_most((kept.directory / "u4.ndjson").stat().st_size + 10):
            for entry in sample_entries(50)[1:]:
                log.append(entry)
            await persister.final_write_tried.wait()
            await kept.stop()

    asyncio.run(check())
    again = Archive(kept.directory)
    assert again.recover_crashed() == []
    found = again.load("u4")
    again.close()
    assert found is not None
    assert found.not_kept is not None
    end = found.entries[-1].fact
    assert isinstance(end, RunEnded)
    assert (end.reason, end.message) == ("finished", "good up to entry 1, then the disk took no more")
    assert again.ids() == ["u4"]


def test_a_directory_that_was_deleted_is_made_anew_and_the_run_is_in_it(kept: Archive) -> None:
    async def check() -> None:
        log = EventLog()
        persister = kept.persist("v5", log, REQUEST)
        log.append(sample_entries(9)[0])
        await asyncio.sleep(0)
        shutil.rmtree(kept.directory)
        for entry in sample_entries(9)[1:]:
            log.append(entry)
        await persister.final_write_tried.wait()
        await kept.stop()

    asyncio.run(check())
    found = kept.load("v5")
    assert found is not None
    assert (found.entries, found.damage) == (sample_entries(9), None)


def test_a_disk_that_cannot_hold_the_compressed_file_leaves_the_whole_one(kept: Archive) -> None:
    writer = kept.writer("h8")
    writer.append(lines(sample_entries(50)))
    writer.seal()
    with files_of_at_most(100):
        assert writer.finish(lines(sample_entries(50))) == 0
    assert writer.write_failure is None
    found = kept.load("h8")
    assert found is not None
    assert (found.entries, found.damage) == (sample_entries(50), None)
    assert kept.recover_crashed() == ["h8"]


def test_the_directory_is_not_listed_again_for_every_run(kept: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    scandir = os.scandir

    def counting(path: Path) -> object:
        looked.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counting)
    for number in range(20):
        asyncio.run(keep(kept, f"q{number}", sample_entries(3)))
        kept.reopen()
        kept.trim()
    assert len(looked) == 1
