"""A recording: every damage is found, seals come when they are due, a killed writer keeps what it sealed."""

import os
import random
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from server import events
from server.events import Entry, Output, RunEnded, RunStarted, Step
from server.log import recording, seals
from server.log.archive import Archive
from server.log.recording import RecordingWriter

STARTED = Entry(0, "told", RunStarted("states", {}, "exact", [0], "6.1", "3.11", "2026-11-24T00:00:00+00:00", 5))
ENDED = Entry(10**9, "derived", RunEnded("finished", {"wall_ns": 10**9}))


def sample_entries(count: int) -> list[Entry]:
    return [STARTED, *(Entry(n, "told", Step(1, f"step{n}")) for n in range(1, count)), ENDED]


def lines(entries: list[Entry]) -> list[str]:
    return [events.encode(entry) for entry in entries]


def test_the_seal_of_the_module_for_whole_recordings_reads_back(tmp_path: Path) -> None:
    told = sample_entries(3000)
    for name, data in (
        ("r.ndjson", seals.seal_all(lines(told))),
        ("r.ndjson.gz", seals.compress(seals.seal_all(lines(told)))),
    ):
        (tmp_path / name).write_bytes(data)
        found = recording.read(tmp_path / name)
        assert (found.entries, found.damage) == (told, None)


@pytest.mark.parametrize("form", ["plain", "gzip"])
def test_200_bit_flips_and_50_truncations_are_all_detected_and_the_prefix_is_true(tmp_path: Path, form: str) -> None:
    told = lines(sample_entries(2500))
    whole = seals.seal_all(told)
    whole = seals.compress(whole) if form == "gzip" else whole
    chance = random.Random(7)
    path = tmp_path / "r.ndjson"
    damaged = []
    for _ in range(200):
        bit = chance.randrange(len(whole) * 8)
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(flipped))
    damaged += [whole[: chance.randrange(len(whole))] for _ in range(50)]
    for data in damaged:
        path.write_bytes(data)
        found = recording.read(path)
        assert found.damage is not None
        assert found.damage.startswith(f"good up to entry {len(found.entries)}")
        assert found.lines == told[: len(found.lines)]


def test_damage_in_the_last_tenth_of_a_finished_file_leaves_nine_tenths_of_the_run() -> None:
    every = lines(sample_entries(2500))
    whole = seals.compress(seals.seal_all(every))
    good = []
    for at in range(len(whole) * 9 // 10, len(whole), 7):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << at % 8
        good.append(len(seals.read(bytes(flipped)).lines) / len(every))
    assert statistics.median(good) >= 0.9


def test_every_bit_of_the_gzip_form_is_guarded() -> None:
    whole = seals.compress(seals.seal_all(lines(sample_entries(3))))
    for bit in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        assert seals.read(bytes(flipped)).damage is not None, bit


def test_a_recording_cut_exactly_at_a_seal_lacks_its_end_and_says_so(tmp_path: Path) -> None:
    told = lines(sample_entries(2500))
    whole = seals.seal_all(told)
    first = whole.index(b'{"seal":')
    path = tmp_path / "r.ndjson"
    path.write_bytes(whole[: whole.index(b"\n", first) + 1])
    found = recording.read(path)
    assert 0 < len(found.entries) < len(told)
    assert found.damage is not None
    assert "the end of the run is missing" in found.damage


def test_a_file_that_unfolds_without_bound_is_cut_off_and_called_damaged() -> None:
    assert seals.read(seals.compress(bytes(seals.MAX_BYTES + 10**7))).damage is not None


def test_seals_come_at_once_for_the_first_entry_then_after_250_ms_or_64_kib(tmp_path: Path) -> None:
    now = [0.0]
    path = tmp_path / "a.ndjson"
    writer = RecordingWriter(path, clock=lambda: now[0])
    writer.append(lines([STARTED]))
    assert seals.verify(path.read_bytes()).lines == lines([STARTED])
    assert writer.seal_due_in_s() is None
    step = events.encode(Entry(1, "told", Step(1, "a")))
    writer.append([step])
    assert writer.seal_due_in_s() == 0.25
    now[0] = 0.2
    writer.append([step])
    assert len(seals.verify(path.read_bytes()).lines) == 1
    now[0] = 0.25
    writer.append([])
    assert len(seals.verify(path.read_bytes()).lines) == 3
    writer.append([events.encode(Entry(2, "told", Output(1, "stdout", "x" * 70_000)))])
    assert len(seals.verify(path.read_bytes()).lines) == 4


WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from server import events
from server.log.archive import Archive
from server.events import Entry, Step
from tests.log.test_recording import STARTED
writer = Archive(Path(sys.argv[1])).writer("k9", 1)
writer._seal_bytes = 500
writer.append([events.encode(STARTED)])
n = 1
while True:
    n += 1
    writer.append([events.encode(Entry(n, "told", Step(1, f"step{n}")))])
    if writer.seal_due_in_s() is None:
        sys.stdout.write(f"{n}\\n")
        sys.stdout.flush()
"""


@pytest.mark.real_processes
def test_whatever_was_sealed_when_the_writer_was_killed_is_there_afterwards(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for round_number in range(5):
        directory = tmp_path / str(round_number)
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_UNTIL_KILLED, directory], cwd=root, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            told = [child.stdout.readline() for _ in range(10 * round_number + 1)]
            os.kill(child.pid, signal.SIGKILL)
            told += child.stdout.readlines()
        again = Archive(directory)
        assert again.recover_crashed() == ["k9"]
        found = again.load("k9")
        again.close()
        assert found is not None
        assert found.damage is None
        acknowledged = max(int(line) for line in told if line.endswith("\n"))
        assert len(found.entries) - 1 >= acknowledged
        assert found.epoch == 2
