"""Whether a whole run is proved: one rule over the proofs of its tasks, for launcher, page, API and command line.

static/js/engine/proof_verdict.js is the same rule for recordings that a page plays and that lack the field
``run.ended.proof``; tests/js/proof.vectors.json holds both to the same answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..events import (
    Entry,
    LogLost,
    ProofChecked,
    RunEnded,
    RunProof,
    RunStarted,
    RunSteppedDown,
    RunVerdict,
    TaskBorn,
    TaskRenamed,
)


def of_tasks(checked: Iterable[ProofChecked], started: Collection[int], *, lost: int, sampled: bool) -> RunProof:
    """The verdict on a run: ``checked`` are its tasks' proofs, ``started`` the numbers of the tasks the stage started.

    *Proved* means: nothing was lost, no task differs, every task that the stage started is proved, and at least one
    was. A task that an experiment's own library started may have left before anybody could read its counters: it is
    not owed, and counted beside (``unread``). A task that the stage started and that has no proof is owed one.
    ``lost`` are records or facts that should be in the log and are not; with any, the records cannot add up:
    *differs*. ``sampled``: the kernel was looked at now and then, which proves nothing about single switches.
    """
    verdicts = {each.task: each.verdict for each in checked}
    unread = {task for task, verdict in verdicts.items() if verdict == "not_proved"} - set(started)
    owed = {*started, *verdicts} - unread
    proved = {task for task in owed if verdicts.get(task) == "proved"}
    verdict: RunVerdict = "not_proved"
    if sampled:
        verdict = "sampled"
    elif lost or "differs" in verdicts.values():
        verdict = "differs"
    elif started and proved == owed:
        verdict = "proved"
    return RunProof(verdict=verdict, proved=len(proved), owed=len(owed), unread=len(unread), lost=lost)


def of_log(entries: Sequence[Entry]) -> RunProof | None:
    """What ``run.ended`` says, or the same rule over a log that ended without saying it; None before the end.

    A log tells which tasks the stage started: each of them is given a role, in its birth or, where the stage spoke
    too late for that, with a ``task.renamed`` of source "told"; the kernel's records bear neither.
    """
    ended = entries[-1].fact if entries else None
    if not isinstance(ended, RunEnded):
        return None
    if ended.proof is not None:
        return ended.proof
    facts = [entry.fact for entry in entries]
    started = {fact.task for fact in facts if isinstance(fact, TaskBorn) and fact.role is not None}
    started |= {e.fact.task for e in entries if isinstance(e.fact, TaskRenamed) and e.source == "told"}
    return of_tasks(
        (fact for fact in facts if isinstance(fact, ProofChecked)), started,
        lost=sum(fact.count for fact in facts if isinstance(fact, LogLost)),
        sampled=any(isinstance(fact, RunStarted | RunSteppedDown) and fact.tier == "sampled" for fact in facts),
    )  # fmt: skip
