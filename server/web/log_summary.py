"""What a page says of one log before any script runs: its picture, values, verdicts and proof; folded once a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ..events import ClaimBroken, ClaimHeld, Entry, RunProof, RunStarted, TaskState, ValueMeasured
from ..log import outline, proof_verdict, recording
from ..log.timeline import Timeline, read
from ..runs.run import Run


@dataclass(frozen=True, slots=True)
class LogSummary:
    """One log, read to its end."""

    started: RunStarted | None
    timeline: Timeline
    values: dict[str, ValueMeasured]  # key: name, or name@trial
    claims: dict[str, ClaimHeld | ClaimBroken]
    proof: RunProof | None  # the verdict on the whole run; None before its end
    switches: int  # how often a task got a core or left one

    def badge(self, words: Mapping[str, str]) -> dict[str, str]:
        """The proof badge before any script runs: the verdict on the run and its words, with of how many tasks."""
        proof = self.proof
        if proof is None:
            return {"verdict": "pending", "words": words["proof.open"]}
        said = [words[f"proof.{proof['verdict']}"]]
        if proof["proved"]:
            said.append(words["proof.tasks_beside" if proof["unread"] else "proof.tasks"].format(**proof))
        return {"verdict": proof["verdict"], "words": " · ".join(said)}


EMPTY = LogSummary(None, Timeline(), {}, {}, None, 0)


def of_log(entries: Iterable[Entry]) -> LogSummary:
    """Reads a log; a later value or verdict of the same name replaces an earlier one."""
    found = list(entries)
    facts = [entry.fact for entry in found]
    return LogSummary(
        started=next((fact for fact in facts if isinstance(fact, RunStarted)), None),
        timeline=read(found),
        values={fact.key: fact for fact in facts if isinstance(fact, ValueMeasured)},
        claims={fact.claim: fact for fact in facts if isinstance(fact, (ClaimHeld, ClaimBroken))},
        proof=proof_verdict.of_log(found),
        switches=_switches(found),
    )


def of_run(run: Run) -> LogSummary:
    """Reads the log of a run, which may be an outline (``RunStore.find_outline``)."""
    found = of_log(run.log.tail(0))
    return found if run.dispatches is None else replace(found, switches=run.dispatches)


def _switches(entries: Sequence[Entry]) -> int:
    return sum(isinstance(each.fact, TaskState) and each.fact.cause == "dispatched" for each in entries)


def of_file(path: Path | None) -> LogSummary:
    """Reads a recording, again only when its file has changed; :data:`EMPTY` if there is none to read."""
    return _read_again_if_changed(_of_file, path)


def outline_of_file(path: Path | None) -> LogSummary:
    """The same for whoever draws no picture of it: without the changes of state, in a fraction of the time."""
    return _read_again_if_changed(_outline_of_file, path)


def _read_again_if_changed(read: Callable[[Path, int], LogSummary], path: Path | None) -> LogSummary:
    if path is None:
        return EMPTY
    try:
        return read(path, path.stat().st_mtime_ns)
    except OSError:
        return EMPTY


@lru_cache(maxsize=32)
def _of_file(path: Path, _changed_ns: int) -> LogSummary:
    return of_log(recording.read(path).entries)


@lru_cache(maxsize=64)
def _outline_of_file(path: Path, changed_ns: int) -> LogSummary:
    found = outline.read(path.read_bytes())
    if found is None:
        return _of_file(path, changed_ns)
    return replace(of_log(found.recording.entries), switches=found.dispatches)
