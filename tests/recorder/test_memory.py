"""Cards and memory of this very process, and of one that ends; the run-length map of page frames."""

from __future__ import annotations

import ctypes
import mmap
import os
import signal
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.recorder import TaskGone, memory, process_info

pytestmark = pytest.mark.real_processes

FRAMES = st.lists(st.integers(0, 3), max_size=60)


@given(FRAMES, FRAMES)
def test_a_map_of_frames_counts_every_page_once(mine: list[int], others: list[int]) -> None:
    both = list(zip(mine, others, strict=False))
    found = memory.count_pages(memory.compare_frames(mine, others))
    assert found["s"] == sum(one == two != 0 for one, two in both)
    assert found["n"] == sum(not (one and two) for one, two in both)
    assert sum(found.values()) == len(both)


def test_a_map_is_run_length() -> None:
    assert memory.compare_frames([5, 5, 6, 0, 7], [5, 5, 9, 3, 7]) == "s2c1n1s1"


def test_a_mapping_is_measured_by_its_addresses() -> None:
    size = 4 * 2**20
    region = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    region.madvise(mmap.MADV_NOHUGEPAGE)
    view = ctypes.c_char.from_buffer(region)
    start = ctypes.addressof(view)
    region[: size // 2] = bytes(size // 2)
    found = memory.memory_usage(os.getpid(), memory.overlapping(start, start + size))
    assert found is not None
    assert found.mappings >= 1
    assert found.rss_kb >= size // 2 // 1024
    assert memory.memory_usage(os.getpid(), memory.overlapping(0, 1)) == (0, 0, 0, 0, 0, 0, 0)
    frames = memory.page_frames(os.getpid(), start, start + size)
    assert frames is None or (os.geteuid() == 0 and all(frames[: size // 2 // memory.PAGE]))
    del view
    region.close()


def test_a_card_says_what_the_program_is_and_where_its_files_stand() -> None:
    with subprocess.Popen(["sleep", "1000"], stdin=subprocess.PIPE) as program:
        card_now = process_info.read_process_info(program.pid)
        assert card_now["parent"] == str(os.getpid())
        assert {"state", "nice", "cpu_ms", "switches", "allowed", "exe", "inode", "links", "fd 0"} <= card_now.keys()
        program.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        zombie = process_info.read_process_info(program.pid)
        assert zombie["state"] == "Z"
        assert not {"rss_kb", "exe", "sp"} & zombie.keys(), "a zombie has no memory and no program"
        assert process_info.memory_maps(program.pid) == []
    with pytest.raises(TaskGone):
        process_info.read_process_info(program.pid)
    assert process_info.task_state(program.pid) == ""


def test_registers_of_a_stopped_process_lie_in_its_text_and_its_stack() -> None:
    with subprocess.Popen(["sleep", "1000"]) as program:
        program.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, program.pid, os.WSTOPPED | os.WNOWAIT)
        stands = process_info.registers(program.pid)
        assert stands is not None
        text, stack = process_info.mapping_at(program.pid, stands.pc), process_info.mapping_at(program.pid, stands.sp)
        assert text is not None
        assert stack is not None
        assert (text.rights[2], stack.name) == ("x", "[stack]")
        assert process_info.read_memory(program.pid, stands.sp, 64) is not None
        program.kill()
