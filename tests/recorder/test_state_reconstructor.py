"""The fold of records into facts, against a scheduler that is played: whatever the order in which records arrive."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from server.events import Entry, TaskBorn, TaskState
from server.recorder.records import EXIT, FORK, IN, OUT, PREEMPT, WAKING, RawRecord
from server.recorder.state_reconstructor import StateReconstructor
from server.recorder.switch_proof import SwitchCounts

LAUNCHER = 900
MS = 1_000_000


@dataclass
class Played:
    """What a scheduler did, and the records a kernel would have made of it."""

    heard: bool  # wake-ups are recorded
    cores: list[int | None]
    records: list[RawRecord] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)
    blocked: list[int] = field(default_factory=list)
    truth: dict[int, list[tuple[int, str, int | None]]] = field(default_factory=lambda: defaultdict(list))
    t_ns: int = 1000
    born: int = 0

    def note(self, op: int, cpu: int, tid: int, other: int = 0) -> None:
        self.records.append((self.t_ns, op, cpu, tid, tid, other, ""))

    def options(self) -> list[tuple[str, int]]:
        found = [("fork", 0)] if self.born < 6 else []
        for cpu, tid in enumerate(self.cores):
            if tid is None:
                found += [("in", cpu)] * 3 if self.ready else []
            else:
                found += [("out", cpu), ("preempt", cpu), ("preempt", cpu), ("exit", cpu)]
        return found + ([("wake", 0)] * 2 if self.blocked else [])

    def do(self, what: str, cpu: int, pick: int) -> None:
        if what == "fork":
            self.born += 1
            tid = 100 + self.born
            self.note(FORK, cpu, tid, LAUNCHER)
            self.truth[tid].append((self.t_ns, "ready", None))
            self.ready.append(tid)
        elif what == "wake":
            tid = self.blocked.pop(pick % len(self.blocked))
            self.ready.append(tid)
            if self.heard:
                self.note(WAKING, cpu, tid, LAUNCHER)
                self.truth[tid].append((self.t_ns, "ready", None))
        elif what == "in":
            tid = self.ready.pop(pick % len(self.ready))
            self.cores[cpu] = tid
            self.note(IN, cpu, tid)
            self.truth[tid].append((self.t_ns, "running", cpu))
        else:
            self.leave(what, cpu)

    def leave(self, what: str, cpu: int) -> None:
        tid = self.cores[cpu]
        assert tid is not None
        self.cores[cpu] = None
        op, state = {"out": (OUT, "blocked"), "preempt": (PREEMPT, "ready"), "exit": (EXIT, "zombie")}[what]
        self.note(op, cpu, tid)
        self.truth[tid].append((self.t_ns, state, cpu))
        if what == "out":
            self.blocked.append(tid)
        elif what == "preempt":
            self.ready.append(tid)


@st.composite
def played(draw: st.DrawFn, heard: bool | None = None) -> Played:
    said = draw(st.booleans()) if heard is None else heard
    world = Played(said, [None] * draw(st.integers(1, 3)))
    for choice, pick, gap in draw(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 9), st.integers(1, 9 * MS)))):
        world.t_ns += gap
        options = world.options()
        if not options:  # all have ended
            break
        what, cpu = options[choice % len(options)]
        world.do(what, cpu, pick)
    return world


def folded(entries: Sequence[Entry]) -> dict[int, list[TaskState]]:
    """Story order, as every reader folds: by time, then by position."""
    tasks: dict[int, list[tuple[int, TaskState]]] = defaultdict(list)
    for each in sorted(entries, key=lambda each: each.t_ns):
        if isinstance(each.fact, TaskState):
            tasks[each.fact.task].append((each.t_ns, each.fact))
    return tasks  # type: ignore[return-value]


def cores_of(entries: Sequence[Entry]) -> dict[int, list[tuple[int, int]]]:
    """core → running intervals on it, each from its beginning to the task's next state."""
    found = defaultdict(list)
    for states in folded(entries).values():
        for (t_ns, fact), after in zip(states, [*states[1:], None], strict=True):  # type: ignore[misc]
            if fact.state == "running":
                found[fact.cpu].append((t_ns, after[0] if after else 1 << 62))
    return found


