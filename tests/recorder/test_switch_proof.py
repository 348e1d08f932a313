"""Records and counters are compared exactly: what is equal is proved, what is not is said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.recorder.records import EXIT, IN, OUT, PREEMPT, Counters
from server.recorder.switch_proof import SwitchTally, check_counters, running_time_excess_ns


def tally_of(*notes: tuple[int, int]) -> SwitchTally:
    tally = SwitchTally()
    for t_ns, op in notes:
        tally.add(t_ns, op)
    return tally


#: Runs 10–20 and 30–50, waits, runs 60–90, ends.
RUN = ((10, IN), (20, PREEMPT), (30, IN), (50, OUT), (60, IN), (90, EXIT))


def test_counts_stop_at_the_stamp() -> None:
    assert tally_of(*RUN).counts_until(75) == (1, 1, 3, 45)
    assert tally_of(*RUN).counts_until() == (1, 1, 3, 60)
    assert tally_of(*RUN).counts_until(5) == (0, 0, 0, 0)


@settings(deadline=None)
@given(st.permutations(RUN), st.integers(0, 100))
def test_the_order_of_records_does_not_matter(notes: list[tuple[int, int]], stamp_ns: int) -> None:
    assert tally_of(*notes).counts_until(stamp_ns) == tally_of(*RUN).counts_until(stamp_ns)


def test_a_self_read_must_be_equal_in_every_count() -> None:
    right = Counters(75, 1, 1, 3, 45, 0)
    assert check_counters(1, tally_of(*RUN), right, "self").verdict == "proved"
    for wrong in (right._replace(voluntary=2), right._replace(involuntary=0), right._replace(dispatches=4)):
        assert check_counters(1, tally_of(*RUN), wrong, "self").verdict == "differs"


@pytest.mark.parametrize(
    ("voluntary", "involuntary", "dispatches", "verdict"),
    [
        (2, 1, 3, "proved"),
        (2, 2, 4, "proved"),
        (1, 1, 3, "differs"),
        (3, 1, 4, "proved"),
        (2, 2, 3, "proved"),
        (3, 3, 3, "differs"),
        (2, 1, 4, "differs"),
    ],
)
def test_a_zombie_has_left_once_more_and_its_other_departures_pair_up(
    voluntary: int, involuntary: int, dispatches: int, verdict: str
) -> None:
    counters = Counters(200, voluntary, involuntary, dispatches, 60, 0)
    assert check_counters(1, tally_of(*RUN), counters, "zombie").verdict == verdict


def test_without_counters_nothing_is_proved_and_the_reason_is_given() -> None:
    fact = check_counters(3, tally_of(*RUN), None, "none", "it had left")
    assert (fact.verdict, fact.how, fact.voluntary, fact.schedstat_ns, fact.reason) == (
        "not_proved", "none", None, None, "it had left",
    )  # fmt: skip


def test_running_time_is_allowed_one_percent_and_ten_microseconds_a_dispatch() -> None:
    counts = tally_of((0, IN), (10_000_000, OUT)).counts_until()
    assert running_time_excess_ns(counts, Counters(0, 1, 0, 1, 10_000_000 + 110_000, 0)) == 0
    assert running_time_excess_ns(counts, Counters(0, 1, 0, 1, 10_000_000 + 200_000, 0)) > 0
    assert running_time_excess_ns(counts, Counters(0, 1, 0, 1, 11_000_000, 0), "zombie") == 0, (
        "it ran on after its EXIT record"
    )


def test_a_difference_in_time_alone_is_told_with_its_figure() -> None:
    fact = check_counters(1, tally_of((0, IN), (30_000_000, OUT)), Counters(40_000_000, 1, 0, 1, 20_000_000, 0), "self")
    assert fact.verdict == "proved"
    assert fact.reason is not None
    assert "9.790 ms" in fact.reason


def test_a_dispatch_the_kernel_forgot_is_told_and_a_record_too_few_is_not_forgiven() -> None:
    counters = Counters(75, 1, 1, 2, 45, 0)
    fact = check_counters(1, tally_of(*RUN), counters, "self")
    assert fact.verdict == "proved"
    assert fact.reason is not None
    assert "leaves out 1" in fact.reason
    assert check_counters(1, tally_of(*RUN), counters._replace(dispatches=1), "self").verdict == "differs", (
        "more than it was preempted"
    )
    incoherent = tally_of(*RUN[:3], *RUN[4:])
    assert check_counters(1, incoherent, Counters(75, 0, 1, 2, 45, 0), "self").verdict == "differs"
    assert check_counters(1, incoherent, Counters(200, 1, 2, 3, 60, 0), "zombie").verdict == "differs"
