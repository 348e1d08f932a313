"""Which turns of the launcher's loop may be glances: nothing that a look could learn from is put off. Pure."""

from __future__ import annotations

import pytest

from server.recorder.records import COMM, EXIT, FORK, IN, LOST, OUT, PREEMPT, RawRecord
from server.supervisor.turn_plan import IDLE_NS, TurnPlan

LAUNCHER, WORKER, SLEEPER = 10, 11, 12
MS = 1_000_000
WATERMARK_NS, FRAME_NS = 20 * MS, 28 * MS


def record(op: int, tid: int) -> RawRecord:
    return (1, op, 0, tid, tid, 0, "")


def plan(*, flushed_ns: int = 0, unsent: bool = False, held: bool = False) -> TurnPlan:
    """After a turn at 1,000 ms that left nothing open."""
    made = TurnPlan(LAUNCHER, WATERMARK_NS, FRAME_NS)
    made.after_turn(1000 * MS, {SLEEPER}, flushed_ns, unsent=unsent, held=held)
    return made


def test_the_first_turn_and_one_that_is_asked_for_come_at_once() -> None:
    assert not TurnPlan(LAUNCHER, WATERMARK_NS, FRAME_NS).can_wait(1, (), held=False)
    made = plan()
    made.turn_at_once()
    assert not made.can_wait(1001 * MS, (), held=False)


@pytest.mark.parametrize(
    ("op", "tid", "waits"),
    [
        (PREEMPT, WORKER, True),
        (IN, WORKER, True),
        (IN, SLEEPER, False),  # it woke: what woke it, and when, is to be read
        (OUT, WORKER, False),  # it sleeps: a look says for what
        (FORK, WORKER, False),
        (EXIT, WORKER, False),
        (COMM, WORKER, False),
        (LOST, 0, False),
        (OUT, LAUNCHER, True),  # its own pause
    ],
)
def test_only_what_a_look_could_tell_nothing_of_may_wait(op: int, tid: int, waits: bool) -> None:
    records = [record(PREEMPT, WORKER), record(op, tid), record(IN, WORKER)]
    assert plan().can_wait(1001 * MS, records, held=False) == waits


def test_without_news_a_turn_comes_now_and_then() -> None:
    made = plan()
    assert made.can_wait(1000 * MS + IDLE_NS - 1, [record(OUT, LAUNCHER)], held=False)
    assert not made.can_wait(1000 * MS + IDLE_NS, (), held=False)


def test_what_was_heard_is_told_when_it_is_older_than_the_watermark_and_a_frame_is_due() -> None:
    made = plan()
    assert made.can_wait(1010 * MS, [record(IN, WORKER)], held=False)
    assert made.due_ns == 1010 * MS + WATERMARK_NS
    assert made.can_wait(1020 * MS, [record(PREEMPT, WORKER)], held=False)
    assert made.due_ns == 1010 * MS + WATERMARK_NS, "the first one decides"
    told = plan(flushed_ns=1000 * MS)
    assert told.can_wait(1001 * MS, (), held=True)
    assert told.due_ns == 1000 * MS + FRAME_NS, "a frame was sent a moment ago"


def test_what_a_turn_has_left_is_not_put_off_beyond_its_own_time() -> None:
    assert plan(flushed_ns=990 * MS, unsent=True).due_ns == 990 * MS + FRAME_NS
    assert plan(flushed_ns=990 * MS, held=True).due_ns == 1000 * MS + WATERMARK_NS
    assert plan(flushed_ns=1000 * MS, held=True).due_ns == 1000 * MS + FRAME_NS
