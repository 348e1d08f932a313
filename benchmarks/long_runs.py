"""Runs far beyond a lesson's: what is lost, what is proved, and what is said where a bound is met.

    python -m benchmarks.long_runs [ping-pong|crowd|bound] [times]

``ping-pong``: two processes hand a byte to and fro 45,000 times, 90,000 switches at full speed, bounds lifted; goal:
0 lost and proved, every time. ``crowd``: 256 tasks, at tier "exact"; the same goal. ``bound``: the ping-pong at the
bounds as they are shipped; goal: the run ends with the bound's sentence, and the facts that are kept and those that are
counted as lost are together as many as the kernel counted switches demand.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import table
from server.events import Entry, LogLost, ProofChecked, RunEnded, Tier
from server.runs.once import run_once
from server.settings import Bounds, Settings

LIFTED = Bounds(wall_s=120, cpu_s=120, processes=400, facts=2_000_000, log_bytes=512 * 2**20)
TIMES = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run went."""

    reason: str
    message: str
    verdict: str
    lost: int
    switches: int
    proved: int
    tasks: int
    facts: int
    took_s: float

    @property
    def whole(self) -> bool:
        """Nothing lost, all proved."""
        return self.reason == "finished" and self.lost == 0 and self.verdict == "proved"


def outcome(lesson: str, params: Mapping[str, Any], bounds: Bounds, tier: Tier) -> Outcome:
    """One run, without a server."""
    began = time.monotonic()
    log = run_once(lesson, params, package="tests.lab", settings=replace(Settings(), bounds=bounds), tier=tier)
    entries = log.tail()
    end = _end(entries)
    proofs = [each.fact for each in entries if isinstance(each.fact, ProofChecked) and each.fact.scope is None]
    return Outcome(
        end.reason, end.message or "", end.proof["verdict"] if end.proof else "none",
        sum(each.fact.count for each in entries if isinstance(each.fact, LogLost)),
        sum(each.dispatched for each in proofs), sum(each.verdict == "proved" for each in proofs), len(proofs),
        len(entries), time.monotonic() - began,
    )  # fmt: skip


def _end(entries: list[Entry] | Any) -> RunEnded:
    end = entries[-1].fact
    assert isinstance(end, RunEnded)
    return end


def say(each: Outcome) -> None:
    """One line."""
    print(
        f"  {each.reason}, {each.verdict}: {each.switches:,} switches, {each.facts:,} facts, lost {each.lost:,}, "
        f"{each.proved} of {each.tasks} proved, {each.took_s:.1f} s {each.message}",
        flush=True,
    )


def repeated(name: str, lesson: str, params: Mapping[str, Any], tier: Tier, times: int) -> bool:
    """The same run some times; whether every one was whole."""
    print(f"{name}:", flush=True)
    found = []
    for _ in range(times):
        found.append(outcome(lesson, params, LIFTED, tier))
        say(found[-1])
    return table.compared(f"{name}: runs whole", "–", [sum(each.whole for each in found)], at_least=times, unit="runs")


def bound() -> bool:
    """The ping-pong at the shipped bounds."""
    print("above the log's bound:", flush=True)
    found = outcome("ping-pong", {"rounds": 200_000}, Bounds(), "exact+wake")
    say(found)
    kept = found.reason == "failed" and "at its bound of" in found.message and found.lost > 0
    return table.compared("above the log's bound: ends with its sentence", "–", [int(kept)], at_least=1, unit="run")


def main() -> int:
    """1 if a run lost something, or did not end as it should."""
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    times = int(sys.argv[2]) if len(sys.argv) > 2 else TIMES
    good = True
    if what in ("", "ping-pong"):
        good &= repeated("ping-pong of 90,000 switches", "ping-pong", {"rounds": 45_000}, "exact+wake", times)
    if what in ("", "crowd"):
        good &= repeated("256 tasks at tier exact", "crowd", {"tasks": 256, "naps": 20}, "exact", times)
    if what in ("", "bound"):
        good &= bound()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
