"""What a page says of one log before any script runs: its picture, values, verdicts and proof; folded once a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ..events import ClaimBroken, ClaimHeld, Entry, LogLost, ProofChecked, RunStarted, TaskState, ValueMeasured
from ..log import recording
from ..log.timeline import Timeline, read

Verdict = Literal["proved", "differs", "not_proved", "sampled", "pending"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One log, read to its end."""

    started: RunStarted | None
    timeline: Timeline
    values: dict[str, ValueMeasured]  # key: name, or name@trial
    claims: dict[str, ClaimHeld | ClaimBroken]
    proofs: tuple[ProofChecked, ...]
    switches: int  # how often a task got a core or left one
    lost: int

    @property
    def verdict(self) -> Verdict:
        """The worst of the proofs; without any the run is not proved yet."""
        if self.started is not None and self.started.tier == "sampled":
            return "sampled"
        found = {proof.verdict for proof in self.proofs}
        if "differs" in found or self.lost:
            return "differs"
        if not found:
            return "pending"
        return "not_proved" if "not_proved" in found else "proved"


NOTHING = Shown(None, Timeline(), {}, {}, (), 0, 0)


def of_log(entries: Iterable[Entry]) -> Shown:
    """Reads a log; a later value or verdict of the same name replaces an earlier one."""
    found = list(entries)
    facts = [entry.fact for entry in found]
    return Shown(
        started=next((fact for fact in facts if isinstance(fact, RunStarted)), None),
        timeline=read(found),
        values={_key(fact): fact for fact in facts if isinstance(fact, ValueMeasured)},
        claims={fact.claim: fact for fact in facts if isinstance(fact, (ClaimHeld, ClaimBroken))},
        proofs=tuple(fact for fact in facts if isinstance(fact, ProofChecked)),
        switches=_switches(found),
        lost=sum(fact.count for fact in facts if isinstance(fact, LogLost)),
    )


def _key(fact: ValueMeasured) -> str:
    return fact.name if fact.trial is None else f"{fact.name}@{fact.trial}"


def _switches(entries: Sequence[Entry]) -> int:
    return sum(isinstance(each.fact, TaskState) and each.fact.cause == "dispatched" for each in entries)


def of_file(path: Path | None) -> Shown:
    """Reads a recording, again only when its file has changed; :data:`NOTHING` if there is none to read."""
    if path is None:
        return NOTHING
    try:
        return _of_file(path, path.stat().st_mtime_ns)
    except OSError:
        return NOTHING


@lru_cache(maxsize=32)
def _of_file(path: Path, _changed_ns: int) -> Shown:
    return of_log(recording.read(path).entries)
