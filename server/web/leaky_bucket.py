"""When the next frame of a hub may leave: pure arithmetic over two instants; it knows no clock."""

from __future__ import annotations

_SHORTEST_S = 0.002  # between two frames, unless frames are shorter
_SHARE, _BURST_S = 0.6, 0.1  # of the time that frames may take to hand out, and what may be taken ahead of it


class LeakyBucket:
    """When the next frame may leave: a leaky bucket of the time that frames take to hand out.

    A frame leaves early as long as writing takes less than its share of the time; beyond that facts are collected, for
    one frame's time at most.
    """

    def __init__(self, frame_s: float) -> None:
        self._frame_s = frame_s
        self._paid_s = 0.0  # the instant by which all that was written has had its share

    def pause_s(self, began_s: float, now_s: float) -> float:
        """How long to wait after a frame, from its two instants."""
        self._paid_s = max(self._paid_s, began_s) + (now_s - began_s) / _SHARE
        wait_s = max(_SHORTEST_S, self._paid_s - _BURST_S - now_s)
        return max(0.0, min(wait_s, began_s + self._frame_s - now_s))
