"""The fold of records into facts, one short story a test: reasons, stops, wake-ups, names, ends."""

from __future__ import annotations

from collections.abc import Sequence

from server.events import Entry, TaskBorn, TaskDied, TaskReaped, TaskRenamed, TaskState
from server.recorder.records import COMM, EXIT, FORK, IN, OUT, PREEMPT, WAKING, RawRecord, TaskSnapshot
from server.recorder.state_reconstructor import StateReconstructor

LAUNCHER = 900
MS = 1_000_000


def record(t_ns: int, op: int, tid: int = 101, cpu: int = 0, other: int = 0, text: str = "", pid: int = 0) -> RawRecord:
    return (t_ns, op, cpu, pid or tid, tid, other, text)


def sleeping(**more: object) -> StateReconstructor:
    """A task born at 1 ms that runs at 2 ms and sleeps from 3 ms on."""
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact", 20 * MS, machine="x86_64")
    reconstructor.feed_records([record(1 * MS, FORK, other=LAUNCHER), record(2 * MS, IN), record(3 * MS, OUT)], 4 * MS)
    return reconstructor


def states(entries: Sequence[Entry]) -> list[TaskState]:
    return [each.fact for each in entries if isinstance(each.fact, TaskState)]


def snapshot(from_ns: int, to_ns: int, **said: object) -> TaskSnapshot:
    return TaskSnapshot(101, from_ns, to_ns, **{"state": "S", "syscall": 0, "args": (3,), "target": "pipe:[9]", **said})  # type: ignore[arg-type]


def test_a_look_during_a_sleep_gives_its_reason() -> None:
    reconstructor = sleeping()
    assert [request.syscall for request in reconstructor.snapshot_requests()] == [True]
    reconstructor.apply_snapshot(snapshot(5 * MS, 6 * MS))
    assert not reconstructor.snapshot_requests()
    reconstructor.feed_records([], 30 * MS)
    last = states(reconstructor.emit_ready(30 * MS))[-1]
    assert (last.state, last.waits_for, last.syscall) == ("blocked", "pipe_read", 0)


def test_a_look_into_which_a_record_falls_says_nothing() -> None:
    reconstructor = sleeping()
    reconstructor.apply_snapshot(snapshot(5 * MS, 7 * MS))
    reconstructor.feed_records([record(6 * MS, IN), record(8 * MS, OUT)], 9 * MS)
    asleep = [fact for fact in states(reconstructor.finish()) if fact.state == "blocked"]
    assert [fact.waits_for for fact in asleep] == [None, None]


def test_a_sleep_nobody_looked_at_is_held_back_but_not_for_ever() -> None:
    reconstructor = sleeping()
    assert states(reconstructor.emit_ready(50 * MS))[-1].state == "running"
    assert states(reconstructor.emit_ready(150 * MS))[-1].state == "blocked"


def test_a_frozen_task_is_stopped_and_then_continued() -> None:
    reconstructor = sleeping()
    reconstructor.apply_snapshot(snapshot(5 * MS, 6 * MS, state="T", syscall=-1))
    reconstructor.feed_records([record(9 * MS, WAKING, other=LAUNCHER), record(10 * MS, IN)], 11 * MS)
    assert [(fact.state, fact.cause, fact.by) for fact in states(reconstructor.finish())[2:]] == [
        ("stopped", "stopped", None),
        ("ready", "continued", 0),
        ("running", "dispatched", None),
    ]


def test_a_sleep_that_was_told_already_is_corrected_when_it_proves_to_be_a_stop() -> None:
    reconstructor = sleeping()
    reconstructor.emit_ready(200 * MS)
    reconstructor.apply_snapshot(snapshot(210 * MS, 211 * MS, state="T"))
    (entry,) = reconstructor.finish()
    assert (entry.t_ns, entry.source, states([entry])[0].state) == (210 * MS, "derived", "stopped")


def test_one_sleep_between_two_readings_is_timed_by_what_is_left_of_run_delay() -> None:
    reconstructor = sleeping()
    reconstructor.feed_records([record(10 * MS, IN)], 11 * MS)
    (request,) = reconstructor.snapshot_requests()
    assert request.delay
    reconstructor.apply_snapshot(
        TaskSnapshot(101, 12 * MS, 12 * MS, dispatches=2, ready_ns=1 * MS + 4 * MS)
    )  # 1 ms after its birth, 4 now
    woken = next(
        each for each in reconstructor.finish() if isinstance(each.fact, TaskState) and each.fact.cause == "woken"
    )
    assert (woken.t_ns, woken.source) == (6 * MS, "derived")


def test_a_reading_that_is_ahead_of_the_records_waits_for_them() -> None:
    reconstructor = sleeping()
    reconstructor.apply_snapshot(TaskSnapshot(101, 12 * MS, 12 * MS, dispatches=2, ready_ns=5 * MS))
    reconstructor.feed_records([record(10 * MS, IN)], 13 * MS)
    woken = next(
        each for each in reconstructor.finish() if isinstance(each.fact, TaskState) and each.fact.cause == "woken"
    )
    assert woken.t_ns == 6 * MS


