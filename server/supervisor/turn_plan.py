"""When the launcher's loop has to turn as a whole, and what can wait for that; pure.

A turn costs some 200 µs of a core that the workers want, most of it whatever has come. Between two of them the rings
are glanced at: preemptions and dispatches of tasks that were ready cannot be emitted before the watermark anyway, and a
look at /proc would tell nothing of them. Whoever falls asleep, wakes, is born or ends asks for a turn at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..recorder.records import IN, PREEMPT, RawRecord

IDLE_NS = 50_000_000  # a whole turn comes at least so often: it looks for what no record tells


class TurnPlan:
    """What the last turn left: when the next one is due. Instants are CLOCK_MONOTONIC."""

    def __init__(self, launcher: int, watermark_ns: int, frame_ns: int) -> None:
        """``launcher``: whose own switches are in the rings too; ``frame_ns``: how often facts are handed on."""
        self._launcher, self._watermark_ns, self._frame_ns = launcher, watermark_ns, frame_ns
        self._sleepers: Collection[int] = ()
        self._flushed_ns = 0
        self.due_ns = 0  # the next turn; 0: at once

    def turn_at_once(self) -> None:
        """The next turn is a whole one."""
        self.due_ns = 0

    def after_turn(self, now_ns: int, sleepers: Collection[int], flushed_ns: int, *, unsent: bool, held: bool) -> None:
        """A turn at ``now_ns`` has left nothing that wants another one at once.

        ``sleepers``: kernel ids of the tasks that sleep; ``flushed_ns``: when facts were handed on last; ``unsent``:
        some wait for the next frame; ``held``: some wait for the watermark.
        """
        self._sleepers, self._flushed_ns = sleepers, flushed_ns
        if unsent:
            self.due_ns = flushed_ns + self._frame_ns
        else:
            self.due_ns = self._emittable_ns(now_ns) if held else now_ns + IDLE_NS

    def can_wait(self, now_ns: int, records: Iterable[RawRecord], *, held: bool) -> bool:
        """Whether all that the rings held at ``now_ns``, and what is ``held`` of other facts since, may wait: it is
        then due no later than it can be emitted."""
        heard = held
        for _, op, _, _, tid, _, _ in records:
            if tid == self._launcher:
                continue
            heard = True
            if op != PREEMPT and (op != IN or tid in self._sleepers):
                return False
        if heard:
            self.due_ns = min(self.due_ns, self._emittable_ns(now_ns))
        return now_ns < self.due_ns

    def _emittable_ns(self, now_ns: int) -> int:
        """When what has been heard by now is older than the watermark, and a frame is due."""
        return max(self._flushed_ns + self._frame_ns, now_ns + self._watermark_ns)
