"""The archive: what is sealed is kept, what is damaged is found, and a disk that refuses stops no run."""

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
from tests.log.test_recording import lines, sample_entries


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive(tmp_path / "runs")
    yield opened
    opened.close()


def write(archive: Archive, run: str, entries: list[Entry]) -> Path:
    writer = archive.writer(run)
    writer.append(lines(entries))
    assert writer.finish(lines(entries)) > 0
    return archive.directory / f"{run}.ndjson.gz"


def test_a_finished_run_is_read_back_as_it_was(kept: Archive) -> None:
    entries = sample_entries(5000)
    path = write(kept, "a1", entries)
    found = kept.load("a1")
    assert found is not None
    assert (found.entries, found.lines, found.epoch, found.damage) == (entries, lines(entries), 1, None)
    assert found.summary == {"wall_ns": 10**9}
    assert kept.ids() == ["a1"]
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "a1.ndjson.gz"]
    assert recording.read(path).entries == entries


def test_a_finished_file_is_gzip_that_any_tool_reads_and_is_sealed_some_32_times(kept: Archive) -> None:
    path = write(kept, "a1", sample_entries(5000))
    text = gzip.decompress(path.read_bytes()).decode()
    assert 28 <= text.count('{"seal":') <= 33
    assert max(map(len, text.split('{"seal":'))) < len(text) // 32 + 300
    assert seals.read(text.encode()).lines == lines(sample_entries(5000))


def test_a_damaged_run_is_loaded_with_its_good_prefix_an_end_that_names_the_damage_and_the_next_epoch(
    kept: Archive,
) -> None:
    path = write(kept, "a1", sample_entries(5000))
    data = bytearray(seals.decompress(path.read_bytes())[0])
    data[len(data) // 2] ^= 1
    path.write_bytes(seals.compress(bytes(data)))
    found = kept.load("a1")
    assert found is not None
    assert found.epoch == 2
    assert found.entries[:-1] == sample_entries(5000)[: len(found.entries) - 1]
    end = found.entries[-1].fact
    assert isinstance(end, RunEnded)
    assert (end.reason, end.message) == ("interrupted", found.damage)
    assert [events.decode(line) for line in found.lines] == found.entries


def test_a_run_left_growing_is_interrupted_after_its_last_seal_and_counts_in_the_next_epoch(kept: Archive) -> None:
    writer = kept.writer("c3", epoch=1)
    writer.append(lines(sample_entries(3)[:2]))
    writer.seal()
    writer.append(lines([Entry(7, "told", Step(1, "never sealed"))]))
    assert archive.find(kept.directory, "c3") is None
    assert kept.recover_crashed() == ["c3"]
    found = kept.load("c3")
    assert found is not None
    assert found.entries[:2] == sample_entries(3)[:2]
    end = found.entries[2].fact
    assert isinstance(end, RunEnded)
    assert end.reason == "interrupted"
    assert (len(found.entries), found.epoch, found.damage) == (3, 2, None)
    assert kept.recover_crashed() == []


def test_a_run_whose_end_was_sealed_but_not_compressed_is_finished_by_the_sweep_in_its_own_epoch(kept: Archive) -> None:
    writer = kept.writer("d4")
    writer.append(lines(sample_entries(4)))
    writer.seal()
    (kept.directory / ".d4.ndjson.new").write_bytes(b"half")
    assert kept.recover_crashed() == ["d4"]
    found = kept.load("d4")
    assert found is not None
    assert (found.entries, found.epoch, found.damage) == (sample_entries(4), 1, None)
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "d4.ndjson.gz"]


def test_leftovers_that_hold_nothing_or_are_there_twice_are_removed(kept: Archive) -> None:
    (kept.directory / "e5.ndjson").write_bytes(b"")
    write(kept, "f6", sample_entries(2))
    (kept.directory / "f6.ndjson").write_bytes(b"")
    assert kept.recover_crashed() == []
    assert sorted(each.name for each in kept.directory.iterdir()) == [".lock", "f6.ndjson.gz"]


def test_a_second_server_on_the_same_directory_is_refused_with_a_sentence_and_let_in_afterwards(kept: Archive) -> None:
    with pytest.raises(archive.DirectoryLocked, match=r"another server keeps its runs in .*TIMESLICE_DATA_DIR"):
        Archive(kept.directory)
    kept.close()
    Archive(kept.directory).close()


def test_the_quota_takes_the_oldest_runs_first(kept: Archive) -> None:
    for number, run in enumerate(["old", "mid", "new"]):
        path = write(kept, run, sample_entries(50))
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


def test_a_recording_of_which_nothing_is_left_is_called_damaged_not_unknown(kept: Archive) -> None:
    (kept.directory / "w6.ndjson.gz").write_bytes(b"\x00" * 100)
    (kept.directory / "x7.ndjson").write_bytes(b'{"t_ns":0,"source":"told","fac')
    assert kept.recover_crashed() == []
    for run in ("w6", "x7"):
        with pytest.raises(archive.DamagedRecording, match="damaged"):
            kept.load(run)


def test_a_process_without_descriptors_does_not_call_a_recording_damaged(kept: Archive) -> None:
    write(kept, "y8", sample_entries(3))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(archive.TemporarilyUnreadable):
            kept.load("y8")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_truncated_file_of_an_older_version_still_plays(kept: Archive) -> None:
    whole = seals.seal_all(lines(sample_entries(2000)))
    first = whole.index(b"\n", whole.index(b'{"seal":')) + 1
    (kept.directory / "g7.truncated.ndjson").write_bytes(whole[:first])
    found = kept.load("g7")
    assert found is not None
    assert found.damage == f"good up to entry {len(found.entries) - 1}, then the disk took no more"
    assert found.entries[:-1] == sample_entries(2000)[: len(found.entries) - 1]
    assert kept.ids() == ["g7"]
    assert kept.recover_crashed() == []


def test_where_nothing_can_be_written_runs_are_live_only_and_the_archive_says_why() -> None:
    nowhere = Archive(Path("/proc/timeslice"))
    assert nowhere.write_failure is not None
    assert nowhere.write_failure.sentence.startswith("not kept: the data directory ")
    writer = nowhere.writer("i9")
    writer.append(lines(sample_entries(3)))
    assert writer.finish(lines(sample_entries(3))) == 0
    assert writer.write_failure is not None
    assert (nowhere.ids(), nowhere.load("i9"), nowhere.recover_crashed()) == ([], None, [])
    nowhere.trim()
    nowhere.close()
