"""Whole trees against wait4's counters: what they prove, and what they never prove."""

from __future__ import annotations

from typing import Any

import pytest

from server.events import ProofChecked
from server.recorder.records import EXIT, IN, OUT, PREEMPT
from server.recorder.switch_proof import SwitchTally
from server.recorder.tree_proof import ReapedUsage, TreeMember, prove_trees


def member(
    task: int, parent: int, waits: int, preempted: int, *, thread: bool = False, reaped: bool = True
) -> TreeMember:
    tally, now = SwitchTally(), 0
    for op in (*[IN, OUT] * waits, *[IN, PREEMPT] * preempted, IN, EXIT):
        now += 10
        tally.add(now, op)
    return TreeMember(task, parent, thread, reaped, tally)


def proof(task: int, verdict: Any = "not_proved", how: Any = "none", **more: Any) -> ProofChecked:
    figures = {"out": 0, "voluntary": None, "preempted": 0, "involuntary": None, "dispatched": 0, "dispatches": None}
    return ProofChecked(task=task, verdict=verdict, running_ns=0, schedstat_ns=None, how=how, **{**figures, **more})


#: A process with a thread and a child it has waited for; and an orphan that the launcher reaped itself.
FAMILY = [
    member(1, 0, 3, 1), member(2, 1, 2, 0, thread=True), member(3, 1, 1, 2), member(4, 3, 5, 0),
]  # fmt: skip
PROOFS = [proof(1, "proved", "self"), proof(2, "proved", "self"), proof(3), proof(4, "proved", "self")]
ORPHAN = ReapedUsage(4, 6, 0)


def verdicts(checked: list[ProofChecked]) -> list[str]:
    return [each.verdict for each in checked]


def test_a_tree_that_adds_up_proves_its_unread_task_without_the_orphan() -> None:
    trees, checked = prove_trees(FAMILY, [ORPHAN, ReapedUsage(1, 6 + 2, 3)], PROOFS)
    assert [(tree.task, tree.scope, tree.tasks, tree.how, tree.reason) for tree in trees] == [
        (1, "tree", 3, "tree", None)
    ]
    assert verdicts(checked) == ["proved"] * 4
    assert checked[2].how == "tree"


@pytest.mark.parametrize(("waits", "preemptions"), [(0, 1), (0, 12), (1, 0), (2, 3)])
def test_what_its_three_members_left_behind_after_their_ends_may_be_missing_and_that_is_said(
    waits: int, preemptions: int
) -> None:
    trees, checked = prove_trees(FAMILY, [ORPHAN, ReapedUsage(1, 8 + waits, 3 + preemptions)], PROOFS)
    assert trees[0].reason == f"{waits} waits and {preemptions} preemptions came after the ends of tasks, unrecorded"
    assert checked[2].verdict == "proved"


def test_the_last_departure_of_a_process_that_its_parent_collected_at_once_is_in_no_sum() -> None:
    trees, checked = prove_trees(FAMILY, [ORPHAN, ReapedUsage(1, 7, 3 + 1)], PROOFS)
    assert "1 processes were collected before they had left their cores" in (trees[0].reason or "")
    assert "0 waits and 1 preemptions" in (trees[0].reason or "")
    assert checked[2].verdict == "proved"


def test_a_member_whose_records_have_a_gap_proves_nothing() -> None:
    gap = SwitchTally()
    for t_ns, op in enumerate((IN, OUT, IN, PREEMPT, IN, IN, EXIT)):  # a departure without a record, then a dispatch
        gap.add(t_ns, op)
    family = [*FAMILY[:2], FAMILY[2]._replace(switches=gap), FAMILY[3]]
    trees, checked = prove_trees(family, [ORPHAN, ReapedUsage(1, 8, 3)], PROOFS)
    assert trees == []
    assert checked[2].verdict == "not_proved"


def test_a_member_read_as_a_zombie_leaves_nothing_out() -> None:
    read = [PROOFS[0], PROOFS[1], PROOFS[2], proof(4, "proved", "zombie", voluntary=7, involuntary=2)]
    assert len(prove_trees(FAMILY, [ReapedUsage(1, 6 + 2 + 7, 3 + 2 + 3)], read)[0]) == 1
    assert prove_trees(FAMILY, [ReapedUsage(1, 6 + 2 + 7, 3 + 2 + 13)], read)[0] == []


@pytest.mark.parametrize(
    "usage", [ReapedUsage(1, 8, 16), ReapedUsage(1, 8, 2), ReapedUsage(1, 21, 3), ReapedUsage(1, 6, 3)]
)
def test_anything_else_proves_nothing_and_its_figures_are_in_the_reason(usage: ReapedUsage) -> None:
    trees, checked = prove_trees(FAMILY, [ORPHAN, usage], PROOFS)
    assert trees == []
    assert verdicts(checked) == ["proved", "proved", "not_proved", "proved"]
    assert "do not add up" in (checked[2].reason or "")


def test_a_difference_is_never_turned_into_a_proof() -> None:
    differs = [PROOFS[0], proof(2, "differs", "self"), *PROOFS[2:]]
    trees, checked = prove_trees(FAMILY, [ORPHAN, ReapedUsage(1, 8, 3)], differs)
    assert trees == []
    assert verdicts(checked) == ["proved", "differs", "not_proved", "proved"]


def test_a_tree_with_somebody_nobody_collected_proves_nothing() -> None:
    loose = [*FAMILY[:2], FAMILY[2]._replace(reaped=False), FAMILY[3]]
    assert prove_trees(loose, [ORPHAN, ReapedUsage(1, 8, 3)], PROOFS)[0] == []


def test_a_member_that_was_read_as_a_zombie_counts_by_what_was_read() -> None:
    read = [PROOFS[0], PROOFS[1], PROOFS[2], proof(4, "proved", "zombie", voluntary=7, involuntary=2)]
    trees, _ = prove_trees(FAMILY, [ReapedUsage(1, 6 + 2 + 7, 3 + 2)], read)
    assert [tree.tasks for tree in trees] == [4]


def test_trees_whose_tasks_are_all_read_say_nothing() -> None:
    read = [proof(each.task, "proved", "self") for each in FAMILY]
    assert prove_trees(FAMILY, [ORPHAN, ReapedUsage(1, 8, 3)], read) == ([], read)
