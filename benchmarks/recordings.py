"""Makes the shipped recordings anew on this machine: real runs, of which each preset keeps its best.

    python -m benchmarks.recordings [SLUG …] [--preset NAME] [--runs 8] [--allow-busy] [--idle]
    python -m benchmarks.recordings --rederive [SLUG …]      no run: only verdicts and values are made anew

A run is kept only if it finished, lost nothing, is proved for every task, holds every claim, the counted ones too, and
was quiet: others had at most 5 % of the core time that its tasks wanted, or less than 10 ms (``--allow-busy``: however
much, and the least wins). Among those wins the one whose proofs need fewest reserves (switches after a task's end, a
time a little off), then the one that knows the author of most wake-ups, then the shortest: other programs on the
machine interfered least with it. A preset whose runs all fall short keeps its old recording, and the exit status is 1.
Scenes need no change (their moments are found in any log); ``python -m tests.lessons.scene_vectors`` afterwards.

Under a hypervisor perf drops wake-ups that an interrupt causes on an idle CPU. So that a recording has them, a process
of class SCHED_IDLE (sched(7)), which anybody else displaces at once, keeps every CPU out of its idle state. But a CPU
that runs it is not idle to the load balancer, which then does not pull a task that waits elsewhere: where more tasks
want cores than there are, ``--idle`` leaves the CPUs alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

from benchmarks import each_preset, rederive
from benchmarks.busy import busy
from server.events import ClaimBroken, ClaimHeld, Entry, LogLost, ProofChecked, RunEnded, TaskState, ValueMeasured
from server.lesson import Lesson, Preset, catalog
from server.log.export import ndjson
from server.runs.once import run_once

QUIET_PERCENT, LITTLE_MS = 5.0, 10.0


def unheard(log: Sequence[Entry]) -> int:
    """Wake-ups whose instant or author had to be derived."""
    woken = (each for each in log if isinstance(each.fact, TaskState) and each.fact.cause == "woken")
    return sum(each.source == "derived" for each in woken)


def flaw(lesson: Lesson, preset: Preset, log: Sequence[Entry]) -> str | None:
    """Why this run is not to be shipped, or None."""
    facts = [entry.fact for entry in log]
    owed = {claim.name for claim in lesson.claims if not claim.presets or preset.name in claim.presets}
    held = {fact.claim for fact in facts if isinstance(fact, ClaimHeld)}
    broken = sorted({fact.claim for fact in facts if isinstance(fact, ClaimBroken)} | (owed - held))
    if not any(isinstance(fact, RunEnded) and fact.reason == "finished" for fact in facts):
        return "it did not finish"
    if broken:
        return f"claims not held: {', '.join(broken)}"
    if any(isinstance(fact, LogLost) for fact in facts):
        return "records were lost"
    if any(isinstance(fact, ProofChecked) and fact.verdict != "proved" for fact in facts):
        return "a task is not proved"
    return None


def reserves(log: Sequence[Entry]) -> int:
    """Tasks that are proved by something else than their own counters to the last switch and microsecond."""
    return sum(isinstance(each.fact, ProofChecked) and bool(each.fact.reason) for each in log)


def others_share(log: Sequence[Entry]) -> tuple[float, float]:
    """What others had of the core time that the run's tasks wanted: percent, and milliseconds."""
    measured = [each.fact for each in log if isinstance(each.fact, ValueMeasured) and each.fact.trial is None]
    values = {fact.name: fact.value for fact in measured}
    return values.get("others_share", 0.0), values.get("others_ms", 0.0)


def disturbed(log: Sequence[Entry]) -> str | None:
    """How much of the wanted core time others had, if that is too much for a recording; None if the run was quiet."""
    share, others_ms = others_share(log)
    if share <= QUIET_PERCENT or others_ms < LITTLE_MS:
        return None
    return f"others had {share:.0f} % of the wanted core time ({others_ms:.0f} ms)"


def rank(log: Sequence[Entry], by_share: bool) -> tuple[float, ...]:
    """The smaller, the better a recording."""
    return (others_share(log)[0] if by_share else 0.0, reserves(log), unheard(log), log[-1].t_ns)


def make(
    slug: str, lesson: Lesson, preset: Preset, runs: int, allow_busy: bool = False, keep_awake: bool = True
) -> bool:
    """Run one preset so often and keep the best run; True if one was kept."""
    params = {param.name: param.default for param in lesson.params} | dict(preset.params) | dict(lesson.alone)
    best: list[Entry] = []
    for number in range(1, runs + 1):
        with busy(*os.sched_getaffinity(0), policy="idle") if keep_awake else nullcontext():
            log = list(run_once(slug, params, preset.name).tail(0))
        busy_with = disturbed(log)
        wrong = flaw(lesson, preset, log) or (None if allow_busy else busy_with)
        if busy_with and allow_busy:
            print(f"{slug} {preset.name} {number}: allowed all the same: {busy_with}")
        said = f"{log[-1].t_ns / 1e6:.0f} ms, {len(log)} facts, {unheard(log)} wake-ups derived"
        print(f"{slug} {preset.name} {number}: {said}{f', {wrong}' if wrong else ''}", flush=True)
        if wrong is None and (not best or rank(log, allow_busy) < rank(best, allow_busy)):
            best = log
    if not best:
        return False
    path = catalog.lesson_folder(slug) / "recordings" / f"{preset.name}.ndjson.gz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(ndjson(best, gzip=True))
    print(f"{path.name}: {path.stat().st_size / 1024:.1f} KiB, {len(best)} facts")
    return True


def main() -> int:
    """Record the lessons that are named, or all, as far as this machine can; or only judge their recordings anew."""
    if "--rederive" in sys.argv:
        return rederive.main([each for each in sys.argv[1:] if each != "--rederive"])
    allow_busy, keep_awake = "--allow-busy" in sys.argv, "--idle" not in sys.argv
    sys.argv = [each for each in sys.argv if each not in ("--allow-busy", "--idle")]
    act = partial(make, allow_busy=allow_busy, keep_awake=keep_awake)
    return each_preset.main("benchmarks.recordings", __doc__ or "", (8, "runs to choose from"), act)


if __name__ == "__main__":
    sys.exit(main())
