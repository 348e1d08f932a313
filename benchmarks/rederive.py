"""The derived verdicts and values of a recording, made anew from what was seen and told in it; no run is needed.

``python -m benchmarks.recordings --rederive`` does it for the shipped recordings: after a change of claims or measures
only a changed experiment needs a new run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from server.events import ClaimBroken, ClaimHeld, Entry, RunEnded, RunStarted, TaskState, ValueMeasured
from server.lesson import Lesson, catalog
from server.lesson.evaluation import ClaimEvaluation
from server.log import recording
from server.log.export import ndjson
from server.recorder.wait_reasons import SyscallTable

JUDGED = (ClaimHeld, ClaimBroken, ValueMeasured)


def rederived(lesson: Lesson, entries: Iterable[Entry]) -> list[Entry]:
    """The log with this lesson's verdicts and values of today, each where a live run would have appended it."""
    kept = [entry for entry in entries if not isinstance(entry.fact, JUDGED)]
    started = next(entry.fact for entry in kept if isinstance(entry.fact, RunStarted))
    params: Mapping[str, Any] = started.params
    judge = ClaimEvaluation(lesson, params, started.preset)
    table = SyscallTable((started.machine or "").partition(",")[0])
    made: list[Entry] = []
    for entry in (_reasoned(each, table) for each in kept):
        if isinstance(entry.fact, RunEnded):
            made += judge.end(entry.t_ns)
            made.append(entry)
            continue
        made.append(entry)
        made += judge.see(entry)
    return made


def _reasoned(entry: Entry, table: SyscallTable) -> Entry:
    """A sleep whose system call had no reason yet when it was recorded gets today's."""
    fact = entry.fact
    if not isinstance(fact, TaskState) or fact.waits_for != "other" or fact.syscall is None:
        return entry
    return replace(entry, fact=replace(fact, waits_for=table.reason_of(fact.syscall) or "other"))


def main(slugs: Iterable[str] = ()) -> int:
    """Write the recordings of these lessons (default: all) anew where today's verdicts or values are others."""
    for slug in slugs or catalog.discover():
        lesson = catalog.discover()[slug]
        for preset in lesson.presets:
            path = catalog.recording_path(slug, preset.name)
            if path is None:
                continue
            before = list(recording.read(path).entries)
            after = rederived(lesson, before)
            if after != before:
                path.write_bytes(ndjson(after, gzip=True))
            print(f"{slug} {preset.name}: {'made anew' if after != before else 'unchanged'}, {len(after)} facts")
    return 0
