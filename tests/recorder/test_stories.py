"""The fold of records into facts, one short story a test: reasons, stops, wake-ups, names, ends."""

from __future__ import annotations

from collections.abc import Sequence

from server.events import Entry, TaskBorn, TaskDied, TaskReaped, TaskRenamed, TaskState
from server.recorder.raw import COMM, EXIT, FORK, IN, OUT, PREEMPT, WAKING, Look, Raw
from server.recorder.states import RecordFolder

LAUNCHER = 900
MS = 1_000_000


def raw(t_ns: int, op: int, tid: int = 101, cpu: int = 0, other: int = 0, text: str = "", pid: int = 0) -> Raw:
    return (t_ns, op, cpu, pid or tid, tid, other, text)


def sleeping(**more: object) -> RecordFolder:
    """A task born at 1 ms that runs at 2 ms and sleeps from 3 ms on."""
    folder = RecordFolder(LAUNCHER, 0, "exact", 20 * MS, machine="x86_64")
    folder.feed([raw(1 * MS, FORK, other=LAUNCHER), raw(2 * MS, IN), raw(3 * MS, OUT)], 4 * MS)
    return folder


def states(entries: Sequence[Entry]) -> list[TaskState]:
    return [each.fact for each in entries if isinstance(each.fact, TaskState)]


def look(from_ns: int, to_ns: int, **said: object) -> Look:
    return Look(101, from_ns, to_ns, **{"state": "S", "syscall": 0, "args": (3,), "target": "pipe:[9]", **said})  # type: ignore[arg-type]


def test_a_look_during_a_sleep_gives_its_reason() -> None:
    folder = sleeping()
    assert [want.syscall for want in folder.wanted()] == [True]
    folder.looked(look(5 * MS, 6 * MS))
    assert not folder.wanted()
    folder.feed([], 30 * MS)
    last = states(folder.advance(30 * MS))[-1]
    assert (last.state, last.waits_for, last.syscall) == ("blocked", "pipe_read", 0)


def test_a_look_into_which_a_record_falls_says_nothing() -> None:
    folder = sleeping()
    folder.looked(look(5 * MS, 7 * MS))
    folder.feed([raw(6 * MS, IN), raw(8 * MS, OUT)], 9 * MS)
    asleep = [fact for fact in states(folder.close()) if fact.state == "blocked"]
    assert [fact.waits_for for fact in asleep] == [None, None]


def test_a_sleep_nobody_looked_at_is_held_back_but_not_for_ever() -> None:
    folder = sleeping()
    assert states(folder.advance(50 * MS))[-1].state == "running"
    assert states(folder.advance(150 * MS))[-1].state == "blocked"


def test_a_frozen_task_is_stopped_and_then_continued() -> None:
    folder = sleeping()
    folder.looked(look(5 * MS, 6 * MS, state="T", syscall=-1))
    folder.feed([raw(9 * MS, WAKING, other=LAUNCHER), raw(10 * MS, IN)], 11 * MS)
    assert [(fact.state, fact.cause, fact.by) for fact in states(folder.close())[2:]] == [
        ("stopped", "stopped", None),
        ("ready", "continued", 0),
        ("running", "dispatched", None),
    ]


def test_a_sleep_that_was_told_already_is_corrected_when_it_proves_to_be_a_stop() -> None:
    folder = sleeping()
    folder.advance(200 * MS)
    folder.looked(look(210 * MS, 211 * MS, state="T"))
    (entry,) = folder.close()
    assert (entry.t_ns, entry.source, states([entry])[0].state) == (210 * MS, "derived", "stopped")


def test_one_sleep_between_two_readings_is_timed_by_what_is_left_of_run_delay() -> None:
    folder = sleeping()
    folder.feed([raw(10 * MS, IN)], 11 * MS)
    (want,) = folder.wanted()
    assert want.delay
    folder.looked(Look(101, 12 * MS, 12 * MS, dispatches=2, ready_ns=1 * MS + 4 * MS))  # 1 ms after its birth, 4 now
    woken = next(each for each in folder.close() if isinstance(each.fact, TaskState) and each.fact.cause == "woken")
    assert (woken.t_ns, woken.source) == (6 * MS, "derived")


