"""What the launcher does while it waits: rings, told facts, children, control and the facts pipe, each on its turn.

It is one single-threaded loop on a timer. No statement of a worker wakes it, so that no worker is preempted because
another one spoke. It raises :class:`RunTerminated` into the experiment when the run is over before the experiment is.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ..events import EndReason, Entry, Fact, Source, to_dict
from ..recorder.process_counter import LiveProcessCounter
from . import descendants, worker_pipe
from .children import Children
from .fact_merger import FactMerger
from .fact_writer import FactWriter
from .poll_source import Pause, PollSource
from .recorder_session import RecorderSession
from .turn_plan import TurnPlan

FAST_MS, STEADY_MS, QUIET_MS, WAIT_MS = 2, 10, 40, 1
QUIET_NS = 1_000_000_000  # nothing was heard for so long: whoever waits for a reader's action may share the machine
MANY_PROCESSES = (
    12  # more processes than this are counted at the shortest interval: they may be about to become a hundred
)
FAST_NS = 50_000_000  # how long a run, and what it starts first, is drained at the short interval
_EARLY_NS = 3_000_000  # the watermark meanwhile: the rings have been read since, and a reader waits for the start
_COUNT_NS = 50_000_000  # how often all processes of the run are counted in /proc …
_COUNT_SELDOM_NS = 500_000_000  # … and while its records say that there are few: sixty idle runs share the machine
_FEW_PROCESSES = 8
_FRAME_NS = 28_000_000  # facts are handed on so often: the server makes a frame of them every 33 ms …
_PROMPT_NS = 1_000_000_000  # … but at every turn for so long after a reader has acted
_FACTS_AT_ONCE = 2000  # written in about 3 ms, after which the rings are looked after
_ACTIONS = 100  # actions that may wait for the experiment to take them


class RunTerminated(BaseException):
    """The run is over: stopped, or at a bound. No ordinary ``except`` of an experiment catches it."""

    def __init__(self, reason: EndReason, message: str | None = None, wall_s: float | None = None) -> None:
        """``wall_s``: the wall bound that the run has met, if that was it."""
        super().__init__(message)
        self.reason: EndReason = reason
        self.message, self.wall_s = message, wall_s


class LauncherLoop:
    """The launcher's loop. ``origin_ns`` is the run's zero, ``bounds`` those of settings.Bounds as a dict."""

    closes = False  # the time of a run that waits for its reader is up, as planned: its wall bound fails it no more

    def __init__(
        self,
        control: int,
        fact_writer: FactWriter,
        session: RecorderSession,
        told_fd: int,
        bounds: dict[str, Any],
        wall_s: float,
    ) -> None:
        self.fact_writer = fact_writer
        self.session = session
        self.origin_ns = session.origin_ns
        self.deadline_ns = self.origin_ns + int(wall_s * 1e9)
        self.actions: deque[dict[str, Any]] = deque(maxlen=_ACTIONS)
        self.poll_sources: list[PollSource] = []
        self.children = Children(session)
        self.merger = FactMerger(self.origin_ns, session.task_number)
        self._plan = TurnPlan(os.getpid(), session.watermark_ns, _FRAME_NS)
        self._fast_until_ns = self.origin_ns + FAST_NS
        self._polled_fast = False
        self.task_error: str | None = None  # what a task met first and should not have met, as a clause
        self._control = control
        self._control_rest = b""
        self._worker_pipe = worker_pipe.WorkerPipeReader(told_fd)
        self._told_fd = told_fd
        self._inputs, self._pause = select.poll(), Pause()
        for fd in (control, told_fd):
            self._inputs.register(fd, select.POLLIN)
        self._bounds = bounds
        self._wall_s = wall_s
        self._parent = os.getppid()
        self._closing = False
        self._client_disconnected = False
        self._counted_ns = self.origin_ns  # nothing has been forked yet
        self._heard_ns = self._acted_ns = self._flushed_ns = 0
        self.process_counter: LiveProcessCounter | None = None  # where the bound of processes has to be watched
        self._over_process_limit = False
        os.set_blocking(control, False)

    def emit_fact(self, fact: Fact, source: Source = "told") -> None:
        """State a fact of the launcher now; tasks in it are kernel ids."""
        self.merger.add(time.monotonic_ns(), to_dict(Entry(0, source, fact))["fact"], source)

    def poll_fast(self) -> None:
        """What a reader waits for starts now, however late the run came to it: short intervals begin again, once."""
        if not self._polled_fast:
            self._polled_fast, self._fast_until_ns = True, time.monotonic_ns() + FAST_NS

    def run_past_watermark(self) -> None:
        """Turn until everything stated so far is older than the watermark."""
        self.run_until(lambda: False, time.monotonic_ns() + self.session.watermark_ns)

    def run_until(self, done: Callable[[], bool], deadline_ns: int | None = None, pause_ms: int | None = None) -> bool:
        """Turn until ``done()`` or the absolute deadline; whether it was done. May raise :class:`RunTerminated`."""
        while True:
            self.run_once()
            if done():
                return True
            now = time.monotonic_ns()
            if deadline_ns is not None and now >= deadline_ns:
                return False
            wait_ms = self._poll_interval_ms(now) if pause_ms is None else pause_ms
            if deadline_ns is not None:
                wait_ms = min(wait_ms, (deadline_ns - now) // 1_000_000)
            self._sleep(0 if self._worker_pipe.has_more else wait_ms)

    def run_once(self) -> None:
        """One turn: a glance, if all that has come can wait, else of everything."""
        self._kill_over_limit()
        now = time.monotonic_ns()
        if not self._may_wait(now):
            self._turn(now)
            self._plan_turn(now)

    def _may_wait(self, now: int) -> bool:
        if now >= self._plan.due_ns or self._inputs.poll(0):
            return False
        records = self.session.glance()
        for source in self.poll_sources:
            source.poll()
        return records is not None and self._plan.can_wait(now, records, held=self.merger.holds_facts)

    def _plan_turn(self, now: int) -> None:
        """The next whole turn comes at once while anybody waits for something that only it finds."""
        self._plan.turn_at_once()
        hurried = self._is_prompt(now) or self.fact_writer.blocked or self.session.live_count > MANY_PROCESSES
        if hurried or any(task.dead for task in self.children):
            return
        sleepers = self.session.sleepers()
        if sleepers is not None:
            held = self.session.holds_entries or self.merger.holds_facts
            self._plan.after_turn(now, sleepers, self._flushed_ns, unsent=self.fact_writer.pending, held=held)

    def _turn(self, now: int) -> None:
        ahead_ns = max(0, self.session.watermark_ns - _EARLY_NS) if now < self._fast_until_ns else 0
        seen = self.session.poll(now, ahead_ns)
        ready = dict(self._inputs.poll(0))
        if self._told_fd in ready or self._worker_pipe.has_more:  # after the births: what is told belongs to a task …
            self._read_worker_pipe()  # … that must be known
        for source in self.poll_sources:
            source.poll()
        self._write_facts(self.session.name_announced_threads(seen), now - self.session.watermark_ns + ahead_ns)
        self.children.reap_zombies()
        self.session.find_reaped_by_parents({task.pid for task in self.children})
        if self._control in ready:
            self._read_control()
        self._hand_on(now)
        if not self._closing:
            self._raise_if_over(now)

    def _is_prompt(self, now: int) -> bool:
        """Whether somebody waits for what this turn finds."""
        return self._closing or now < self._fast_until_ns or now - self._acted_ns < _PROMPT_NS

    def _hand_on(self, now: int) -> None:
        """Write what waits for the server: each write wakes it, so in frames, unless somebody waits for them."""
        if self._is_prompt(now) or self.fact_writer.blocked or now - self._flushed_ns >= _FRAME_NS:
            self._flushed_ns = now
            self.fact_writer.flush()

    def kill_and_finish(self) -> None:
        """Kill everything below and turn until the kernel says that no child is left, then hand on what is held."""
        self._closing = True
        while True:
            self.children.kill_all()
            self.run_once()
            if self.children.no_child_left():
                break
            self._sleep(WAIT_MS)
        seen = self.session.poll(time.monotonic_ns())
        self._read_worker_pipe()
        while self._worker_pipe.has_more:
            self._read_worker_pipe()
        self.session.find_reaped_by_parents((), final=True)
        seen += self.session.drain_all()
        self._write_facts(self.session.name_announced_threads(seen), 1 << 63)

    def kill_and_reap_all(self) -> None:
        """Kill everything below and wait until nothing is left, in the middle of a run."""
        while not self.children.no_child_left():
            self.children.kill_all()
            self.run_once()
            if not self.children.no_child_left():
                self._sleep(WAIT_MS)

    @property
    def client_disconnected(self) -> bool:
        """True when nobody holds the other end of the control pipe any more."""
        return self._client_disconnected

    def _poll_interval_ms(self, now: int) -> int:
        if self.session.period_ns:
            return max(1, self.session.period_ns // 1_000_000)
        if self.session.live_count > MANY_PROCESSES:
            return WAIT_MS
        if now < self._fast_until_ns:
            return FAST_MS
        steady_ms = STEADY_MS if now - self._heard_ns < QUIET_NS else QUIET_MS
        return min([steady_ms, *(source.max_pause_ms for source in self.poll_sources if source.max_pause_ms)])

    def _sleep(self, wait_ms: int) -> None:
        wanted = [] if self._client_disconnected else [(self._control, select.POLLIN)]
        if self.process_counter is not None:
            wanted.append((self.process_counter.fd, select.POLLIN))
        if self.fact_writer.blocked:
            wanted.append((self.fact_writer.fd, select.POLLOUT))
        wanted += [(fd, select.POLLIN) for source in self.poll_sources if (fd := source.fd) is not None]
        self._pause.wait(wanted, wait_ms)

    def _read_worker_pipe(self) -> None:
        for said in self._worker_pipe.read():
            if "fact" in said:
                self.merger.add(said["t"], said["fact"])
                self.session.on_io_call(said["t"], said["tid"], said["fact"])
            elif "ready" in said and (task := self.children.get(said["tid"])) is not None:
                task.ready = True
            elif "raised" in said:
                self._note_raised(said["tid"], *said["raised"])
            else:
                self.session.on_message(said)

    def _note_raised(self, pid: int, thread: str | None, error: str) -> None:
        task = self.children.get(pid)
        if self.task_error is None and not (task is not None and task.fails):
            self.task_error = f"{thread or (task.name if task is not None else 'a task')} raised {error}"

    def _write_facts(self, seen: list[Entry], told_until_ns: int) -> None:
        entries = [*seen, *self.merger.entries_before(told_until_ns)]
        entries.sort(key=lambda entry: entry.t_ns)
        if entries:
            self._heard_ns = time.monotonic_ns()
        for number, entry in enumerate(entries, start=1):
            self.fact_writer.add(entry)
            if number % _FACTS_AT_ONCE == 0:
                self.session.collect()

    def _kill_over_limit(self) -> None:
        """A fork bomb must not wait for a turn: its processes die at once, the run ends later in this turn."""
        if (
            self.process_counter is not None
            and not self._over_process_limit
            and self.process_counter.count() > int(self._bounds["processes"])
        ):
            self._over_process_limit = True
            self.children.kill_all()

    def _read_control(self) -> None:
        while not self._client_disconnected:
            try:
                data = os.read(self._control, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                self._client_disconnected = True
                self._inputs.unregister(self._control)
                return
            self._heard_ns = self._acted_ns = time.monotonic_ns()
            *lines, self._control_rest = (self._control_rest + data).split(b"\n")
            for line in lines:
                self.actions.append(json.loads(line))

    def _raise_if_over(self, now: int) -> None:
        if self._client_disconnected or os.getppid() != self._parent:
            raise RunTerminated("interrupted", "whoever asked for the run has gone")
        if any(said.get("stop") for said in self.actions):
            raise RunTerminated("stopped")
        if now >= self.deadline_ns and not self.closes:
            raise RunTerminated("failed", f"the run was ended at its bound of {self._wall_s:g} s", self._wall_s)
        if self.fact_writer.limit_exceeded is not None:
            raise RunTerminated("failed", self.fact_writer.limit_exceeded)
        most = int(self._bounds["processes"])
        if self._over_process_limit or self._processes(now, most) > most:
            raise RunTerminated("failed", f"the run was ended at its bound of {most} processes")

    def _processes(self, now: int, most: int) -> int:
        """Live processes of the run: by the kernel's records at every turn, and by /proc now and then."""
        living = self.session.live_count
        every_ns = _COUNT_NS if self.session.period_ns or living > _FEW_PROCESSES else _COUNT_SELDOM_NS
        if living > most or now - self._counted_ns > every_ns:
            self._counted_ns = now
            return len(descendants.list_descendants(os.getpid()))
        return living
