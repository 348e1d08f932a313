"""Memory of a task by mapping: how much is there, how much of it is shared, and (root) which pages are the same.

Sources: proc_pid_smaps(5), proc_pid_pagemap(5). Figures of a task that runs meanwhile are those of no single instant.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from .process_info import Mapping

PAGE = os.sysconf("SC_PAGE_SIZE")
_PRESENT = 1 << 63
_FRAME = (1 << 55) - 1
MappingFilter = Callable[[Mapping], bool]


class MemoryUsage(NamedTuple):
    """Sums over the mappings that were wanted, in kB as the kernel counts (1,024 bytes)."""

    rss_kb: int
    pss_kb: int
    shared_kb: int
    private_kb: int
    private_dirty_kb: int
    huge_kb: int
    mappings: int  # how many there were


def overlapping(start: int, end: int | None = None) -> MappingFilter:
    """Selects the mappings that hold any address of [start, end) (default: this one address)."""
    last = start + 1 if end is None else end
    return lambda mapping: mapping.start < last and start < mapping.end


def backed_by(inode: int) -> MappingFilter:
    """Selects the mappings of this file (``st_ino``; the device may differ on overlayfs and is not compared)."""
    return lambda mapping: mapping.inode == inode


def memory_usage(pid: int, selects: MappingFilter) -> MemoryUsage | None:
    """What the selected mappings hold; None where smaps may not be read. Takes about 3 ms for 64 MiB of small pages."""
    try:
        wanted = [figures for mapping, figures in _smaps(pid) if selects(mapping)]
    except OSError:
        return None
    total = {name: sum(figures.get(name, 0) for figures in wanted) for name in _FIELDS}
    return MemoryUsage(
        total["Rss"], total["Pss"], total["Shared_Clean"] + total["Shared_Dirty"],
        total["Private_Clean"] + total["Private_Dirty"], total["Private_Dirty"], total["AnonHugePages"], len(wanted),
    )  # fmt: skip


_FIELDS = ("Rss", "Pss", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty", "AnonHugePages")


def _smaps(pid: int) -> Iterator[tuple[Mapping, dict[str, int]]]:
    mapping: Mapping | None = None
    figures: dict[str, int] = {}
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split(maxsplit=5)
            if words[0].endswith(":"):
                figures |= {words[0][:-1]: int(words[1])} if words[-1].strip() == "kB" else {}
                continue
            if mapping is not None:
                yield mapping, figures
            low, _, high = words[0].partition("-")
            name = words[5].rstrip("\n") if len(words) > 5 else ""
            mapping, figures = Mapping(int(low, 16), int(high, 16), words[1], int(words[4]), name), {}
    if mapping is not None:
        yield mapping, figures


def page_frames(pid: int, start: int, end: int) -> list[int] | None:
    """Page frame of each page of [start, end), 0 where none is; None for whoever may not see frames (not root)."""
    first, count = start // PAGE, (end + PAGE - 1) // PAGE - start // PAGE
    try:
        with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as file:
            file.seek(first * 8)
            data = file.read(count * 8)
    except OSError:
        return None
    words = memoryview(data).cast("Q")
    found = [word & _FRAME if word & _PRESENT else 0 for word in words]
    hidden = any(word & _PRESENT for word in words) and not any(found)
    return None if hidden else found


def compare_frames(mine: list[int], others: list[int]) -> str:
    """Run-length map of two lists of frames: s shared, c copied (frames differ), n not there in one of them."""
    letters = ("n" if not (one and two) else "s" if one == two else "c" for one, two in zip(mine, others, strict=False))
    return "".join(f"{letter}{len(list(run))}" for letter, run in groupby(letters))


def count_pages(pages: str) -> dict[str, int]:
    """Pages of each letter in a map that :func:`compare` made."""
    found = {"s": 0, "c": 0, "n": 0}
    letter, digits = "", ""
    for each in pages + "s":
        if not each.isdigit():
            if letter:
                found[letter] += int(digits)
            letter, digits = each, ""
        else:
            digits += each
    return found
