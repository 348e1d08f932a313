"""Tasks that could not be read, proved by the counters of their whole tree; pure.

A process that its own parent collects may have left /proc before anybody could read its counters. But wait4(2) gives
with a child the switches of all that the child had waited for, threads included (getrusage(2), RUSAGE_CHILDREN). So
where the launcher reaps the top of a tree, the records of the whole tree must add up to that: every departure, and for
each process one more, the last, which comes after its EXIT record. A thread's last one is not counted, as the kernel
adds a thread to its process while the thread still runs (exit_notify). Of a member that was
read as a zombie its own counters are taken, which hold that last departure and what came after its EXIT record.

Two things no record tells, and how many there were is said. A task leaves its core after its EXIT record: on a crowded
machine it is preempted on that way, or waits there for a lock of the kernel's; up to two departures of a task were
seen. And a process is collected as soon as it is a zombie: where its parent was quicker than its own last departure,
that one is in no sum. So the records may have less than the sums, by a few departures a member that was not read as a
zombie, if every dispatch in them but a member's first follows a departure; they have more only by the last departures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..events import ProofChecked
from .switch_proof import SwitchCounts, SwitchTally

_AFTER_EXIT = 4  # departures of a member without a record, at most


class ReapedUsage(NamedTuple):
    """What wait4(2) said of a process the launcher reaped."""

    task: int
    voluntary: int  # ru_nvcsw
    involuntary: int  # ru_nivcsw


class TreeMember(NamedTuple):
    """A task as its tree needs it."""

    task: int
    parent: int
    is_thread: bool
    reaped: bool
    switches: SwitchTally


def prove_trees(
    tasks: Sequence[TreeMember], usages: Sequence[ReapedUsage], checked: Sequence[ProofChecked]
) -> tuple[list[ProofChecked], list[ProofChecked]]:
    """The proofs of trees that hold an unread task, and the proofs of the tasks with what those prove.

    A tree with a task that differs proves nothing, and none is called different: its figures leave out what nobody
    waited for. Then its unread tasks stay "not proved", and their reason says by how much the tree did not add up.
    """
    below: dict[int, list[TreeMember]] = {}
    for each in tasks:
        below.setdefault(each.parent, []).append(each)
    known = {each.task: each for each in tasks}
    proofs = {each.task: each for each in checked}
    tops = {usage.task for usage in usages}
    trees = []
    for usage in usages:
        members = list(_tree(known[usage.task], below, tops))
        verdicts = {proofs[each.task].verdict for each in members}
        if "not_proved" in verdicts and "differs" not in verdicts:
            tree = _check(usage, members, proofs)
            trees.append(tree)
            proofs |= {each.task: _amended(proofs[each.task], tree) for each in members}
    return [tree for tree in trees if tree.verdict == "proved"], [proofs[each.task] for each in checked]


def _tree(top: TreeMember, below: Mapping[int, Sequence[TreeMember]], tops: set[int]) -> Iterator[TreeMember]:
    """The top and all below it, but not what the launcher reaped itself: that had lost its parent first."""
    yield top
    for each in below.get(top.task, ()):
        if each.task not in tops:
            yield from _tree(each, below, tops)


def _check(usage: ReapedUsage, members: Sequence[TreeMember], proofs: Mapping[int, ProofChecked]) -> ProofChecked:
    counts = [each.switches.counts_until() for each in members]
    out, preempted = sum(each.out for each in counts), sum(each.preempted for each in counts)
    due = [_due(each, count, proofs[each.task]) for each, count in zip(members, counts, strict=True)]
    waits, missed = usage.voluntary - sum(each[0] for each in due), usage.involuntary - sum(each[1] for each in due)
    unread = [each for each in members if proofs[each.task].how != "zombie"]
    early = sum(not each.is_thread and each.task != usage.task for each in unread)
    whole = all(each.reaped or each.is_thread for each in members) and all(
        each.dispatched == each.out + each.preempted + 1 for each in counts
    )
    adds_up = whole and waits >= -early and missed >= 0 and max(0, waits) + missed <= _AFTER_EXIT * len(unread)
    reason = _left_out(waits, missed)
    if not adds_up:
        reason = (
            f"the counters of its tree do not add up: {usage.voluntary} waits and {usage.involuntary} preemptions, "
            f"{usage.voluntary - waits} and {usage.involuntary - missed} recorded"
        )
    return ProofChecked(
        task=usage.task, verdict="proved" if adds_up else "not_proved", out=out, voluntary=usage.voluntary,
        preempted=preempted, involuntary=usage.involuntary, dispatched=sum(each.dispatched for each in counts),
        dispatches=None, running_ns=sum(each.running_ns for each in counts), schedstat_ns=None, how="tree",
        reason=reason, scope="tree", tasks=len(members),
    )  # fmt: skip


def _left_out(waits: int, preemptions: int) -> str | None:
    """What of a tree that adds up is in the sums only, or in the records only; None if nothing is."""
    said = []
    if waits > 0 or preemptions:
        said.append(f"{max(0, waits)} waits and {preemptions} preemptions came after the ends of tasks, unrecorded")
    if waits < 0:
        said.append(f"{-waits} processes were collected before they had left their cores, which is then not counted")
    return "; ".join(said) or None


def _due(member: TreeMember, counts: SwitchCounts, proof: ProofChecked) -> tuple[int, int]:
    """The departures a member must have left in its tree's usage: voluntary, preempted."""
    if proof.how == "zombie" and proof.voluntary is not None and proof.involuntary is not None:
        return proof.voluntary, proof.involuntary
    return counts.out + (not member.is_thread), counts.preempted


def _amended(proof: ProofChecked, tree: ProofChecked) -> ProofChecked:
    if proof.verdict != "not_proved":
        return proof
    if tree.verdict != "proved":
        return replace(proof, reason=f"{proof.reason}; {tree.reason}")
    return replace(proof, verdict="proved", how="tree", reason="by the counters of its whole tree")
