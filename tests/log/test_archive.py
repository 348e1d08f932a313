"""The archive: what is sealed is kept, what is damaged is found, and a disk that refuses stops no run."""

import asyncio
import gzip
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import events
from server.events import Entry, RunEnded, Step
from server.log import archive, recording, seals
from server.log.archive import Archive
from server.log.event_log import EventLog
from tests.log.test_recording import lines, story


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "runs")
    yield opened
    opened.close()


def write(archive: Archive, run: str, entries: list[Entry]) -> Path:
    writer = archive.writer(run)
    writer.append(lines(entries))
    writer.finish()
    assert writer.truncated is None
    return archive.directory / f"{run}.ndjson.gz"


def test_a_finished_run_is_read_back_as_it_was(kept: Archive) -> None:
    told = story(5000)
    path = write(kept, "a1", told)
    found = kept.load("a1")
    assert found is not None
    assert (found.entries, found.lines, found.epoch, found.damage) == (told, lines(told), 1, None)
    assert found.summary == {"wall_ns": 10**9}
    assert kept.ids() == ["a1"]
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "a1.ndjson.gz"]
    assert recording.read(path).entries == told


def test_a_finished_file_is_gzip_that_any_tool_reads_and_holds_a_seal_every_64_kib(kept: Archive) -> None:
    path = write(kept, "a1", story(5000))
    text = gzip.decompress(path.read_bytes()).decode()
    sealed = [at for at, line in enumerate(text.splitlines()) if line.startswith('{"seal":')]
    assert len(sealed) == 2 + len("\n".join(lines(story(5000)))) // seals.SEAL_BYTES
    blocks = [block for block in text.split('{"seal":') if block]
    assert max(map(len, blocks)) < seals.SEAL_BYTES + 300
    assert seals.read(text.encode()).lines == lines(story(5000))


def test_a_damaged_run_is_loaded_with_its_good_prefix_an_end_that_names_the_damage_and_the_next_epoch(
    kept: Archive,
) -> None:
    path = write(kept, "a1", story(5000))
    data = bytearray(seals.unpack(path.read_bytes())[0])
    data[len(data) // 2] ^= 1
    path.write_bytes(seals.pack(bytes(data)))
    found = kept.load("a1")
    assert found is not None
    assert found.epoch == 2
    assert found.entries[:-1] == story(5000)[: len(found.entries) - 1]
    end = found.entries[-1].fact
    assert isinstance(end, RunEnded)
    assert (end.reason, end.message) == ("interrupted", found.damage)
    assert [events.decode(line) for line in found.lines] == found.entries


async def follow(log: EventLog, writer: recording.Writer, told: list[Entry]) -> None:
    following = asyncio.ensure_future(recording.follow(log, writer))
    for number, entry in enumerate(told):
        log.append(entry)
        if number % 100 == 0:
            await asyncio.to_thread(lambda: None)
    await following


def test_a_log_is_followed_to_its_end_and_the_file_is_then_in_its_place(kept: Archive) -> None:
    told = story(1000)
    asyncio.run(follow(EventLog(), kept.writer("b2"), told))
    found = kept.load("b2")
    assert found is not None
    assert (found.entries, found.damage) == (told, None)
    assert not (kept.directory / "b2.ndjson").exists()


def test_a_run_left_growing_is_interrupted_after_its_last_seal_and_counts_in_the_next_epoch(kept: Archive) -> None:
    writer = kept.writer("c3", epoch=1)
    writer.append(lines(story(3)[:2]))
    writer.seal()
    writer.append(lines([Entry(7, "told", Step(1, "never sealed"))]))
    writer.close()
    assert kept.load("c3") is None
    assert kept.sweep() == ["c3"]
    found = kept.load("c3")
    assert found is not None
    assert found.entries[:2] == story(3)[:2]
    end = found.entries[2].fact
    assert isinstance(end, RunEnded)
    assert end.reason == "interrupted"
    assert (len(found.entries), found.epoch, found.damage) == (3, 2, None)
    assert kept.sweep() == []


def test_a_run_whose_end_was_sealed_but_not_compressed_is_finished_by_the_sweep_in_its_own_epoch(kept: Archive) -> None:
    writer = kept.writer("d4")
    writer.append(lines(story(4)))
    writer.seal()
    writer.close()
    (kept.directory / ".d4.ndjson.new").write_bytes(b"half")
    assert kept.sweep() == ["d4"]
    found = kept.load("d4")
    assert found is not None
    assert (found.entries, found.epoch, found.damage) == (story(4), 1, None)
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "d4.ndjson.gz"]


def test_leftovers_that_hold_nothing_or_are_there_twice_are_removed(kept: Archive) -> None:
    (kept.directory / "e5.ndjson").write_bytes(b'{"t_ns":0,"source":"told","fac')
    write(kept, "f6", story(2))
    (kept.directory / "f6.ndjson").write_bytes(b"")
    assert kept.sweep() == []
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "f6.ndjson.gz"]


def test_a_second_server_on_the_same_directory_is_refused_with_a_sentence_and_let_in_afterwards(kept: Archive) -> None:
    with pytest.raises(archive.Taken, match=r"another server keeps its runs in .*TIMESLICE_DATA_DIR"):
        Archive(kept.directory)
    kept.close()
    Archive(kept.directory).close()


def test_the_quota_takes_the_oldest_runs_first(kept: Archive) -> None:
    for number, run in enumerate(["old", "mid", "new"]):
        path = write(kept, run, story(50))
        os.utime(path, (number, number))
    size = (kept.directory / "new.ndjson.gz").stat().st_size
    kept.close()
    small = Archive(kept.directory, quota_bytes=2 * size + size // 2)
    small.trim()
    assert small.ids() == ["mid", "new"]
    small.close()


@pytest.mark.parametrize("run", ["", "..", "../x", "A1", "a/b", "a.ndjson", "x" * 65, "a\n", "ａ"])
def test_an_id_that_is_none_opens_no_file(kept: Archive, run: str) -> None:
    assert kept.load(run) is None


def test_a_disk_that_takes_no_more_leaves_a_recording_marked_truncated_that_plays_so_far(kept: Archive) -> None:
    writer = kept.writer("g7")
    writer.append(lines(story(50)[:30]))
    writer.seal()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (writer._kept_bytes + 100, hard))
    try:
        writer.append(lines(story(50)[30:]))
        writer.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert writer.truncated == "the recording ends early: File too large"
    found = kept.load("g7")
    assert found is not None
    assert found.damage == "good up to entry 30, then the disk took no more"
    assert found.entries[:-1] == story(50)[:30]
    assert kept.ids() == ["g7"]
    assert kept.sweep() == []


def test_a_disk_that_cannot_hold_the_compressed_file_leaves_the_whole_one_for_the_next_start(kept: Archive) -> None:
    writer = kept.writer("h8")
    writer.append(lines(story(50)))
    writer.seal()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        writer.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert writer.truncated is not None
    assert kept.sweep() == ["h8"]
    found = kept.load("h8")
    assert found is not None
    assert (found.entries, found.damage) == (story(50), None)


def test_where_nothing_can_be_written_runs_are_live_only_and_the_archive_says_why() -> None:
    nowhere = Archive(Path("/proc/timeslice"))
    assert nowhere.refusal is not None
    assert nowhere.refusal.startswith("runs are not kept: /proc/timeslice: ")
    writer = nowhere.writer("i9")
    writer.append(lines(story(3)))
    writer.finish()
    assert writer.truncated is not None
    assert (nowhere.ids(), nowhere.load("i9"), nowhere.sweep()) == ([], None, [])
    nowhere.trim()
    nowhere.close()
