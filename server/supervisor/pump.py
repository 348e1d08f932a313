"""What the launcher does while it waits: rings, told facts, children, control and the facts pipe, each on its turn.

It is one single-threaded loop on a timer. No statement of a worker wakes it, so that no worker is preempted because
another one spoke. It raises :class:`Ended` into the experiment when the run is over before the experiment is.
"""

from __future__ import annotations

import json
import os
import select
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from ..events import EndReason, Entry, Fact, Source, to_dict
from ..recorder.process_counter import LiveProcessCounter
from . import descendants, told
from .children import Children
from .facts_pipe import Facts
from .merge import Merge
from .watch import Watch

FAST_MS, STEADY_MS, QUIET_MS, WAIT_MS = 2, 10, 20, 1
QUIET_NS = 1_000_000_000  # nothing was heard for so long: whoever waits for a reader's action may share the machine
CROWD = 12  # more processes than this are counted at the fastest pace: they may be about to become a hundred
FAST_NS = 50_000_000  # how long a run, and what it starts first, is drained at the fast pace
_EARLY_NS = 3_000_000  # the watermark meanwhile: the rings have been read since, and a reader waits for the start
_COUNT_NS = 50_000_000  # how often all processes of the run are counted in /proc …
_COUNT_SELDOM_NS = 500_000_000  # … and while its records say that there are few: sixty idle runs share the machine
_FEW = 8
_ACTIONS = 100  # actions that may wait for the experiment to take them


class Ended(BaseException):
    """The run is over: stopped, or at a bound. No ordinary ``except`` of an experiment catches it."""

    def __init__(self, reason: EndReason, message: str | None = None) -> None:
        super().__init__(message)
        self.reason: EndReason = reason
        self.message = message


class Gauge(Protocol):
    """Something that is looked at on every turn (server/stage/plumbing.py)."""

    @property
    def fd(self) -> int | None:
        """A descriptor whose input ends the pump's pause; None: none now."""

    @property
    def pace_ms(self) -> int | None:
        """The longest pause it wants now; None: any."""

    def look(self) -> None:
        """Look, without waiting."""