def test_a_reading_that_is_ahead_of_the_records_waits_for_them() -> None:
    folder = sleeping()
    folder.looked(Look(101, 12 * MS, 12 * MS, dispatches=2, ready_ns=5 * MS))
    folder.feed([raw(10 * MS, IN)], 13 * MS)
    woken = next(each for each in folder.close() if isinstance(each.fact, TaskState) and each.fact.cause == "woken")
    assert woken.t_ns == 6 * MS


def test_two_sleeps_between_readings_share_it_and_say_how_far_off_that_may_be() -> None:
    folder = sleeping()
    folder.feed([raw(10 * MS, IN), raw(11 * MS, OUT), raw(20 * MS, IN)], 21 * MS)
    folder.looked(Look(101, 22 * MS, 22 * MS, dispatches=3, ready_ns=1 * MS + 4 * MS))
    woken = [fact for fact in states(folder.close()) if fact.cause == "woken"]
    assert all(fact.error_ns is not None and fact.error_ns >= 2 * MS for fact in woken)
    assert len(woken) == 2


def test_without_a_reading_a_wake_up_may_be_as_old_as_the_sleep() -> None:
    folder = sleeping()
    folder.feed([raw(10 * MS, IN)], 11 * MS)
    woken = next(fact for fact in states(folder.close()) if fact.cause == "woken")
    assert woken.error_ns == 7 * MS


def test_a_waker_outside_the_run_is_named() -> None:
    folder = sleeping()
    folder.feed([raw(5 * MS, WAKING, other=4242, text="sshd"), raw(6 * MS, IN)], 7 * MS)
    woken = next(fact for fact in states(folder.close()) if fact.cause == "woken")
    assert (woken.by, woken.by_name, woken.error_ns) == (-1, "sshd", None)


def test_a_wake_up_just_before_the_sleep_it_ends_keeps_its_author() -> None:
    folder = RecordFolder(LAUNCHER, 0, "exact+wake", 0)
    folder.feed(
        [raw(1, FORK), raw(2, IN), raw(2990, WAKING, other=LAUNCHER, cpu=1), raw(3000, OUT), raw(9000, IN)], 9999
    )
    woken = next(fact for fact in states(folder.close()) if fact.cause == "woken")
    assert woken.by == 0


def threads() -> RecordFolder:
    """A process 101 under a GIL with a second thread 102 that sleeps for 4 ms."""
    folder = RecordFolder(LAUNCHER, 0, "exact", 20 * MS, machine="x86_64")
    folder.feed([raw(1, FORK, other=LAUNCHER), raw(2, FORK, tid=102, pid=101, other=101)], 2)
    folder.interpreter(101, 0x1000, 0x2000)
    folder.feed([raw(1 * MS, IN, tid=102, pid=101), raw(3 * MS, OUT, tid=102, pid=101)], 3 * MS)
    return folder


def last_sleep(folder: RecordFolder) -> TaskState:
    folder.feed([raw(7 * MS, IN, tid=102, pid=101)], 8 * MS)
    return next(fact for fact in states(folder.close()) if fact.state == "blocked")


def test_a_thread_asleep_outside_every_told_call_waits_for_the_gil_by_inference() -> None:
    fact = last_sleep(threads())
    assert (fact.waits_for, fact.syscall) == ("gil", None)


def test_a_thread_asleep_inside_a_told_call_does_not() -> None:
    folder = threads()
    folder.opened(102, 2 * MS)
    folder.closed(102, 8 * MS)
    assert last_sleep(folder).waits_for is None


def test_a_futex_within_the_interpreter_is_the_gil_and_another_is_not() -> None:
    for address, reason in ((0x1800, "gil"), (0x2800, "futex")):
        folder = threads()
        folder.looked(look(4 * MS, 5 * MS, syscall=202, args=(address,))._replace(tid=102))
        fact = last_sleep(folder)
        assert (fact.waits_for, fact.syscall) == (reason, 202)


def test_the_barrier_is_told_from_other_pipes() -> None:
    folder = sleeping()
    folder.barrier("pipe:[9]")
    folder.looked(look(5 * MS, 6 * MS))
    folder.feed([raw(8 * MS, IN)], 9 * MS)
    assert next(fact for fact in states(folder.close()) if fact.state == "blocked").waits_for == "barrier"


