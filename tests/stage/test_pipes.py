"""Levels and terminals on real pipes: what lies in them, in the order of its bytes, and no read end kept."""

from __future__ import annotations

import os

import pytest

from server.events import Fact, Output, PipeFilled, Source
from server.stage import pipes
from server.stage.pipes import PipeLevel, TerminalReader, bytes_queued, open_pipe


class Told:
    """Collects what is stated."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def __call__(self, fact: Fact, source: Source) -> None:
        self.facts.append(fact)

    @property
    def text(self) -> str:
        return "".join(fact.text for fact in self.facts if isinstance(fact, Output))


def test_a_level_is_stated_when_it_changes_and_only_then() -> None:
    read, write = open_pipe(4096)
    told = Told()
    level = PipeLevel(write, told)
    for data in (b"", b"abc", b"", b"d"):
        if data:
            os.write(write, data)
        level.poll()
    os.read(read, 4)
    level.poll()
    os.close(read)
    os.close(write)
    assert told.facts == [PipeFilled(size, 4096) for size in (0, 3, 4, 0)]


def test_a_write_end_tells_what_lies_in_the_pipe_and_does_not_keep_it_alive() -> None:
    read, write = open_pipe()
    os.write(write, b"x" * 5000)
    assert bytes_queued(write) == 5000
    os.close(read)
    try:
        os.write(write, b"x")
    except BrokenPipeError:
        return
    finally:
        os.close(write)
    raise AssertionError("the pipe still had a reader")


def test_a_terminal_states_the_bytes_in_their_order_also_where_a_character_is_cut() -> None:
    read, write = os.pipe()
    told = Told()
    terminal = TerminalReader(read, 7, told)
    data = "终端 404\n".encode()
    for cut in (data[:1], data[1:4], data[4:]):
        os.write(write, cut)
        terminal.poll()
    assert told.text == "终端 404\n"
    assert terminal.bytes == len(data)
    os.close(write)
    terminal.poll()
    assert terminal.at_eof
    assert terminal.fd is None
    terminal.close()


def test_what_one_read_gave_is_one_fact_and_bytes_that_are_no_text_are_shown_as_such() -> None:
    read, write = os.pipe()
    told = Told()
    terminal = TerminalReader(read, 7, told)
    for data in (b"\xff" + b"a" * 12_288, b"b"):
        os.write(write, data)
        terminal.poll()
    assert told.facts == [Output(7, "terminal", "\ufffd" + "a" * 12_288), Output(7, "terminal", "b")]
    terminal.close()
    os.close(write)


def test_the_end_of_file_is_no_text() -> None:
    read, write = os.pipe()
    told = Told()
    terminal = TerminalReader(read, 7, told)
    os.close(write)
    terminal.poll()
    assert (terminal.at_eof, told.facts) == (True, [])
    terminal.close()


def test_a_terminal_that_was_just_read_wakes_nobody_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = [1_000_000_000]
    monkeypatch.setattr(pipes.time, "monotonic_ns", lambda: now_ns[0])
    read, write = os.pipe()
    terminal = TerminalReader(read, 7, Told())
    before = terminal.fd
    os.write(write, b"x")
    terminal.poll()
    assert (before, terminal.fd) == (read, None)
    now_ns[0] += 1_000_000_000
    assert terminal.fd == read
    terminal.close()
    os.close(write)
