"""What lessons' folds share: typical lengths, claims that settle, counted shares, one timeline for many folds."""

from __future__ import annotations

from server.events import ClaimBroken, ClaimHeld, Entry, TaskBorn, TaskState
from server.lesson.claim_folds import SettlingClaim, TimelineFold, counted_verdict, n50_ns
from server.log.timeline import Timeline

WRONG = ["", None, None, "slow", None, "x"]


class Claim(SettlingClaim):
    name = "claim"


def test_half_of_the_time_lies_in_lengths_at_least_as_long_as_the_typical_one() -> None:
    assert n50_ns([4, 4, 1, 1]) == 4
    assert n50_ns([9, 1, 1, 1]) == 9
    assert n50_ns([]) == 0


def test_a_claim_is_held_once_and_broken_once_also_after_it_was_held() -> None:
    claim = Claim({})
    verdicts = [
        claim.settle(wrong, 1, at_ns, "spin") for at_ns, wrong in enumerate(["", None, None, "slow", None, "x"])
    ]
    assert [list(each) for each in verdicts] == [
        [], [ClaimHeld("claim", task=1, at_ns=1)], [], [ClaimBroken("claim", "spin: slow", task=1, at_ns=3)], [], [],
    ]  # fmt: skip
    assert list(claim.state_held(1, 9)) == list(claim.state_broken("again")) == []


def test_a_claim_that_was_broken_first_is_never_held() -> None:
    claim = Claim({})
    assert list(claim.state_broken("too slow", 2, 7)) == [ClaimBroken("claim", "too slow", task=2, at_ns=7)]
    assert list(claim.state_held(1, 9)) == []


def test_a_counted_claim_gives_its_reason_only_where_it_does_not_hold() -> None:
    assert list(counted_verdict("n", 3, 4, holds=True, reason="few", task=1, at_ns=5)) == [ClaimHeld("n", 3, 4, 1, 5)]
    assert list(counted_verdict("n", 1, 4, holds=False, reason="few")) == [ClaimBroken("n", "few", 1, 4)]


def test_readings_that_share_a_timeline_add_each_entry_once() -> None:
    entries = [
        Entry(0, "seen", TaskBorn(1, 7, 7, 0, "T1", "process", "fork")),
        Entry(5, "seen", TaskState(1, "running", "dispatched", cpu=0)),
    ]
    timeline, folds = Timeline(), [TimelineFold({}), TimelineFold({})]
    for fold in folds:
        fold.timeline = timeline
    for entry in entries:
        assert [list(fold.see(entry)) for fold in folds] == [[], []]
    assert len(timeline.tasks[1].spans) == 1
