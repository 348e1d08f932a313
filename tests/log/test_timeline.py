"""The timeline: what it says of trials, tasks, spans and calls does not depend on when an entry was heard."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from server import events as ev
from server.events import Entry, TaskBorn, TaskReaped, TaskRenamed, TaskState, TrialEnded, TrialStarted
from server.log.timeline import OPEN_NS, Timeline, cpus, next_on_core, on_core, read
from tests.log.transitions import TRANSITIONS


def by_entry(entries: list[Entry]) -> Timeline:
    """The timeline after every entry, in the order of delivery."""
    timeline = Timeline()
    for entry in entries:
        timeline.add(entry)
    return timeline


def said(timeline: Timeline) -> dict[str, Any]:
    """All that can be asked of a timeline, without the positions that it gave to what it heard."""
    tasks = timeline.tasks
    return {
        "tasks": {
            number: (
                task.name, task.role, task.born, task.born_ns, task.died_ns, task.code, task.signal, task.reaped_ns,
                task.ended_ns, task.now, task.spans, [(t_ns, step) for t_ns, _, step in task.steps],
            )
            for number, task in tasks.items()
        },
        "order": list(tasks),
        "trials": {
            n: (t.from_ns, t.to_ns, t.params, t.label, list(t.tasks), t.cpus) for n, t in timeline.trials.items()
        },
        "calls": timeline.calls,
        "cores": {cpu: on_core(tasks.values(), cpu) for cpu in cpus(tasks.values())},
        "run": (timeline.tier, timeline.exact, timeline.end_ns),
    }  # fmt: skip


instants = st.integers(0, 30)  # few, so that many entries share one
tasks = st.integers(1, 3)
numbers = st.integers(1, 2)
moves = st.builds(
    lambda task, pair, cpu, error, by: TaskState(task, pair[0], pair[1], cpu, error_ns=error, by=by),
    tasks, st.sampled_from(TRANSITIONS), st.integers(0, 1), st.none() | st.integers(1, 9), st.none() | tasks,
)  # fmt: skip
facts = st.one_of(
    moves,
    moves,
    st.builds(TaskRenamed, tasks, st.sampled_from("xyz")),
    st.builds(ev.Step, tasks, st.sampled_from(("compute", "answers"))),
    st.builds(lambda task, call: ev.CallStarted(task, call, "recv"), tasks, numbers),
    st.builds(lambda task, call, result: ev.CallReturned(task, call, "recv", result), tasks, numbers, st.text()),
    st.builds(lambda task, call, count: ev.CallNotified(task, call, "recv", None, count), tasks, numbers, numbers),
    st.builds(ev.RunSteppedDown, st.sampled_from(get_args(ev.Tier)), st.just("full")),
)


@st.composite
def logs(draw: st.DrawFn) -> list[Entry]:
    """A log in an order of delivery of its own: once-only facts once, the others as often as it likes."""
    once = [TrialStarted(n, {"cores": n}, f"k{n}") for n in (1, 2)] + [TrialEnded(n) for n in (1, 2)]
    for n in (1, 2, 3):
        once += [TaskBorn(n, n, n, 0, f"T{n}", "thread", "thread", draw(st.none() | numbers)), TaskReaped(n)]
        once += [ev.TaskDied(n, code=0)]
    chosen = draw(st.lists(st.sampled_from(once), unique_by=id)) + draw(st.lists(facts, max_size=16))
    return [Entry(draw(instants), "seen", fact) for fact in draw(st.permutations(chosen))]


@given(logs())
def test_entry_by_entry_and_in_one_pass_say_the_same_whatever_the_order_of_delivery(entries: list[Entry]) -> None:
    assert said(by_entry(entries)) == said(read(entries))


@given(logs().flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))))
def test_where_no_two_entries_share_an_instant_the_order_of_delivery_says_nothing(
    both: tuple[list[Entry], list[Entry]],
) -> None:
    apart = {id(entry): Entry(n, entry.source, entry.fact) for n, entry in enumerate(both[0])}
    first, other = [[apart[id(entry)] for entry in order] for order in both]
    assert said(by_entry(first)) == said(by_entry(other)) == said(read(other))


@given(logs())
def test_spans_of_a_task_follow_each_other_and_only_the_last_may_be_open(entries: list[Entry]) -> None:
    timeline = by_entry(entries)
    for task in timeline.tasks.values():
        assert all(one.to_ns <= after.from_ns for one, after in pairwise(task.spans))
        assert all(span.to_ns < OPEN_NS for span in task.spans[:-1])
        assert all(span.to_ns <= timeline.end_ns for span in task.spans_until(timeline.end_ns))
        for span in task.spans:
            inside = span.to_ns > span.from_ns
            assert not inside or task.at(span.from_ns) is not None


@given(logs(), instants, instants)
def test_what_is_found_by_a_short_way_is_what_looking_at_every_span_finds(
    entries: list[Entry], from_ns: int, to_ns: int
) -> None:
    timeline = by_entry(entries)
    for task in timeline.tasks.values():
        zombie_ns = next((span.from_ns for span in task.spans if span.state == "zombie"), task.died_ns)
        assert task.ended_ns == zombie_ns
        assert task.spans_begun(from_ns, to_ns) == [span for span in task.spans if from_ns <= span.from_ns < to_ns]
    for cpu in (0, 1):
        lane = on_core(timeline.tasks.values(), cpu)
        after = next((span for span in lane if span.from_ns >= from_ns), None)
        assert next_on_core(timeline.tasks.values(), cpu, from_ns) == after


def test_a_task_is_what_its_entries_say() -> None:
    timeline = by_entry([
        Entry(12, "seen", TaskState(1, "running", "dispatched", cpu=1)),
        Entry(10, "seen", TaskState(1, "ready", "born", cpu=0)),  # late
        Entry(10, "seen", TaskBorn(1, 7, 7, 0, "python", "process", "fork", trial=1, role="worker")),
        Entry(11, "seen", TaskRenamed(1, "tail", exec=True)),
        Entry(15, "seen", TaskState(1, "blocked", "waits", cpu=1, waits_for="poll")),
        Entry(18, "seen", TaskState(1, "ready", "woken", cpu=1, by=2, error_ns=3)),
        Entry(9, "told", TrialStarted(1, {"cores": 1})),
        Entry(20, "seen", TaskState(1, "zombie", "exited", cpu=1)),
    ])  # fmt: skip
    task = timeline.trials[1].tasks[1]
    assert (task.name, task.role, task.ended_ns, list(timeline.tasks)) == ("tail", "worker", 20, [1])
    assert [(span.state, span.from_ns, span.to_ns, span.cpu) for span in task.spans] == [
        ("ready", 10, 12, None), ("running", 12, 15, 1), ("blocked", 15, 18, None), ("ready", 18, 20, None),
        ("zombie", 20, OPEN_NS, None),
    ]  # fmt: skip
    asleep = task.spans[2]
    assert (asleep.waits_for, asleep.woken_by, asleep.to_error_ns, task.spans[3].from_error_ns) == ("poll", 2, 3, 3)
    assert task.total_ns("running", 13, 100) == 2
    timeline.add(Entry(25, "seen", TaskReaped(1)))
    assert (task.spans[-1].to_ns, task.now, task.at(25)) == (25, None, None)