def woken_after(ready_ms: int) -> TaskState:
    """What is said of a wake-up at the end of a second, of which schedstat counts so many ms as ready."""
    reconstructor = sleeping()
    reconstructor.feed_records([record(1000 * MS, IN)], 1001 * MS)
    reconstructor.apply_snapshot(TaskSnapshot(101, 1002 * MS, 1002 * MS, dispatches=2, ready_ns=(1 + ready_ms) * MS))
    (woken,) = [fact for fact in states(reconstructor.finish()) if fact.cause == "woken"]
    return woken


def test_who_seems_to_have_been_ready_for_very_long_may_have_slept_meanwhile() -> None:
    short, long = woken_after(99), woken_after(900)
    assert short.error_ns == 80_000
    assert long.error_ns == 900 * MS + 80_000


def test_two_sleeps_between_readings_share_it_and_say_how_far_off_that_may_be() -> None:
    reconstructor = sleeping()
    reconstructor.feed_records([record(10 * MS, IN), record(11 * MS, OUT), record(20 * MS, IN)], 21 * MS)
    reconstructor.apply_snapshot(TaskSnapshot(101, 22 * MS, 22 * MS, dispatches=3, ready_ns=1 * MS + 4 * MS))
    woken = [fact for fact in states(reconstructor.finish()) if fact.cause == "woken"]
    assert all(fact.error_ns is not None and fact.error_ns >= 2 * MS for fact in woken)
    assert len(woken) == 2


def test_without_a_reading_a_wake_up_may_be_as_old_as_the_sleep() -> None:
    reconstructor = sleeping()
    reconstructor.feed_records([record(10 * MS, IN)], 11 * MS)
    woken = next(fact for fact in states(reconstructor.finish()) if fact.cause == "woken")
    assert woken.error_ns == 7 * MS


def test_a_waker_outside_the_run_is_named() -> None:
    reconstructor = sleeping()
    reconstructor.feed_records([record(5 * MS, WAKING, other=4242, text="sshd"), record(6 * MS, IN)], 7 * MS)
    woken = next(fact for fact in states(reconstructor.finish()) if fact.cause == "woken")
    assert (woken.by, woken.by_name, woken.error_ns) == (-1, "sshd", None)


def test_a_wake_up_just_before_the_sleep_it_ends_keeps_its_author() -> None:
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact+wake", 0)
    reconstructor.feed_records(
        [
            record(1, FORK),
            record(2, IN),
            record(2990, WAKING, other=LAUNCHER, cpu=1),
            record(3000, OUT),
            record(9000, IN),
        ],
        9999,
    )
    woken = next(fact for fact in states(reconstructor.finish()) if fact.cause == "woken")
    assert woken.by == 0


def threads() -> StateReconstructor:
    """A process 101 under a GIL with a second thread 102 that sleeps for 4 ms."""
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact", 20 * MS, machine="x86_64")
    reconstructor.feed_records([record(1, FORK, other=LAUNCHER), record(2, FORK, tid=102, pid=101, other=101)], 2)
    reconstructor.set_gil_range(101, 0x1000, 0x2000)
    reconstructor.feed_records([record(1 * MS, IN, tid=102, pid=101), record(3 * MS, OUT, tid=102, pid=101)], 3 * MS)
    return reconstructor


def last_sleep(reconstructor: StateReconstructor) -> TaskState:
    reconstructor.feed_records([record(7 * MS, IN, tid=102, pid=101)], 8 * MS)
    return next(fact for fact in states(reconstructor.finish()) if fact.state == "blocked")


def test_a_thread_asleep_outside_every_told_call_waits_for_the_gil_by_inference() -> None:
    fact = last_sleep(threads())
    assert (fact.waits_for, fact.syscall) == ("gil", None)


def test_a_thread_asleep_inside_a_told_call_does_not() -> None:
    reconstructor = threads()
    reconstructor.io_started(102, 2 * MS)
    reconstructor.io_returned(102, 8 * MS)
    assert last_sleep(reconstructor).waits_for is None


def test_a_futex_within_the_interpreter_is_the_gil_and_another_is_not() -> None:
    for address, reason in ((0x1800, "gil"), (0x2800, "futex")):
        reconstructor = threads()
        reconstructor.apply_snapshot(snapshot(4 * MS, 5 * MS, syscall=202, args=(address,))._replace(tid=102))
        fact = last_sleep(reconstructor)
        assert (fact.waits_for, fact.syscall) == (reason, 202)


def test_whoever_pauses_waits_for_a_signal() -> None:
    reconstructor = threads()
    reconstructor.apply_snapshot(snapshot(4 * MS, 5 * MS, syscall=34, args=())._replace(tid=102))
    assert last_sleep(reconstructor).waits_for == "signal"


def test_the_barrier_is_told_from_other_pipes() -> None:
    reconstructor = sleeping()
    reconstructor.add_barrier("pipe:[9]")
    reconstructor.apply_snapshot(snapshot(5 * MS, 6 * MS))
    reconstructor.feed_records([record(8 * MS, IN)], 9 * MS)
    assert next(fact for fact in states(reconstructor.finish()) if fact.state == "blocked").waits_for == "barrier"


