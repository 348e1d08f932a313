"""Frames: what goes in comes out, state changes travel small, and JavaScript is tested with the same cases.

``python -m tests.web.test_frames`` writes tests/js/frames.vectors.json anew.
"""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import payload_size
from server import events
from server.events import (
    Entry,
    LogLost,
    Output,
    RunEnded,
    Step,
    TaskAllowed,
    TaskBorn,
    TaskState,
    TrialStarted,
    ValueMeasured,
)
from server.log import recording
from server.web import frames
from server.web.hub import SLICE_BYTES

LESSONS = Path(__file__).parents[2] / "server/lessons"
VECTORS = Path(__file__).parents[1] / "js/frames.vectors.json"

instants = st.integers(0, 60_000_000_000)
small = st.none() | st.integers(-1, 400)
states = st.builds(
    TaskState,
    task=st.integers(0, 40),
    state=st.sampled_from(get_args(events.State)),
    cause=st.sampled_from(get_args(events.Cause)),
    cpu=st.none() | st.integers(0, 300),
    waits_for=st.none() | st.sampled_from(get_args(events.WaitsFor)),
    syscall=small,
    by=small,
    by_name=st.none() | st.text(max_size=5),
    error_ns=small,
)
others = st.one_of(
    st.builds(Output, st.integers(0, 40), st.sampled_from(["stdout", "stderr"]), st.text(max_size=20)),
    st.builds(Step, st.integers(1, 40), st.text(max_size=8)),
    st.builds(
        ValueMeasured, st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False), st.just("ms"), small
    ),
    st.builds(TaskAllowed, st.integers(1, 40), st.lists(st.integers(0, 255), max_size=3)),
    st.builds(TrialStarted, st.integers(1, 5), st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2)),
)
sources = st.sampled_from(["seen", "seen", "told", "derived"])
entries = st.lists(st.builds(Entry, instants, sources, states | states | others), max_size=60)


def lines_of(given: list[Entry]) -> list[str]:
    return [events.encode(entry) for entry in given]


def data(given: list[Entry]) -> str:
    return f"[{frames.pack(lines_of(given))[0]}]"


@given(entries)
def test_what_is_packed_is_decoded_in_order_and_unchanged(given: list[Entry]) -> None:
    text, count = frames.pack(lines_of(given))
    assert count == len(given)
    assert frames.decode(f"[{text}]") == given
    assert text.isascii()
    assert "\n" not in text


@given(entries, st.integers(1, 9), st.integers(1, 200_000), st.integers(0, 4000))
def test_a_message_is_three_lines_of_packed_slices_that_fit_in_max_bytes(
    given: list[Entry], epoch: int, last: int, max_bytes: int
) -> None:
    lines, parts = lines_of(given), list[str]()
    while lines:
        text, count = frames.pack(lines, max_bytes)
        assert count == 1 or (count > 1 and len(text) <= max_bytes)
        parts.append(text)
        lines = lines[count:]
    message = frames.message(parts, epoch, last)
    first, event, said = message.decode("ascii").removesuffix("\n\n").split("\n")
    assert message.endswith(b"\n\n")
    assert (first, event) == (f"id: {epoch}.{last}", "event: facts")
    assert frames.decode(said.removeprefix("data: ")) == given
    assert frames.parse_id(first.removeprefix("id: ")) == (epoch, last)


def test_a_fact_that_is_stated_again_is_two_numbers_whatever_it_says() -> None:
    woken = TaskState(3, "ready", "woken", by=-1, by_name="swapper/1", error_ns=40)
    waits = TaskState(3, "blocked", "waits", cpu=0, waits_for="pipe_read", syscall=0)
    (item,) = json.loads(data([Entry(1000 + n, "derived", waits if n % 2 else woken) for n in range(100)]))
    strings, shapes, facts, *rows = item
    assert strings == ["ready", "woken", "swapper/1", "blocked", "waits", "pipe_read"]
    assert shapes == [
        ["derived", "task.state", "task", "=state", "=cause", "by", "=by_name", "error_ns"],
        ["derived", "task.state", "task", "=state", "=cause", "cpu", "=waits_for", "syscall"],
    ]
    assert facts == [[0, 3, 0, 1, -1, 2, 40], [1, 3, 3, 4, 0, 5, 0]]
    assert rows == [1000, 0, *[1, 1, 1, 0] * 49, 1, 1]


def test_one_entry_travels_as_it_is_and_a_line_of_another_hand_as_ours() -> None:
    entry = Entry(5, "told", Step(1, "compute"))
    assert frames.pack([events.encode(entry)]) == (events.encode(entry), 1)
    spaced = '{"source": "told", "t_ns": 5, "fact": {"kind": "step", "task": 1, "label": "compute"}}'
    assert frames.decode(f"[{frames.pack([spaced, spaced])[0]}]") == [entry, entry]


def test_a_state_change_is_a_twelfth_of_its_one_message_and_13_bytes_and_all_that_lessons_ship_a_fifth() -> None:
    facts, states = payload_size.totals()
    assert facts.facts > 20_000
    assert 12 * states.ours <= states.peer
    assert states.ours <= 13 * states.facts
    assert 5 * facts.ours <= facts.peer


