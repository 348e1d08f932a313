"""How often each claim of a lesson holds on real runs, idle and with one core loaded; the runs' proofs are checked too.

    python -m benchmarks.claims [SLUG …] [--runs 10] [--preset NAME]

Exit status 1 if an asserted claim did not hold in every run, a run did not finish, a record was lost or a proof
differs. A claim that is silent in all runs (this machine cannot show it) is printed as "silent" and fails nothing.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks import each_preset
from benchmarks.busy import busy
from server.events import ClaimBroken, ClaimHeld, Entry, LogLost, ProofChecked, RunEnded, RunStarted
from server.lesson import Lesson, Preset
from server.runs.once import run_once


@dataclass(slots=True)
class Tally:
    """What one claim did over the runs of one preset under one load."""

    held: int = 0
    broken: int = 0
    count: int = 0
    of: int = 0
    reasons: set[str] = field(default_factory=set)

    def take(self, fact: ClaimHeld | ClaimBroken) -> None:
        """One run's last word on the claim."""
        self.count += fact.count or 0
        self.of += fact.of or 0
        if isinstance(fact, ClaimHeld):
            self.held += 1
        else:
            self.broken += 1
            self.reasons.add(fact.reason or "no reason given")

    def __str__(self) -> str:
        if not self.held + self.broken:
            return "silent"
        counted = f" ({self.count} of {self.of})" if self.of > self.held + self.broken else ""
        return f"{self.held}/{self.held + self.broken}{counted}"


def judge(log: Sequence[Entry], tallies: dict[str, Tally], runs: int) -> list[str]:
    """Add one run to the tallies; what is wrong with the run itself."""
    facts = [entry.fact for entry in log]
    said = [fact for fact in facts if isinstance(fact, ClaimHeld | ClaimBroken)]
    said.sort(key=lambda fact: isinstance(fact, ClaimBroken))  # whatever held besides: broken once is broken
    verdicts = {fact.claim: fact for fact in said}
    for name, fact in verdicts.items():
        tallies[name].take(fact)
    wrong = [f"lost {fact.count} in {fact.where}" for fact in facts if isinstance(fact, LogLost)]
    proofs = [fact for fact in facts if isinstance(fact, ProofChecked) and fact.verdict != "proved"]
    wrong += [f"proof of task {fact.task}: {fact.verdict} {fact.reason or ''}" for fact in proofs]
    ended = next((fact for fact in facts if isinstance(fact, RunEnded)), None)
    if ended is None or ended.reason != "finished":
        wrong.append(f"ended as {ended.reason}: {ended.message}" if ended else "never ended")
    return [f"run {runs}: {each}" for each in wrong]


def examine(slug: str, lesson: Lesson, preset: Preset, runs: int) -> bool:
    """Run one preset idle and loaded, print its table; True if all is as claimed."""
    params = {param.name: param.default for param in lesson.params} | dict(preset.params) | dict(lesson.alone)
    columns: list[dict[str, Tally]] = []
    wrong: list[str] = []
    tier = "?"
    for cpu in (None, max(os.sched_getaffinity(0))):
        tallies: dict[str, Tally] = defaultdict(Tally)
        with busy(*([] if cpu is None else [cpu])):
            for number in range(1, runs + 1):
                log = list(run_once(slug, params, preset.name).tail(0))
                tier = next((entry.fact.tier for entry in log if isinstance(entry.fact, RunStarted)), tier)
                wrong += [f"{'idle' if cpu is None else 'loaded'}, {each}" for each in judge(log, tallies, number)]
        columns.append(tallies)
    print(f"\n{slug}, preset {preset.name}, {runs} runs idle and {runs} with one core loaded, tier {tier}")
    fine = table(lesson, columns)
    for each in wrong:
        print(f"  WRONG {each}")
    return fine and not wrong


def table(lesson: Lesson, columns: Sequence[dict[str, Tally]]) -> bool:
    """Print claim × held; True if no asserted claim was broken."""
    print(f"  {'claim':24} {'kind':10} {'idle':>18} {'loaded':>18}")
    fine = True
    for claim in lesson.claims:
        cells = [tallies[claim.name] for tallies in columns]
        if not any(cell.held + cell.broken for cell in cells) and claim.presets:
            continue
        print(f"  {claim.name:24} {claim.kind:10} {cells[0]!s:>18} {cells[1]!s:>18}")
        for reason in sorted(cells[0].reasons | cells[1].reasons):
            print(f"      not held: {reason}")
        fine = fine and not (claim.kind == "asserted" and (cells[0].broken or cells[1].broken))
    return fine


def main() -> int:
    """Examine the lessons that are named, or all."""
    return each_preset.main("benchmarks.claims", __doc__ or "", (10, "runs idle, and as many loaded"), examine)


if __name__ == "__main__":
    sys.exit(main())
