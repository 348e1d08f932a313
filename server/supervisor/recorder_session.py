"""The recorder of one run: opened before the first fork, told what the stage knows, asked for the proof at the end.

A recorder that fails does not fail the run: it is replaced by the tier that needs nothing, and the log says so.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from .. import recorder
from ..events import Entry, Fact, ProofChecked, RunSteppedDown, Tier
from ..recorder import procfs, switch_proof
from ..recorder.records import Counters, RawRecord
from .announced_threads import AnnouncedThreads
from .children import ChildTask
from .reap_detector import ReapDetector

_End = tuple[int, int, int | None, int | None]  # pid, t_ns, exit status or signal
_ZOMBIE_COUNTERS_WAIT_NS = 100_000_000


class RecorderSession:
    """The recorder of one run, and what the launcher knows of its tasks; made before the launcher forks anything."""

    def __init__(self, best: Tier, watermark_ms: int, patient: bool = False) -> None:
        """``patient``: :class:`recorder.ResourcesExhausted` where only memory or descriptors for ``best`` lack."""
        self._recorder = recorder.open_best_recorder(best, patient)
        self.tier: Tier = self._recorder.tier
        self.period_ns = self._recorder.period_ns
        self.watermark_ns = watermark_ms * 1_000_000
        self.trial: int | None = None
        self.origin_ns = time.monotonic_ns()
        self._reconstructor = recorder.StateReconstructor(
            os.getpid(), self.origin_ns, self.tier, self.watermark_ns, period_ns=self.period_ns
        )
        self._gil = procfs.gil_address_range()
        self._windows: set[tuple[int, int]] = set()
        self._died_ns: dict[int, int] = {}
        self._counters: dict[int, Counters] = {}  # the last reading of each, by kernel id
        self._spawned: set[int] = set()  # kernel ids of what the stage started
        self._announced = AnnouncedThreads(self._reconstructor.task_number, self.origin_ns)
        self._fallback_entries: list[Entry] = []
        self._early_exits: list[_End] = []  # deaths before their births were heard
        self._early_reaps: list[_End] = []  # collected before their births were heard
        self._reap_detector = ReapDetector()
        self._task_proofs: list[ProofChecked] = []

    def close_after_fork(self) -> None:
        """In a forked child, first thing."""
        self._recorder.close_after_fork()

    def close(self) -> None:
        """Stop listening."""
        self._recorder.close()

    def collect(self) -> None:
        """Empties the rings into memory: between two polls something takes long."""
        with contextlib.suppress(OSError, ValueError):  # the next poll meets it too, and falls back
            self._recorder.collect()

    def glance(self) -> Sequence[RawRecord] | None:
        """Empties the rings of switches: what they held, which the next :meth:`poll` takes; None if it has to come."""
        with contextlib.suppress(OSError, ValueError):
            return self._recorder.collect_switches()
        return None

    def sleepers(self) -> set[int] | None:
        """Kernel ids of the tasks that sleep; None while only polls can tell what is going on."""
        waiting = self._early_exits or self._early_reaps or self._fallback_entries or self._announced.expected
        if self.tier == "sampled" or waiting or self._reconstructor.unreaped_processes():
            return None
        return self._reconstructor.sleepers()

    @property
    def holds_entries(self) -> bool:
        """Whether entries wait for the watermark."""
        return self._reconstructor.holds_entries

    def poll(self, now_ns: int, ahead_ns: int = 0) -> list[Entry]:
        """What the kernel said up to the watermark before ``now_ns``, the instant of this turn, sorted by time.

        ``ahead_ns`` shortens the watermark this once. Told facts are handed on up to the same instant: else a fact that
        came first could be handed on last.
        """
        stepped, self._fallback_entries = self._fallback_entries, []
        unheard, self._early_exits = self._early_exits, []
        waited, self._early_reaps = self._early_reaps, []
        try:
            seen = recorder.poll_recorder(self._recorder, self._reconstructor, now_ns)
            if ahead_ns:
                seen += self._reconstructor.emit_ready(now_ns + ahead_ns)
            for each in unheard:
                self._reconstructor.process_died(*each)
            for pid, t_ns, code, signum in waited:
                self._reconstructor.reaped_by_parent(pid, t_ns, code, signum)
            return [*stepped, *seen]
        except (OSError, ValueError, recorder.ResourcesExhausted, recorder.RecorderUnavailable) as error:
            self._fall_back_to_sampling(error)
            return stepped

    def drain_all(self) -> list[Entry]:
        """Everything that is left; nothing of the run lives any more."""
        return [*self.poll(time.monotonic_ns()), *self._reconstructor.finish()]

    def expect_task(self, task: ChildTask) -> None:
        """The stage has just forked ``task``."""
        self._spawned.add(task.pid)
        self._reconstructor.expect_task(task.pid, task.name, how=task.how, role=task.role, trial=self.trial)
        if task.how == "fork":
            self._reconstructor.set_gil_range(task.pid, *self._gil)

    def register_thread(self, tid: int, about: dict[str, Any]) -> None:
        """A task has registered a thread of its own."""
        self._spawned.add(tid)
        self._reconstructor.expect_task(tid, about["name"], how=about["how"], role=about.get("role"), trial=self.trial)

    def register_child(self, pid: int, about: dict[str, Any]) -> None:
        """A task says who a process is that it made itself; that one owes no proof of its own."""
        self._reconstructor.expect_task(pid, about["name"], how=about["how"], role=about.get("role"), trial=self.trial)

    def announce_thread(self, tid: int, t_ns: int, about: dict[str, Any]) -> None:
        """``tid`` says that the next thread it creates will be this one."""
        self._announced.add(tid, t_ns, about)

    def name_announced_threads(self, entries: list[Entry]) -> list[Entry]:
        """Births of announced threads get the name that was announced, if they have not told theirs in time."""
        named = self._announced.apply(entries)
        self._spawned |= self._announced.take_found()
        return named

    def set_gil_range(self, pid: int, low: int, high: int) -> None:
        """A process that was exec'd says where its GIL lies."""
        self._reconstructor.set_gil_range(pid, low, high)

    def add_barrier(self, target: str) -> None:
        """Whoever sleeps in a read of ``target`` ("pipe:[123]") waits at the start."""
        self._reconstructor.add_barrier(target)

    def on_message(self, said: dict[str, Any]) -> None:
        """What a task stated that is no fact of the log: about itself, its threads, its children."""
        t_ns, tid = said["t"], said["tid"]
        if "counters" in said:
            self.add_own_counters(tid, said["counters"])
        elif "announce" in said:
            self.announce_thread(tid, t_ns, said["announce"])
        elif "thread" in said:
            self.register_thread(tid, said["thread"])
        elif "child" in said:
            self.register_child(*said["child"])
        elif "waited" in said:
            pid, code, signum = said["waited"]
            self.on_reaped_by_parent(pid, t_ns, code, signum)
        elif "gil" in said:
            self.set_gil_range(tid, *said["gil"])

    def on_io_call(self, t_ns: int, tid: int, fact: dict[str, Any]) -> None:
        """Windows of I/O calls, so that their sleep is not taken for the GIL's."""
        if fact.get("kind") == "call.started" and fact.get("window"):
            self._windows.add((fact["call"][0], fact["call"][1]))
            self._reconstructor.io_started(tid, t_ns, fact["style"])
        elif fact.get("kind") == "call.returned" and (key := tuple(fact["call"])) in self._windows:
            self._windows.discard(key)
            self._reconstructor.io_returned(tid, t_ns)

    def add_own_counters(self, tid: int, said: dict[str, Any]) -> None:
        """A task's reading of its own counters."""
        self._add_counters(tid, Counters(**said), "self")

    def _add_counters(self, tid: int, counters: Counters, how: switch_proof.ProofMethod) -> None:
        self._counters[tid] = counters
        self._reconstructor.add_counters(tid, counters, how)

    def on_zombie(self, pid: int, code: int | None, signum: int | None) -> None:
        """``pid`` is a zombie: note how it ended."""
        self._died_ns[pid] = time.monotonic_ns()
        if self._reconstructor.task_number(pid) is None:
            self._early_exits.append((pid, time.monotonic_ns(), code, signum))
        else:
            self._reconstructor.process_died(pid, time.monotonic_ns(), code=code, signal=signum)

    def ready_to_reap(self, pid: int) -> bool:
        """Whether all that a zombie can tell has been read, so that it may be reaped.

        A process is a zombie before it has left its core for good: that last switch, and a preemption on the way, may
        not have been counted yet. So its counters are read until they fit its records, for 100 ms at most.
        """
        if pid in self._counters:
            return True  # it has read them itself
        late = time.monotonic_ns() - self._died_ns[pid] > _ZOMBIE_COUNTERS_WAIT_NS
        try:
            counters = procfs.read_counters(pid)
        except (recorder.TaskGone, OSError):  # not readable for us: then it is not proved
            return True
        readable = self._fits_records(pid, counters) or late or self.tier == "sampled"
        if readable:
            self._add_counters(pid, counters, "zombie")
        return readable

    def on_reaped(self, pid: int, voluntary: int, involuntary: int) -> None:
        """``pid`` has left the process table; its rusage said so many switches."""
        self._died_ns.pop(pid, None)
        self._reconstructor.process_reaped(pid, time.monotonic_ns(), voluntary, involuntary)

    def on_reaped_by_parent(self, pid: int, t_ns: int, code: int | None, signum: int | None) -> None:
        """Its own parent has told that it collected ``pid`` at ``t_ns``."""
        if self._reconstructor.task_number(pid) is None:
            self._early_reaps.append((pid, t_ns, code, signum))
        else:
            self._reconstructor.reaped_by_parent(pid, t_ns, code, signum)

    def find_reaped_by_parents(self, mine: Collection[int], *, final: bool = False) -> None:
        """Note which ended processes their own parents have collected: all but ``mine``, the launcher's children."""
        ended = [(pid, t_ns) for pid, t_ns in self._reconstructor.unreaped_processes() if pid not in mine]
        for gone in self._reap_detector.scan(ended, time.monotonic_ns(), final=final):
            self._reconstructor.reaped_by_parent(
                gone.pid, gone.to_ns, gone.code, gone.signal, gone.to_ns - gone.from_ns
            )
        for pid in self._reap_detector.zombies:
            self._read_zombie(pid)

    def _read_zombie(self, pid: int) -> None:
        """The counters of somebody else's zombie, if they fit its records already: there may be no second look."""
        if pid in self._counters or self.tier == "sampled":
            return
        with contextlib.suppress(recorder.TaskGone, OSError):
            counters = procfs.read_counters(pid)
            if self._fits_records(pid, counters):
                self._add_counters(pid, counters, "zombie")

    def _fits_records(self, pid: int, counters: Counters) -> bool:
        if not (task := self._reconstructor.task_number(pid)):
            return False
        tally = self._reconstructor.switch_tally(task)
        return switch_proof.check_counters(task, tally, counters, "zombie").verdict == "proved"

    def task_number(self, tid: int) -> int | None:
        """Number of a task by its kernel thread id, 0 for the launcher, None if not (yet) seen."""
        return self._reconstructor.task_number(tid)

    @property
    def live_count(self) -> int:
        """Processes of the run that have not ended, by the records."""
        return self._reconstructor.live_count

    def lost_records(self) -> int:
        """Records the kernel could not deliver."""
        return self._recorder.lost_records()

    def prove_tasks(self) -> list[Entry]:
        """``proof.checked`` for every task of the run (and its totals in tier "sampled"); call it once, at the end."""
        at_ns = time.monotonic_ns() - self.origin_ns
        trees, self._task_proofs = self._reconstructor.prove_trees(
            [self._no_difference_when_sampled(checked) for checked in self._reconstructor.proofs()]
        )
        facts: list[Fact] = [*trees, *self._task_proofs]  # in this order: a task's last proof is its own
        if self.tier == "sampled":
            totals = {self._reconstructor.task_number(tid): counters for tid, counters in self._counters.items()}
            facts += [switch_proof.task_measured(task, counters) for task, counters in totals.items() if task]
        return [Entry(at_ns, "derived", fact) for fact in facts]

    def _no_difference_when_sampled(self, checked: ProofChecked) -> ProofChecked:
        """Looks now and then cannot see the switches between the last one and a task's end: that proves nothing."""
        if self.tier != "sampled" or checked.verdict != "differs":
            return checked
        reason = "tier sampled: its last switches lie between the last look and its end"
        return replace(checked, verdict="not_proved", reason=reason)

    @property
    def task_proofs(self) -> list[ProofChecked]:
        """What :meth:`proofs` found, a proof for each task."""
        return self._task_proofs

    def spawned_tasks(self) -> set[int]:
        """Numbers of the tasks that the stage started; one that was never heard of is there as minus its kernel id."""
        return {-tid if (task := self._reconstructor.task_number(tid)) is None else task for tid in self._spawned}

    def summary(self) -> dict[str, Any]:
        """Totals over all tasks, for ``run.ended``."""
        return {
            "tasks": len(self._task_proofs),
            "tasks_proved": sum(each.verdict == "proved" for each in self._task_proofs),
            "tasks_differ": sum(each.verdict == "differs" for each in self._task_proofs),
            "switches": sum(each.dispatched for each in self._task_proofs),
            "preempted": sum(each.preempted for each in self._task_proofs),
            "waits": sum(each.out for each in self._task_proofs),
            "lost": self.lost_records(),
        }

    def _fall_back_to_sampling(self, error: Exception) -> None:
        self._recorder.close()
        self._recorder = recorder.open_recorder("sampled")
        self.tier, self.period_ns = "sampled", self._recorder.period_ns
        fact = RunSteppedDown("sampled", f"the recorder failed: {error}")
        self._fallback_entries.append(Entry(time.monotonic_ns() - self.origin_ns, "told", fact))
