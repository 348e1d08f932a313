"""Who waits where and why, played without a process: weights, joining, leaving, estimates, a full line."""

from __future__ import annotations

from typing import Any

import pytest

from server.lesson import catalog
from server.runs import wait_estimates
from server.runs.audience import ABSENT_TIMEOUT_S, Audience
from server.runs.demand import DEMAND_S, Asker
from server.runs.queue import Queue, QueueEntry, simulate_starts, start_key
from server.runs.run import Run

pytestmark = pytest.mark.real_processes

LESSON = catalog.discover("tests.lab")["calm"]


def place(queue: Queue, name: str, at_s: float, cores: int = 1, page: str = "", address: str = "") -> QueueEntry:
    """A start of the kind ``name``, asked for at ``at_s`` by a page (of the same name) at this address."""
    asker = Asker(page or name, address)
    run = Run(name, "key", "calm", LESSON, {}, page=asker.page)
    run.audience = Audience(at_s, asker.page)
    made = QueueEntry(run, LESSON, cores, kind(name), at_s, True, asker)
    queue.note_wish(made.start_key, asker, at_s)
    queue.add(made)
    return made


def join(queue: Queue, entry: QueueEntry, page: str, at_s: float, address: str = "") -> None:
    """Another page presses the same."""
    queue.note_wish(entry.start_key, Asker(page, address), at_s)
    entry.run.audience.join(page, at_s)


def names(queue: Queue, now_s: float) -> list[str]:
    return [each.run.id for each in queue.ordered(False, now_s)]


def kind(name: str) -> Any:
    return start_key("calm", name, {})


def start_next(queue: Queue, now_s: float) -> str:
    """The run that goes next, started."""
    entry = queue.ordered(False, now_s)[0]
    queue.take(entry)
    return entry.run.id


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
        join(queue, shared, f"student-{number}", 61.0)
    assert names(queue, 61.0)[0] == "shared"


def test_waiting_adds_weight_so_that_nobody_waits_for_ever() -> None:
    queue = Queue(64)
    place(queue, "alone", 0.0)
    shared = place(queue, "shared", 300.0)
    join(queue, shared, "another", 300.0)
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


def test_what_two_pages_want_takes_the_place_of_what_one_waits_for() -> None:
    queue = Queue(3)
    for number in range(3):
        place(queue, f"alone-{number}", float(number))
    assert queue.is_full(idle=False)
    assert not queue.is_full(idle=True), "the other line is another line"
    queue.note_wish(kind("class"), Asker("first"), 5.0)
    queue.note_wish(kind("class"), Asker("first"), 6.0)
    assert queue.demand(kind("class")) == 1, "the same page again is not another one"
    queue.note_wish(kind("class"), Asker("second"), 7.0)
    assert queue.demand(kind("class")) == 2
    least = queue.eviction_candidate(idle=False)
    assert least is not None
    assert least.run.id == "alone-2"
    assert queue.demand(kind("other")) == 0


def test_a_late_student_goes_before_the_other_client_because_the_class_has_pressed_the_same() -> None:
    queue = Queue(100)
    for number in range(72):
        place(queue, f"alone-{number}", 0.0)
    first = place(queue, "class", 20.0, page="student-0")
    for number in range(1, 29):
        join(queue, first, f"student-{number}", 20.0 + number / 10)
    assert start_next(queue, 23.0) == "class"
    place(queue, "class", 25.0, page="late")
    assert start_next(queue, 25.0) == "class", "alone, but one of thirty within the last minute"
    place(queue, "class", 20.0 + DEMAND_S + 10, page="much-later")
    assert start_next(queue, 20.0 + DEMAND_S + 10) == "alone-0", "the class is over"


def test_a_page_counts_for_what_it_wants_now_and_for_as_long_as_it_waits() -> None:
    queue = Queue(64)
    first = place(queue, "shared", 0.0, page="one")
    join(queue, first, "two", 0.0)
    queue.note_wish(kind("other"), Asker("three"), DEMAND_S + 1)
    assert queue.demand(kind("shared")) == 2, "they still wait"
    queue.note_wish(kind("other"), Asker("two"), DEMAND_S + 2)
    first.run.audience.leave("two")
    assert (queue.demand(kind("shared")), queue.demand(kind("other"))) == (1, 2)
    queue.take(first)
    queue.note_wish(kind("more"), Asker("four"), 3 * DEMAND_S)
    assert (queue.demand(kind("shared")), queue.demand(kind("other"))) == (0, 0)


def test_addresses_take_turns_however_many_starts_one_has_and_however_long_they_waited() -> None:
    queue = Queue(100)
    for number in range(72):
        place(queue, f"greedy-{number}", 0.0, address="greedy")
    assert [start_next(queue, 200.0) for _ in range(2)] == ["greedy-0", "greedy-1"]
    for number in range(2):
        place(queue, f"reader-{number}", 200.0, address="reader")
    place(queue, "another", 201.0, address="another")
    expected = ["reader-0", "another", "greedy-2", "reader-1", "greedy-3", "greedy-4"]
    assert names(queue, 202.0)[:6] == expected
    assert [start_next(queue, 202.0) for _ in range(6)] == expected, "as foretold"


def test_a_run_that_many_pages_want_costs_their_address_little_but_not_nothing() -> None:
    queue = Queue(100)
    place(queue, "reader-0", 0.0, address="reader")
    for number in range(6):
        shared = place(queue, f"class-{number}", 0.0, page=f"student-{number}-0", address="school")
        for other in range(1, 16):
            join(queue, shared, f"student-{number}-{other}", 0.0, "school")
    place(queue, "reader-1", 0.0, address="reader")
    assert [start_next(queue, 1.0)[:5] for _ in range(8)] == ["class", "reade", *["class"] * 4, "reade", "class"]


def test_a_run_that_is_queued_again_pays_once_and_who_begins_anew_owes_nothing() -> None:
    queue = Queue(100)
    first = place(queue, "first", 0.0, address="one")
    place(queue, "second", 0.5, address="two")
    assert [start_next(queue, 0.0)] == ["first"]
    queue.add(first)
    assert names(queue, 1.0) == ["first", "second"], "it found no pipes, say: back in its place"
    assert [start_next(queue, 1.0) for _ in range(2)] == ["first", "second"]
    place(queue, "third", 2.0, address="one")
    place(queue, "fourth", 2.0, address="three")
    assert names(queue, 2.0) == ["third", "fourth"], "nobody waited in between"


def test_a_run_wanted_from_many_addresses_goes_when_one_of_them_may() -> None:
    queue = Queue(100)
    for number in range(3):
        place(queue, f"greedy-{number}", 0.0, address="greedy")
    start_next(queue, 1.0)
    shared = place(queue, "shared", 2.0, page="greedy-page", address="greedy")
    assert names(queue, 100.0)[0] == "greedy-1"
    join(queue, shared, "student", 2.0, "school")
    assert names(queue, 100.0)[0] == "shared"


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