def test_a_process_is_born_named_renamed_ends_and_is_reaped() -> None:
    folder = RecordFolder(LAUNCHER, 1 * MS, "exact", 20 * MS)
    folder.expect(101, "T one", "exec", "worker", 3)
    folder.feed([raw(2 * MS, FORK, other=LAUNCHER), raw(3 * MS, IN), raw(4 * MS, COMM, other=1, text="grep")], 5 * MS)
    folder.feed([raw(6 * MS, EXIT)], 7 * MS)
    folder.died(101, 8 * MS, signal=9)
    folder.reaped(101, 9 * MS)
    facts = [(each.t_ns // MS, each.fact) for each in folder.close()]
    assert facts[0] == (1, TaskBorn(1, 101, 101, 0, "T one", "process", "exec", 3, "worker"))
    assert (3, TaskRenamed(1, "grep", exec=True)) in facts
    assert facts[-3:] == [
        (5, TaskState(1, "zombie", "exited", 0)), (5, TaskDied(1, signal=9)), (8, TaskReaped(1)),
    ]  # fmt: skip


def test_a_thread_ends_without_a_zombie() -> None:
    folder = threads()
    folder.feed([raw(4 * MS, EXIT, tid=102, pid=101)], 5 * MS)
    assert [each.fact for each in folder.close()][-2:] == [TaskDied(2, code=0), TaskReaped(2)]


def test_a_name_that_comes_after_the_birth_was_told_becomes_a_renaming() -> None:
    folder = sleeping()
    folder.advance(60 * MS)
    folder.expect(101, "late")
    assert TaskRenamed(1, "late") in [each.fact for each in folder.close()]


def test_a_child_takes_its_parents_trial() -> None:
    folder = RecordFolder(LAUNCHER, 0, "exact")
    folder.expect(101, "T", trial=2)
    folder.feed([raw(1, FORK, other=LAUNCHER), raw(2, FORK, tid=102, other=101)], 3)
    born = [each.fact for each in folder.close() if isinstance(each.fact, TaskBorn)]
    assert [(fact.trial, fact.parent) for fact in born] == [(2, 0), (2, 1)]


def test_the_launchers_own_switches_are_not_told() -> None:
    folder = RecordFolder(LAUNCHER, 0, "exact")
    folder.feed([raw(1, IN, tid=LAUNCHER), raw(2, OUT, tid=LAUNCHER)], 3)
    assert folder.close() == []
    assert folder.task_of(LAUNCHER) == 0


def test_a_number_used_again_is_another_task() -> None:
    folder = sleeping()
    folder.feed([raw(4 * MS, IN), raw(5 * MS, EXIT), raw(6 * MS, FORK, other=LAUNCHER), raw(7 * MS, IN)], 8 * MS)
    assert folder.task_of(101) == 2
    assert folder.tally(1).until().dispatched == 2
    assert folder.tally(2).until().dispatched == 1


def test_losses_are_told_once_and_exactly() -> None:
    folder = sleeping()
    folder.losses(3, 5 * MS)
    folder.losses(3, 6 * MS)
    folder.losses(10, 7 * MS)
    lost = [each.fact.count for each in folder.close() if each.fact.kind == "log.lost"]
    assert lost == [3, 7]


def test_a_sampler_that_takes_over_bears_nobody_twice() -> None:
    folder = sleeping()
    folder.feed([raw(5 * MS, FORK, cpu=-1, other=LAUNCHER), raw(6 * MS, IN, cpu=-1, other=3 * MS)], 7 * MS)
    entries = folder.close()
    assert folder.born() == 1
    assert entries[-1].source == "derived"
    assert states(entries)[-1].error_ns == 3 * MS


def test_a_record_that_comes_late_is_told_late_and_changes_nothing_else() -> None:
    folder = sleeping()
    told = folder.advance(60 * MS)
    folder.feed([raw(2500_000, PREEMPT), raw(2600_000, IN)], 60 * MS)
    folder.looked(look(61 * MS, 62 * MS))
    folder.feed([], 63 * MS)
    late = folder.advance(200 * MS)
    assert [(each.t_ns, each.fact.state) for each in [*told, *late] if isinstance(each.fact, TaskState)] == [
        (1 * MS, "ready"), (2 * MS, "running"), (2500_000, "ready"), (2600_000, "running"), (3 * MS, "blocked"),
    ]  # fmt: skip
    assert states(late)[-1].waits_for == "pipe_read"
    assert folder.tally(1).until() == (1, 1, 2, 900_000)