class Pump:
    """The launcher's loop. ``origin_ns`` is the run's zero, ``bounds`` those of settings.Bounds as a dict."""

    def __init__(
        self, control: int, facts: Facts, watch: Watch, told_fd: int, bounds: dict[str, Any], wall_s: float
    ) -> None:
        self.facts = facts
        self.watch = watch
        self.origin_ns = watch.origin_ns
        self.deadline_ns = self.origin_ns + int(wall_s * 1e9)
        self.actions: deque[dict[str, Any]] = deque(maxlen=_ACTIONS)
        self.gauges: list[Gauge] = []
        self.children = Children(watch)
        self.merge = Merge(self.origin_ns, watch.task_of)
        self._fast_until_ns = self.origin_ns + FAST_NS
        self._polled_fast = False
        self.raised: str | None = None  # what a task met first and should not have met, as a clause
        self._control = control
        self._control_rest = b""
        self._told = told.Reader(told_fd)
        self._bounds = bounds
        self._wall_s = wall_s
        self._parent = os.getppid()
        self._closing = False
        self._client_disconnected = False
        self._counted_ns = self._heard_ns = 0
        self.alarm: LiveProcessCounter | None = None  # where the bound of processes has to be watched
        self._over = False
        os.set_blocking(control, False)

    def tell(self, fact: Fact, source: Source = "told") -> None:
        """State a fact of the launcher now; tasks in it are kernel ids."""
        self.merge.add(time.monotonic_ns(), to_dict(Entry(0, source, fact))["fact"], source)

    def poll_fast(self) -> None:
        """What a reader waits for starts now, however late the run came to it: the fast pace begins again, once."""
        if not self._polled_fast:
            self._polled_fast, self._fast_until_ns = True, time.monotonic_ns() + FAST_NS

    def drain(self) -> None:
        """Turn until everything stated so far is older than the watermark."""
        self.until(lambda: False, time.monotonic_ns() + self.watch.watermark_ns)

    def until(self, done: Callable[[], bool], deadline_ns: int | None = None, pace_ms: int | None = None) -> bool:
        """Turn until ``done()`` or the absolute deadline; says whether it was done. May raise :class:`Ended`."""
        while True:
            self.turn()
            if done():
                return True
            now = time.monotonic_ns()
            if deadline_ns is not None and now >= deadline_ns:
                return False
            wait_ms = self._pace_ms(now) if pace_ms is None else pace_ms
            if deadline_ns is not None:
                wait_ms = min(wait_ms, (deadline_ns - now) // 1_000_000)
            self._sleep(0 if self._told.more else wait_ms)

    def turn(self) -> None:
        """One turn of everything."""
        self._watch_bound()
        now = time.monotonic_ns()
        ahead_ns = max(0, self.watch.watermark_ns - _EARLY_NS) if now < self._fast_until_ns else 0
        seen = self.watch.poll(now, ahead_ns)
        self._listen()  # after the births, because what is told belongs to a task that must be known
        for gauge in self.gauges:
            gauge.look()
        self._hand_on(self.watch.name_announced_threads(seen), now - self.watch.watermark_ns + ahead_ns)
        self.children.look()
        self.watch.look_for_vanished({task.pid for task in self.children})
        self._hear_control()
        self.facts.write()
        if not self._closing:
            self._check(now)

    def close(self) -> None:
        """Kill everything below and turn until the kernel says that no child is left, then hand on what is held."""
        self._closing = True
        while True:
            self.children.kill()
            self.turn()
            if self.children.none_left():
                break
            self._sleep(WAIT_MS)
        seen = self.watch.poll(time.monotonic_ns())
        self._listen()
        while self._told.more:
            self._listen()
        self.watch.look_for_vanished((), final=True)
        seen += self.watch.finish()
        self._hand_on(self.watch.name_announced_threads(seen), 1 << 63)

    def clear(self) -> None:
        """Kill everything below and wait until nothing is left, in the middle of a run."""
        while not self.children.none_left():
            self.children.kill()
            self.turn()
            if not self.children.none_left():
                self._sleep(WAIT_MS)

    @property
    def client_disconnected(self) -> bool:
        """True when nobody holds the other end of the control pipe any more."""
        return self._client_disconnected

    def _pace_ms(self, now: int) -> int:
        if self.watch.period_ns:
            return max(1, self.watch.period_ns // 1_000_000)
        if self.watch.living > CROWD:
            return WAIT_MS
        if now < self._fast_until_ns:
            return FAST_MS
        steady_ms = STEADY_MS if now - self._heard_ns < QUIET_NS else QUIET_MS
        return min([steady_ms, *(gauge.pace_ms for gauge in self.gauges if gauge.pace_ms)])

    def _sleep(self, wait_ms: int) -> None:
        poll = select.poll()
        if not self._client_disconnected:
            poll.register(self._control, select.POLLIN)
        if self.alarm is not None:
            poll.register(self.alarm.fd, select.POLLIN)
        if self.facts.pending:
            poll.register(self.facts.fd, select.POLLOUT)
        for fd in [gauge.fd for gauge in self.gauges]:
            if fd is not None:
                poll.register(fd, select.POLLIN)
        poll.poll(max(0, wait_ms))

    def _listen(self) -> None:
        for said in self._told.read():
            if "fact" in said:
                self.merge.add(said["t"], said["fact"])
                self.watch.told(said["t"], said["tid"], said["fact"])
            elif "ready" in said and (task := self.children.get(said["tid"])) is not None:
                task.ready = True
            elif "raised" in said:
                self._note_raised(said["tid"], *said["raised"])
            else:
                self.watch.hear(said)

    def _note_raised(self, pid: int, thread: str | None, error: str) -> None:
        task = self.children.get(pid)
        if self.raised is None and not (task is not None and task.fails):
            self.raised = f"{thread or (task.name if task is not None else 'a task')} raised {error}"

    def _hand_on(self, seen: list[Entry], told_until_ns: int) -> None:
        entries = [*seen, *self.merge.until(told_until_ns)]
        entries.sort(key=lambda entry: entry.t_ns)
        if entries:
            self._heard_ns = time.monotonic_ns()
        for entry in entries:
            self.facts.say(entry)

    def _watch_bound(self) -> None:
        """A fork bomb must not wait for a turn: its processes die at once, the run ends later in this turn."""
        if self.alarm is not None and not self._over and self.alarm.count() > int(self._bounds["processes"]):
            self._over = True
            self.children.kill()

    def _hear_control(self) -> None:
        while not self._client_disconnected:
            try:
                data = os.read(self._control, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                self._client_disconnected = True
                return
            self._heard_ns = time.monotonic_ns()
            *lines, self._control_rest = (self._control_rest + data).split(b"\n")
            for line in lines:
                self.actions.append(json.loads(line))

    def _check(self, now: int) -> None:
        if self._client_disconnected or os.getppid() != self._parent:
            raise Ended("interrupted", "whoever asked for the run has gone")
        if any(said.get("stop") for said in self.actions):
            raise Ended("stopped")
        if now >= self.deadline_ns:
            raise Ended("failed", f"the run was ended at its bound of {self._wall_s:g} s")
        if self.facts.full is not None:
            raise Ended("failed", self.facts.full)
        most = int(self._bounds["processes"])
        if self._over or self._processes(now, most) > most:
            raise Ended("failed", f"the run was ended at its bound of {most} processes")

    def _processes(self, now: int, most: int) -> int:
        """Live processes of the run: by the kernel's records at every turn, and by /proc now and then."""
        living = self.watch.living
        every_ns = _COUNT_NS if self.watch.period_ns or living > _FEW else _COUNT_SELDOM_NS
        if living > most or now - self._counted_ns > every_ns:
            self._counted_ns = now
            return len(descendants.descendants(os.getpid()))
        return living
