"""Frames: what goes in comes out, state changes travel small, and JavaScript is tested with the same cases.

``python -m tests.web.test_frames`` writes tests/js/frames.vectors.json anew.
"""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import events
from server.events import Entry, LogLost, Output, RunEnded, Step, TaskBorn, TaskState
from server.web import frames

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
plain = st.builds(
    lambda task, pair, cpu: TaskState(task, pair[0], pair[1], cpu=cpu),
    st.integers(1, 40),
    st.sampled_from(frames.TRANSITIONS),
    st.integers(0, 255),
)
others = st.builds(Output, st.integers(0, 40), st.sampled_from(["stdout", "stderr"]), st.text(max_size=20)) | st.builds(
    Step, st.integers(1, 40), st.text(max_size=8)
)
sources = st.sampled_from(["seen", "seen", "told", "derived"])
entries = st.lists(st.builds(Entry, instants, sources, states | plain | plain | others), max_size=60)


@given(entries)
def test_what_is_encoded_is_decoded_in_order_and_unchanged(given: list[Entry]) -> None:
    assert frames.decode(frames.data(given)) == given
    assert frames.data(given, [events.encode(entry) for entry in given]) == frames.data(given)


@given(entries, st.integers(1, 9), st.integers(1, 200_000))
def test_a_message_is_three_lines_and_its_data_is_one_of_them(given: list[Entry], epoch: int, last: int) -> None:
    message = frames.encode(given, epoch, last)
    first, event, data = message.decode("ascii").removesuffix("\n\n").split("\n")
    assert message.endswith(b"\n\n")
    assert (first, event) == (f"id: {epoch}.{last}", "event: facts")
    assert frames.decode(data.removeprefix("data: ")) == given
    assert frames.parse_id(first.removeprefix("id: ")) == (epoch, last)


@given(st.lists(st.builds(Entry, instants, st.just("seen"), plain), min_size=1, max_size=60))
def test_consecutive_plain_changes_are_one_flat_array(given: list[Entry]) -> None:
    (item,) = json.loads(frames.data(given))
    assert len(item) == 2 * len(given)
    assert all(type(number) is int for number in item)


def test_a_change_with_a_reason_a_waker_an_error_or_no_core_travels_as_an_object() -> None:
    base: dict[str, Any] = {"task": 3, "state": "blocked", "cause": "waits", "cpu": 0}
    rich: list[dict[str, Any]] = [
        {"waits_for": "gil"},
        {"syscall": 0},
        {"by": 0},
        {"by_name": ""},
        {"error_ns": 0},
        {"cpu": None},
    ]
    for more in rich:
        assert frames.code_of(Entry(1, "seen", TaskState(**(base | more)))) is None
    assert frames.code_of(Entry(1, "told", TaskState(**base))) is None
    assert frames.code_of(Entry(1, "seen", TaskState(3, "running", "waits", cpu=0))) is None
    assert frames.code_of(Entry(1, "seen", TaskState(**base))) == 3 * 4096 + 0 * 16 + 4


@pytest.mark.parametrize(
    "bad",
    ["", "{}", "[1]", "[[1]]", '[["1",2]]', "[[1.5,2]]", "[[true,2]]", "[[1,8]]", "[[1,-1]]", '[{"t_ns":1}]', "nil"],
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
        Entry(1_000 + 7 * n, "seen", TaskState(n + 1, pair[0], pair[1], cpu=n))
        for n, pair in enumerate(frames.TRANSITIONS)
    ]
    woken = TaskState(2, "ready", "woken", cpu=1, by=-1, by_name="swapper/1")
    return {
        "nothing": [],
        "one change": every[:1],
        "every transition": every,
        "back in time": [every[3], every[0], every[2]],
        "highest core, long run": [Entry(59_999_999_999, "seen", TaskState(4000, "running", "dispatched", cpu=255))],
        "core beyond the code": [Entry(5, "seen", TaskState(1, "running", "dispatched", cpu=256))],
        "rich between plain": [every[0], Entry(1_003, "seen", woken), every[1], every[2]],
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
        {"name": name, "data": frames.data(given), "entries": [events.to_dict(entry) for entry in given]}
        for name, given in _cases().items()
    ]
    return json.dumps(cases, indent=1) + "\n"


def test_the_vectors_that_javascript_is_tested_with_are_what_this_encoder_says() -> None:
    assert VECTORS.read_text(encoding="ascii") == vectors(), "run: python -m tests.web.test_frames"


if __name__ == "__main__":
    VECTORS.write_text(vectors(), encoding="ascii")
