"""Who waits where and why, played without a process: weights, joining, leaving, estimates, a full line."""

from __future__ import annotations

from typing import Any

import pytest

from server.lesson import catalog
from server.runs import wait_estimates
from server.runs.audience import ABSENT_TIMEOUT_S, Audience
from server.runs.queue import Queue, QueueEntry, simulate_starts, start_key
from server.runs.run import Run

pytestmark = pytest.mark.real_processes

LESSON = catalog.discover("tests.lab")["calm"]


def place(queue: Queue, name: str, at_s: float, cores: int = 1) -> QueueEntry:
    """A run that the page ``name`` waits for since ``at_s``."""
    run = Run(name, "key", "calm", LESSON, {}, page=name)
    run.audience = Audience(at_s, name)
    made = QueueEntry(run, LESSON, cores, start_key("calm", name, {}), at_s, True, True)
    queue.add(made)
    return made


def names(queue: Queue, now_s: float) -> list[str]:
    return [each.run.id for each in queue.ordered(False, now_s)]


def test_whoever_came_first_goes_first() -> None:
    queue = Queue(64)
    for number, name in enumerate(("a", "b", "c")):
        place(queue, name, float(number))
    assert names(queue, 5.0) == ["a", "b", "c"]


def test_seventy_two_runs_of_one_page_each_do_not_stand_before_one_that_thirty_wait_for() -> None:
    queue = Queue(100)
    for number in range(72):
        place(queue, f"alone-{number}", 0.0)
    shared = place(queue, "shared", 60.0)
    for number in range(29):
        shared.run.audience.join(f"student-{number}", 61.0)
    assert names(queue, 61.0)[0] == "shared"


def test_waiting_adds_weight_so_that_nobody_waits_for_ever() -> None:
    queue = Queue(64)
    place(queue, "alone", 0.0)
    shared = place(queue, "shared", 300.0)
    shared.run.audience.join("another", 300.0)
    assert names(queue, 300.0) == ["alone", "shared"]


def test_a_page_that_left_does_not_count_any_more_and_one_that_came_back_does() -> None:
    audience = Audience(0.0, "holder")
    audience.stream_opened("holder", 1.0)
    audience.join("other", 2.0)
    audience.stream_opened("other", 3.0)
    assert (audience.pages, audience.other_pages) == ({"holder", "other"}, 1)
    audience.stream_closed("other", 10.0)
    assert not audience.expire_absent(10.0 + ABSENT_TIMEOUT_S - 1)
    audience.stream_opened("other", 10.0 + ABSENT_TIMEOUT_S - 1)
    audience.stream_closed("other", 30.0)
    assert audience.expire_absent(30.0 + ABSENT_TIMEOUT_S)
    assert audience.pages == {"holder"}


def test_a_page_that_polls_because_its_stream_is_held_up_is_there() -> None:
    audience = Audience(0.0, "holder")
    audience.polled("holder", 10.0)
    assert not audience.expire_absent(10.0 + ABSENT_TIMEOUT_S - 1)
    assert audience.unwatched_s(12.0) == 2.0


def test_two_streams_of_one_page_are_one_page_and_an_unknown_one_looks_on() -> None:
    audience = Audience(0.0, "holder")
    for _ in range(2):
        audience.stream_opened("holder", 1.0)
    audience.stream_opened("stranger", 1.0)
    audience.stream_closed("holder", 2.0)
    assert audience.pages == {"holder"}
    audience.stream_closed("holder", 3.0)
    assert audience.unwatched_s(100.0) == 0.0, "somebody looks on"
    audience.stream_closed("stranger", 100.0)
    assert audience.unwatched_s(107.0) == 7.0


def test_equal_starts_are_found_and_other_parameters_are_another_run() -> None:
    queue = Queue(64)
    mine = place(queue, "mine", 0.0)
    assert queue.find_joinable(start_key("calm", "mine", {})) is mine
    assert queue.find_joinable(start_key("calm", "mine", {"iterations": 2})) is None
    assert start_key("calm", None, {"a": 1, "b": 2}) == start_key("calm", None, {"b": 2, "a": 1})
    assert start_key("calm", None, {"a": 1}) != start_key("calm", None, {"a": True}), "true is not one"
    mine.joinable = False
    assert queue.find_joinable(start_key("calm", "mine", {})) is None


def test_what_two_pages_were_refused_takes_the_place_of_what_one_waits_for() -> None:
    queue = Queue(3)
    for number in range(3):
        place(queue, f"alone-{number}", float(number))
    assert queue.is_full(idle=False)
    assert not queue.is_full(idle=True), "the other line is another line"
    key = start_key("calm", "class", {})
    assert not queue.note_rejection(key, "first", 5.0)
    assert not queue.note_rejection(key, "first", 6.0), "the same page again is not another one"
    assert queue.note_rejection(key, "second", 7.0)
    least = queue.eviction_candidate(idle=False)
    assert least is not None
    assert least.run.id == "alone-2"
    assert not queue.note_rejection(start_key("calm", "other", {}), "third", 8.0)


@pytest.mark.parametrize(
    ("line", "free_s", "expected"),
    [
        ([(1, 4.0)] * 3, [0.0, 0.0], [0.0, 0.0, 4.0]),
        ([(2, 4.0), (1, 1.0)], [0.0, 3.0], [3.0, 7.0]),
        ([(1, 10.0), (2, 1.0), (1, 1.0)], [0.0, 0.0], [0.0, 10.0, 11.0]),
        ([(0, 60.0)] * 3, [0.0, 5.0], [0.0, 5.0, 60.0]),
        ([(2, 4.0)], [1.0], [1.0]),
    ],
)
def test_estimates_follow_the_order_and_nobody_passes(line: Any, free_s: Any, expected: Any) -> None:
    assert simulate_starts(line, free_s) == expected


def test_those_who_are_sent_away_are_told_one_place_each() -> None:
    promises = wait_estimates.RetrySchedule()
    told = [promises.next_s([2.0, 4.0, 6.0]) for _ in range(5)]
    assert told == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_an_estimate_is_said_no_more_exactly_than_it_is() -> None:
    seconds = (0.0, 3.2, 11.0, 59.0, 61.0)
    assert [wait_estimates.round_estimate(each) for each in seconds] == [1.0, 3.0, 10.0, 60.0, 60.0]