def test_every_shipped_recording_comes_out_of_its_slices_as_it_is_in_its_file() -> None:
    for path in sorted(LESSONS.rglob("*.ndjson.gz")):
        found = recording.read(path)
        lines, got = found.lines, list[Entry]()
        while lines:
            text, count = frames.pack(lines, SLICE_BYTES)
            assert len(text) <= SLICE_BYTES
            got += frames.decode(f"[{text}]")
            lines = lines[count:]
        assert got == found.entries


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "nil",
        "{}",
        "[1]",
        "[[1]]",
        '[{"t_ns":1}]',
        "[[[],[],[],1]]",
        "[[[],[],[],1,0]]",
        "[[[],[],[],1,-1]]",
        '[[[],[["told","step","task"]],[[0,1]],1,0]]',
        '[[[],[["told","step","task","=label"]],[[0,1,0]],1,0]]',
        "[[[],[],[[0,1]],1,0]]",
        "[[[],[],[1]]]",
        "[[[],[],[[]]]]",
        "[[0,0,0]]",
        '[[[],[["told"]],[[0]]]]',
        '[[["x"],[["told","step","task","=label"]],[[0,1,0]],1.5,0]]',
        '[[["x"],[["told","step","task","=label"]],[[0,1,0]],true,0]]',
        '[[["x"],[["told","step","task","=label"]],[[0,1]],1,0]]',
    ],
)
def test_what_is_no_frame_is_refused_with_a_value_error(bad: str) -> None:
    with pytest.raises(ValueError):
        frames.decode(bad)


@pytest.mark.parametrize(
    "bad",
    [None, "", "1", "1.", ".1", "a.b", "1.2.3", "-1.2", "1.2 ", "1.2\n", "1.1e3", "٣.٤", "1." + "9" * 40, "1.End"],
)
def test_a_malformed_id_counts_as_absent(bad: str | None) -> None:
    assert frames.parse_id(bad) is None


def test_ids_name_an_epoch_and_a_position_or_the_end() -> None:
    assert frames.parse_id("1.0") == (1, 0)
    assert frames.parse_id("12.345") == (12, 345)
    assert frames.parse_id("2.end") == (2, None)


def test_the_end_and_the_restart_are_whole_messages() -> None:
    assert frames.end(2, {"wall_ns": 5, "说": "\n"}) == (
        b'id: 2.end\nevent: end\ndata: {"wall_ns":5,"\\u8bf4":"\\n"}\n\n'
    )
    assert frames.restart(2345) == b"retry: 2345\nevent: restart\ndata: {}\n\n"


def _cases() -> dict[str, list[Entry]]:
    every = [
        Entry(1_000 + 7 * n, "seen", TaskState(n + 1, state, cause, cpu=n))
        for n, (state, cause) in enumerate(product(get_args(events.State)[:2], get_args(events.Cause)[:4]))
    ]
    woken = TaskState(2, "ready", "woken", cpu=1, by=-1, by_name="swapper/1")
    return {
        "nothing": [],
        "one change": every[:1],
        "changes": every,
        "said again and again": [replace(each, t_ns=each.t_ns + 40 * n) for n in range(3) for each in every[:3]],
        "back in time": [every[3], every[0], every[2]],
        "highest core, long run": [Entry(59_999_999_999, "seen", TaskState(4000, "running", "dispatched", cpu=255))],
        "with a waker among those without": [every[0], Entry(1_003, "seen", woken), every[1], every[2]],
        "told, derived": [
            Entry(1_000, "derived", TaskState(1, "ready", "woken", cpu=0)),
            Entry(1_001, "derived", TaskState(1, "ready", "woken", cpu=0, error_ns=40)),
            Entry(1_002, "told", Step(1, "compute", line=4, code="worker")),
        ],
        "text": [Entry(1, "told", Output(1, "stdout", "日志 404\n\u2028<b>\"'\x00\U0001f600"))],
        "birth to end": [
            Entry(0, "seen", TaskBorn(1, 100, 100, 0, "T1", "process", "fork", trial=1)),
            Entry(1, "seen", TaskState(1, "ready", "born", cpu=0)),
            Entry(2, "seen", TaskState(1, "blocked", "waits", cpu=0, waits_for="pipe_read", syscall=0)),
            Entry(3, "derived", LogLost(2, "ring")),
            Entry(4, "derived", RunEnded("finished", {"wall_ns": 4})),
        ],
    }


def vectors() -> str:
    cases = [
        {"name": name, "data": data(given), "entries": [events.to_dict(entry) for entry in given]}
        for name, given in _cases().items()
    ]
    return json.dumps(cases, indent=1) + "\n"


def test_the_vectors_that_javascript_is_tested_with_are_what_this_encoder_says() -> None:
    assert VECTORS.read_text(encoding="ascii") == vectors(), "run: python -m tests.web.test_frames"


if __name__ == "__main__":
    VECTORS.write_text(vectors(), encoding="ascii")
