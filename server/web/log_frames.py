"""What a hub makes of a log: frames, and the messages that they are sent in; values only."""

from __future__ import annotations

from typing import NamedTuple


class LogFrames(NamedTuple):
    """A log as frames, in consecutive stretches."""

    frames: list[str]
    ends: list[int]  # position of each frame's last entry

    @property
    def size_bytes(self) -> int:
        """What it takes."""
        return sum(map(len, self.frames))


class Message(NamedTuple):
    """A slice of the log, made once for all who stand at the same place."""

    body: bytes
    chunk: bytes  # the same as a chunk of the answer
    last: int  # position of its last entry
