"""The log: numbered from 1, bounded, read by position."""

from server import events
from server.events import ClaimHeld, Entry, LogLost, RunEnded, Step
from server.log.event_log import EventLog


def step(n: int) -> Entry:
    return Entry(n, "told", Step(1, f"step{n}"))


def test_positions_count_from_one_and_a_reader_gets_what_came_after_the_position_it_knows() -> None:
    log = EventLog()
    assert log.last == 0
    assert [log.append(step(n)) for n in range(5)] == [1, 2, 3, 4, 5]
    assert list(log.tail(3)) == [step(3), step(4)]
    assert list(log.tail()) == [step(n) for n in range(5)]
    assert list(log.tail(5)) == []
    assert list(log.tail(99)) == []
    assert list(log.tail(-1)) == list(log.tail(0))


def test_the_lines_are_the_entries_and_a_line_given_is_the_line_kept() -> None:
    log = EventLog()
    log.append(step(1))
    line = events.encode(step(2))
    log.append(step(2), line)
    assert [events.decode(text) for text in log.encoded()] == list(log.tail())
    assert log.encoded(1)[0] is line
    assert log.size_bytes == sum(len(text) + 1 for text in log.encoded())


def test_a_snapshot_does_not_grow_while_the_log_does() -> None:
    log = EventLog()
    log.append(step(1))
    seen = log.tail()
    log.append(step(2))
    assert list(seen) == [step(1)]


def test_a_full_log_turns_facts_away_counts_them_and_still_takes_the_last_words() -> None:
    log = EventLog(facts=3)
    assert [log.append(step(n)) for n in range(5)] == [1, 2, 3, 0, 0]
    assert (log.lost, log.full) == (2, True)
    assert log.append(Entry(9, "derived", LogLost(2, "log"))) == 4
    assert log.append(Entry(9, "derived", RunEnded("failed"))) == 5
    assert log.lost == 2


def test_a_log_is_bounded_in_bytes_too() -> None:
    size = len(events.encode(step(1))) + 1
    log = EventLog(log_bytes=2 * size)
    assert [log.append(step(n)) for n in (1, 2, 3)] == [1, 2, 0]
    assert log.size_bytes == 2 * size
    assert log.lost == 1


def test_nothing_follows_the_end() -> None:
    log = EventLog()
    log.append(Entry(1, "derived", RunEnded("finished")))
    assert log.ended
    assert log.append(Entry(2, "derived", ClaimHeld("late"))) == 0
    assert log.ended
    assert (log.last, log.lost) == (1, 1)


def test_readers_are_woken_without_data_until_they_leave_even_while_being_woken() -> None:
    log = EventLog()
    woken: list[int] = []
    leave = log.subscribe(lambda: woken.append(log.last))
    leave_at_once = log.subscribe(lambda: leave_at_once())
    log.append(step(1))
    log.append(step(2))
    leave()
    leave()
    log.append(step(3))
    assert woken == [1, 2]
