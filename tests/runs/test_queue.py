"""Who waits where and why, played without a process: weights, joining, leaving, estimates, a full line."""

from __future__ import annotations

from typing import Any

import pytest

from server.lesson import catalog
from server.runs import waiting
from server.runs.audience import AWAY_S, Audience
from server.runs.queue import Place, Queue, starts, wanted
from server.runs.run import Run

pytestmark = pytest.mark.real_processes

LESSON = catalog.discover("tests.lab")["calm"]


def place(queue: Queue, name: str, at_s: float, cores: int = 1) -> Place:
    """A run that the page ``name`` waits for since ``at_s``."""
    run = Run(name, "key", "calm", LESSON, {}, page=name)
    run.audience = Audience(at_s, name)
    made = Place(run, LESSON, cores, wanted("calm", name, {}), at_s, True, True)
    queue.add(made)
    return made


def names(queue: Queue, now_s: float) -> list[str]:
    return [each.run.id for each in queue.line(False, now_s)]


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
    audience.arrive("holder", 1.0)
    audience.join("other", 2.0)
    audience.arrive("other", 3.0)
    assert (audience.pages, audience.others) == ({"holder", "other"}, 1)
    audience.depart("other", 10.0)
    assert not audience.forget_the_absent(10.0 + AWAY_S - 1)
    audience.arrive("other", 10.0 + AWAY_S - 1)
    audience.depart("other", 30.0)
    assert audience.forget_the_absent(30.0 + AWAY_S)
    assert audience.pages == {"holder"}


def test_a_page_that_polls_because_its_stream_is_held_up_is_there() -> None:
    audience = Audience(0.0, "holder")
    audience.seen("holder", 10.0)
    assert not audience.forget_the_absent(10.0 + AWAY_S - 1)
    assert audience.empty_for_s(12.0) == 2.0


def test_two_streams_of_one_page_are_one_page_and_an_unknown_one_looks_on() -> None:
    audience = Audience(0.0, "holder")
    for _ in range(2):
        audience.arrive("holder", 1.0)
    audience.arrive("stranger", 1.0)
    audience.depart("holder", 2.0)
    assert audience.pages == {"holder"}
    audience.depart("holder", 3.0)
    assert audience.empty_for_s(100.0) == 0.0, "somebody looks on"
    audience.depart("stranger", 100.0)
    assert audience.empty_for_s(107.0) == 7.0


def test_equal_starts_are_found_and_other_parameters_are_another_run() -> None:
    queue = Queue(64)
    mine = place(queue, "mine", 0.0)
    assert queue.equal(wanted("calm", "mine", {})) is mine
    assert queue.equal(wanted("calm", "mine", {"iterations": 2})) is None
    assert wanted("calm", None, {"a": 1, "b": 2}) == wanted("calm", None, {"b": 2, "a": 1})
    assert wanted("calm", None, {"a": 1}) != wanted("calm", None, {"a": True}), "true is not one"
    mine.shared = False
    assert queue.equal(wanted("calm", "mine", {})) is None


def test_what_two_pages_were_refused_takes_the_place_of_what_one_waits_for() -> None:
    queue = Queue(3)
    for number in range(3):
        place(queue, f"alone-{number}", float(number))
    assert queue.full(idle=False)
    assert not queue.full(idle=True), "the other line is another line"
    key = wanted("calm", "class", {})
    assert not queue.refuse(key, "first", 5.0)
    assert not queue.refuse(key, "first", 6.0), "the same page again is not another one"
    assert queue.refuse(key, "second", 7.0)
    least = queue.least(idle=False)
    assert least is not None
    assert least.run.id == "alone-2"
    assert not queue.refuse(wanted("calm", "other", {}), "third", 8.0)


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
    assert starts(line, free_s) == expected


def test_those_who_are_sent_away_are_told_one_place_each() -> None:
    promises = waiting.Promises()
    told = [promises.next_s([2.0, 4.0, 6.0]) for _ in range(5)]
    assert told == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_an_estimate_is_said_no_more_exactly_than_it_is() -> None:
    assert [waiting.rounded(each) for each in (0.0, 3.2, 11.0, 59.0, 61.0)] == [1.0, 3.0, 10.0, 60.0, 60.0]