def never_two_on_one_core(entries: Sequence[Entry]) -> bool:
    return all(
        before[1] <= after[0]
        for spans in cores_of(entries).values()
        for before, after in zip(sorted(spans), sorted(spans)[1:], strict=False)
    )


def counted(records: Sequence[RawRecord], tid: int) -> SwitchCounts:
    counts, since, running = defaultdict(int), 0, 0
    for t_ns, op, _, _, who, _, _ in sorted(records):
        if who == tid and op in (OUT, PREEMPT, IN, EXIT):
            counts[op] += 1
            running += 0 if op == IN else t_ns - since
            since = t_ns
    return SwitchCounts(counts[OUT], counts[PREEMPT], counts[IN], running)


@settings(deadline=None)
@given(played(), st.randoms(use_true_random=False))
def test_records_in_any_order_between_drains_give_the_true_story(world: Played, rng: random.Random) -> None:
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact+wake" if world.heard else "exact", 20 * MS)
    left, entries, cut = list(world.records), [], 0
    while left:
        cut += rng.randint(1, 30 * MS)
        batch = [
            record for record in left if record[0] <= cut or rng.random() < 0.2
        ]  # younger ones may be there already
        left = [record for record in left if record not in batch]
        rng.shuffle(batch)
        reconstructor.feed_records(batch, cut)
        some = reconstructor.emit_ready(cut)
        assert [each.t_ns for each in some] == sorted(each.t_ns for each in some)
        entries += some
    entries += reconstructor.finish()
    transitions = folded(entries)
    for tid, truth in world.truth.items():
        task = reconstructor.task_number(tid)
        assert task == tid - 100, "numbers are dense in the order of births"
        seen = [(t_ns, fact.state, fact.cpu) for t_ns, fact in transitions[task] if fact.error_ns is None]  # type: ignore[misc]
        assert seen == truth
        assert reconstructor.switch_tally(task).counts_until() == counted(world.records, tid)
    assert never_two_on_one_core(entries)


@settings(deadline=None)
@given(played(), st.randoms(use_true_random=False))
def test_whatever_comes_however_late_the_invariants_hold(world: Played, rng: random.Random) -> None:
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact", 20 * MS)
    records, entries = list(world.records), []
    rng.shuffle(records)
    while records:
        size = rng.randint(1, 5)
        batch, records = records[:size], records[size:]
        cut = max(record[0] for record in batch) + rng.randint(0, 50 * MS)
        reconstructor.feed_records(batch, cut)
        entries += reconstructor.emit_ready(cut + rng.randint(0, 50 * MS))
    entries += reconstructor.finish()
    assert never_two_on_one_core(entries)
    for task in range(1, reconstructor.birth_count() + 1):
        tid = next(each.fact.tid for each in entries if isinstance(each.fact, TaskBorn) and each.fact.task == task)
        assert reconstructor.switch_tally(task).counts_until() == counted(world.records, tid)


@settings(deadline=None)
@given(played(), st.randoms(use_true_random=False))
def test_lost_records_never_put_two_tasks_on_one_core(world: Played, rng: random.Random) -> None:
    kept = [record for record in world.records if record[1] == FORK or rng.random() < 0.7]
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact", 20 * MS)
    reconstructor.report_lost(len(world.records) - len(kept), 0)
    reconstructor.feed_records(kept, 1 << 60)
    assert never_two_on_one_core(reconstructor.finish())


@settings(deadline=None)
@given(played(heard=False))
def test_a_derived_wake_up_lies_between_sleep_and_dispatch_and_within_its_error(world: Played) -> None:
    """The played run's true ready times are read after every dispatch, as schedstat would give them."""
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact", 20 * MS)
    for record in world.records:
        reconstructor.feed_records([record], record[0])
    transitions = folded(reconstructor.finish())
    for states in transitions.values():
        for before, (t_ns, fact), after in zip(states, states[1:], states[2:], strict=False):  # type: ignore[misc]
            if fact.cause == "woken":
                assert before[0] <= t_ns <= after[0]
                assert fact.error_ns is not None
                assert after[0] - before[0] <= fact.error_ns or t_ns < after[0]
