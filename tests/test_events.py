"""One line an entry, there and back: what is kept of changes of state changes nothing in what is said or taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import events
from server.events import Entry, LogLost, RunEnded, Step, TaskRenamed, TaskState

TEXT = st.text(max_size=8)
NUMBER = st.none() | st.integers(-2, 3)
STATES = st.builds(
    TaskState,
    st.integers(0, 3),
    st.sampled_from(["ready", "running", "blocked"]),
    st.sampled_from(["woken", "dispatched", "waits"]),
    cpu=NUMBER,
    syscall=NUMBER,
    by=NUMBER,
    by_name=st.none() | TEXT,
    error_ns=NUMBER,
)
OTHERS = st.builds(Step, st.integers(0, 3), TEXT, line=NUMBER) | st.builds(TaskRenamed, st.integers(0, 3), TEXT)


@given(st.lists(st.builds(Entry, st.integers(-1, 1 << 40), st.sampled_from(["seen", "derived"]), STATES | OTHERS)))
def test_a_line_is_the_json_of_the_entry_the_first_time_and_every_other(entries: list[Entry]) -> None:
    for entry in [*entries, *entries]:
        line = events.encode(entry)
        assert line == json.dumps(events.to_dict(entry), separators=(",", ":"))
        assert events.decode(line) == events.decode(line.encode()) == entry


@pytest.mark.parametrize("t_ns", ["01", "١", "1_0", "", "1.", "--1", "+1"])
def test_what_is_no_instant_is_none_behind_which_a_known_change_stands_either(t_ns: str) -> None:
    line = events.encode(Entry(17, "seen", TaskState(1, "running", "dispatched", 0)))
    assert events.decode(line).t_ns == events.decode(line).t_ns == 17
    with pytest.raises(ValueError, match=r".+"):
        events.decode(line.replace("17", t_ns, 1))


def test_more_kinds_of_changes_than_are_kept_are_still_said_and_taken() -> None:
    for by in range(5000):
        entry = Entry(by, "seen", TaskState(1, "ready", "woken", by=by))
        assert events.decode(events.encode(entry)) == entry


def test_absent_fields_are_left_out_and_false_where_it_is_the_default() -> None:
    assert events.encode(Entry(1, "told", TaskRenamed(1, "ä\u2028", exec=False))) == (
        '{"t_ns":1,"source":"told","fact":{"kind":"task.renamed","task":1,"name":"\\u00e4\\u2028"}}'
    )
    assert '"count":0' in events.encode(Entry(1, "told", LogLost(0)))
    assert '"summary":{"wall_ns":5}' in events.encode(Entry(1, "told", RunEnded("finished", {"wall_ns": 5})))