def test_a_process_is_born_named_renamed_ends_and_is_reaped() -> None:
    reconstructor = StateReconstructor(LAUNCHER, 1 * MS, "exact", 20 * MS)
    reconstructor.expect_task(101, "T one", "exec", "worker", 3)
    reconstructor.feed_records(
        [record(2 * MS, FORK, other=LAUNCHER), record(3 * MS, IN), record(4 * MS, COMM, other=1, text="grep")], 5 * MS
    )
    reconstructor.feed_records([record(6 * MS, EXIT)], 7 * MS)
    reconstructor.process_died(101, 8 * MS, signal=9)
    reconstructor.process_reaped(101, 9 * MS)
    facts = [(each.t_ns // MS, each.fact) for each in reconstructor.finish()]
    assert facts[0] == (1, TaskBorn(1, 101, 101, 0, "T one", "process", "exec", 3, "worker"))
    assert (3, TaskRenamed(1, "grep", exec=True)) in facts
    assert facts[-3:] == [
        (5, TaskState(1, "zombie", "exited", 0)), (5, TaskDied(1, signal=9)), (8, TaskReaped(1)),
    ]  # fmt: skip


def test_a_thread_ends_without_a_zombie() -> None:
    reconstructor = threads()
    reconstructor.feed_records([record(4 * MS, EXIT, tid=102, pid=101)], 5 * MS)
    assert [each.fact for each in reconstructor.finish()][-2:] == [TaskDied(2, code=0), TaskReaped(2)]


def test_a_name_that_comes_after_the_birth_was_told_becomes_a_renaming() -> None:
    reconstructor = sleeping()
    reconstructor.emit_ready(60 * MS)
    reconstructor.expect_task(101, "late")
    assert TaskRenamed(1, "late") in [each.fact for each in reconstructor.finish()]


def test_a_child_takes_its_parents_trial() -> None:
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact")
    reconstructor.expect_task(101, "T", trial=2)
    reconstructor.feed_records([record(1, FORK, other=LAUNCHER), record(2, FORK, tid=102, other=101)], 3)
    born = [each.fact for each in reconstructor.finish() if isinstance(each.fact, TaskBorn)]
    assert [(fact.trial, fact.parent) for fact in born] == [(2, 0), (2, 1)]


def test_the_launchers_own_switches_are_not_told() -> None:
    reconstructor = StateReconstructor(LAUNCHER, 0, "exact")
    reconstructor.feed_records([record(1, IN, tid=LAUNCHER), record(2, OUT, tid=LAUNCHER)], 3)
    assert reconstructor.finish() == []
    assert reconstructor.task_number(LAUNCHER) == 0


def test_a_number_used_again_is_another_task() -> None:
    reconstructor = sleeping()
    reconstructor.feed_records(
        [record(4 * MS, IN), record(5 * MS, EXIT), record(6 * MS, FORK, other=LAUNCHER), record(7 * MS, IN)], 8 * MS
    )
    assert reconstructor.task_number(101) == 2
    assert reconstructor.switch_tally(1).counts_until().dispatched == 2
    assert reconstructor.switch_tally(2).counts_until().dispatched == 1


def test_losses_are_told_once_and_exactly() -> None:
    reconstructor = sleeping()
    reconstructor.report_lost(3, 5 * MS)
    reconstructor.report_lost(3, 6 * MS)
    reconstructor.report_lost(10, 7 * MS)
    lost = [each.fact.count for each in reconstructor.finish() if each.fact.kind == "log.lost"]
    assert lost == [3, 7]


def test_a_sampler_that_takes_over_bears_nobody_twice() -> None:
    reconstructor = sleeping()
    reconstructor.feed_records(
        [record(5 * MS, FORK, cpu=-1, other=LAUNCHER), record(6 * MS, IN, cpu=-1, other=3 * MS)], 7 * MS
    )
    entries = reconstructor.finish()
    assert reconstructor.birth_count() == 1
    assert entries[-1].source == "derived"
    assert states(entries)[-1].error_ns == 3 * MS


def test_a_record_that_comes_late_is_told_late_and_changes_nothing_else() -> None:
    reconstructor = sleeping()
    told = reconstructor.emit_ready(60 * MS)
    reconstructor.feed_records([record(2500_000, PREEMPT), record(2600_000, IN)], 60 * MS)
    reconstructor.apply_snapshot(snapshot(61 * MS, 62 * MS))
    reconstructor.feed_records([], 63 * MS)
    late = reconstructor.emit_ready(200 * MS)
    assert [(each.t_ns, each.fact.state) for each in [*told, *late] if isinstance(each.fact, TaskState)] == [
        (1 * MS, "ready"), (2 * MS, "running"), (2500_000, "ready"), (2600_000, "running"), (3 * MS, "blocked"),
    ]  # fmt: skip
    assert states(late)[-1].waits_for == "pipe_read"
    assert reconstructor.switch_tally(1).counts_until() == (1, 1, 2, 900_000)
