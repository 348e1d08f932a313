"""What is inferred from samples is a possible story, and it says how far off it may be."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from server.events import TaskState
from server.recorder.records import COMM, EXIT, FORK, IN, OUT, PREEMPT, WAKING
from server.recorder.sampler import Sample, infer_records, infer_transitions, transition_shown
from server.recorder.state_reconstructor import StateReconstructor

PHASES = (IN, PREEMPT, OUT, EXIT)
MS = 1_000_000

#: op → phases it may follow.
AFTER = {
    IN: {PREEMPT, WAKING}, OUT: {IN}, PREEMPT: {IN}, WAKING: {OUT}, EXIT: {IN, PREEMPT, OUT, WAKING},
}  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(PHASES), st.sampled_from(PHASES), st.integers(0, 5))
def test_the_steps_between_two_phases_follow_the_state_diagram(was: int, became: int, dispatches: int) -> None:
    if became == IN and not dispatches and was != IN:
        return  # cannot be: nobody gets on a core without a dispatch
    found = infer_transitions(was, became, dispatches)
    if was == EXIT:
        assert not found
        return
    at = was
    for op in found:
        if not (at == PREEMPT and op == OUT) and not (at == OUT and op == PREEMPT):
            assert at in AFTER[op]
        at = op
    assert at == became or (at == WAKING and became == PREEMPT)


def sample(t_ns: int, state: str, left: int, running_ns: int, dispatches: int) -> Sample:
    return Sample(t_ns, 7, 7, 1, "job", state, left, running_ns, dispatches)


def samples() -> st.SearchStrategy[list[Sample]]:
    """Samples of one task as a kernel could show them: counters only rise, dispatches exceed leavings by 0 or 1."""

    def build(moves: Sequence[tuple[int, int, str, bool]]) -> list[Sample]:
        found, t_ns, left, running = [], 1000, 0, 0
        for gap, more, state, on_core in moves:
            t_ns, left = t_ns + gap, left + more
            running += gap // 2 if more or on_core else 0
            found.append(sample(t_ns, "R" if on_core else state, left, running, left + on_core))
        return found

    move = st.tuples(st.integers(100, 10 * MS), st.integers(0, 4), st.sampled_from("RSDT"), st.booleans())
    return st.lists(move, min_size=1, max_size=30).map(build)


@settings(deadline=None)
@given(samples())
def test_the_inferred_records_end_where_the_samples_do(found: list[Sample]) -> None:
    last, records = None, []
    for each in found:
        records += infer_records(last, each, each.t_ns - 100)
        last = each
    times = [record[0] for record in records]
    assert times == sorted(times)
    assert records[0][1] == FORK
    assert all(record[2] == -1 for record in records), "no core is claimed"
    reconstructor = StateReconstructor(1, 0, "sampled", 0, period_ns=MS)
    reconstructor.feed_records(records, 1 << 60)
    entries = reconstructor.finish()
    assert all(each.source == "derived" for each in entries)
    states = [each.fact for each in entries if each.fact.kind == "task.state"]
    assert all(fact.error_ns is not None for fact in states)
    shown = {IN: "running", PREEMPT: "ready", OUT: "blocked"}[transition_shown(found[-1])]
    assert states[-1].state == shown or transition_shown(found[-1]) == IN


def test_a_short_burst_lasts_as_long_as_the_kernel_counted() -> None:
    last, now = sample(1 * MS, "S", 3, 50_000, 3), sample(2 * MS, "S", 4, 80_000, 4)
    records = infer_records(last, now, 0)
    assert [record[1] for record in records] == [WAKING, IN, OUT]
    assert records[2][0] - records[1][0] == 30_000
    assert [record[5] for record in records] == [1 * MS] * 3, "off by up to the time between the samples"


def test_a_late_sweep_is_the_error_of_a_wake_up_and_of_an_end_too() -> None:
    found = [sample(1 * MS, "S", 3, 5_000, 3), sample(2 * MS, "S", 3, 5_000, 3), sample(126 * MS, "Z", 4, 90_000, 4)]
    reconstructor = StateReconstructor(1, 0, "sampled", 0, period_ns=MS)
    for last, now in zip([None, *found], found, strict=False):
        reconstructor.feed_records(infer_records(last, now, 0), 1 << 60)
    facts = [entry.fact for entry in reconstructor.finish() if isinstance(entry.fact, TaskState)]
    late = [(fact.state, fact.error_ns, fact.by) for fact in facts[-3:]]
    assert late == [("ready", 124 * MS, None), ("running", 124 * MS, None), ("zombie", 124 * MS, None)]


def test_a_changed_name_is_told() -> None:
    last = sample(1 * MS, "S", 3, 0, 3)
    assert [record[1] for record in infer_records(last, last._replace(name="other", t_ns=2 * MS), 0)] == [COMM]
