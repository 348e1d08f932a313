"""/proc is read as it is written, odd names and vanishing tasks included."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.recorder import procfs, tracefs
from server.recorder.records import RecorderUnavailable, SnapshotRequest, TaskGone

REST = "S 7 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 99 1000 10 1 1 1 1 1 1 0 0 0 0 0 0 0 17 {cpu} 0 0 0 0 0"


@settings(deadline=None)
@given(st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=15), st.integers(0, 4095))
def test_a_name_may_hold_brackets_and_blanks(name: str, cpu: int) -> None:
    found = procfs.parse_stat(f"123 ({name}) {REST.format(cpu=cpu)}\n")
    assert found == procfs.Stat(123, name, "S", 7, cpu)


def test_the_own_stat_is_read() -> None:
    found = procfs.parse_stat(procfs.read_file("/proc/self/stat"))
    assert (found.pid, found.ppid) == (os.getpid(), os.getppid())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("running\n", (None, ())),
        ("-1 0x7ffc0 0x7f10\n", (-1, ())),
        ("0 0x3 0x10 0x1 0x0 0x0 0x0 0x7ffc0 0x7f10\n", (0, (3, 16, 1, 0, 0, 0))),
        ("", (None, ())),
    ],
)
def test_a_system_call_is_told_from_running_and_from_none(text: str, found: tuple[int | None, tuple[int, ...]]) -> None:
    assert procfs.parse_syscall(text) == found


@pytest.mark.real_processes
def test_who_has_left_is_gone_wherever_one_looks() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    for snapshot in (
        lambda: procfs.read_counters(pid),
        lambda: procfs.take_snapshot(SnapshotRequest(pid, pid, True, True)),
        lambda: procfs.list_children(pid),
    ):
        with pytest.raises(TaskGone):
            snapshot()


@pytest.mark.real_processes
def test_a_zombie_can_still_be_counted_and_its_counters_stand_still() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    first, second = procfs.read_counters(pid), procfs.read_counters(pid)
    os.waitpid(pid, 0)
    assert first._replace(stamp_ns=0) == second._replace(stamp_ns=0)
    assert first.dispatches <= first.voluntary + first.involuntary


def test_own_counters_are_those_of_the_calling_thread() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(procfs.read_own_counters()))
    thread.start()
    thread.join()
    (other,), mine = found, procfs.read_own_counters()
    assert other.running_ns < mine.running_ns
    for each in (other, mine):
        assert each.dispatches <= each.voluntary + each.involuntary + 1, "it runs while it reads"


def test_own_counters_agree_with_a_forced_reading_of_the_thread_clock() -> None:
    """sum_exec_runtime would be up to a tick old (4 ms) had the clock not been asked just before."""
    for _ in range(50):
        before = threading_time()
        counted = procfs.read_own_counters().running_ns
        assert before <= counted <= threading_time()


def threading_time() -> int:
    return time.thread_time_ns()


@pytest.mark.real_processes
def test_a_look_says_where_a_task_sleeps() -> None:
    read, write = os.pipe()
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(tell, b"x")
        os.read(read, 1)
        os._exit(0)
    os.read(ready, 1)
    try:
        snapshot = procfs.take_snapshot(SnapshotRequest(pid, pid, True, True))
        while snapshot.syscall is None or snapshot.state != "S":
            snapshot = procfs.take_snapshot(SnapshotRequest(pid, pid, True, True))
        assert snapshot.args[0] == read
        assert snapshot.target == os.readlink(f"/proc/self/fd/{read}")
        assert snapshot.from_ns <= snapshot.to_ns
    finally:
        os.write(write, b"x")
        os.waitpid(pid, 0)
        for fd in (read, write, ready, tell):
            os.close(fd)


@pytest.mark.real_processes
def test_children_are_found() -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(read, 1)
        os._exit(0)
    try:
        assert pid in procfs.list_children(os.getpid())
    finally:
        os.write(write, b"x")
        os.waitpid(pid, 0)
        os.close(read)
        os.close(write)


def test_the_gil_of_this_interpreter_lies_in_mapped_memory() -> None:
    start, end = procfs.gil_address_range()
    assert 0 < start < end
    mapped = [line.split()[0].split("-") for line in Path("/proc/self/maps").read_text().splitlines()]
    assert any(int(low, 16) <= start < int(high, 16) for low, high in mapped)


def test_the_fields_of_a_tracepoint_are_found() -> None:
    text = """name: sched_waking
ID: 375
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;

\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;
\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;
"""
    assert tracefs.parse_field_offsets(text) == {
        "common_type": (0, 2),
        "common_flags": (2, 1),
        "comm": (8, 16),
        "pid": (24, 4),
    }


def test_a_tracepoint_is_read_once_and_a_refusal_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracefs, "TRACEFS_MOUNTS", (str(tmp_path),))
    monkeypatch.setattr(tracefs, "_mount_if_root", lambda: None)
    tracefs.read_sched_waking.cache_clear()
    try:
        with pytest.raises(RecorderUnavailable):
            tracefs.read_sched_waking()
        folder = tmp_path / "events/sched/sched_waking"
        folder.mkdir(parents=True)
        (folder / "id").write_text("317\n")
        (folder / "format").write_text(
            "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
            "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"
        )
        found = tracefs.read_sched_waking()
        assert found == (317, 24, 2)
        (folder / "id").unlink()
        assert tracefs.read_sched_waking() is found
    finally:
        tracefs.read_sched_waking.cache_clear()
