"""Why a disk takes nothing: the errors of write(2), open(2) and rename(2), as what a reader can be told."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Literal

Reason = Literal["full", "read_only", "gone", "refused"]

_REASONS: dict[int, Reason] = {
    errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EFBIG: "full",
    errno.EROFS: "read_only", errno.EACCES: "read_only", errno.EPERM: "read_only",
    errno.ENOENT: "gone", errno.ENOTDIR: "gone", errno.EEXIST: "gone", errno.ESTALE: "gone",
}  # fmt: skip
_SENTENCES: dict[Reason, str] = {
    "full": "not kept: the disk is full; free some space, or set TIMESLICE_DATA_DIR to another disk",
    "read_only": "not kept: the data directory cannot be written; make it writable, or set TIMESLICE_DATA_DIR",
    "gone": "not kept: the data directory has gone; bring it back, or set TIMESLICE_DATA_DIR",
    "refused": "not kept: the disk refuses to write; the server's log says why",
}
#: Errors of a process that is short of something for a moment: they say nothing about the file.
TRANSIENT_ERRNOS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EAGAIN})


@dataclass(frozen=True, slots=True)
class WriteFailure:
    """Why a run is not kept. ``cause`` is the kernel's word for it, for the server's own log only."""

    reason: Reason
    cause: str

    @classmethod
    def from_oserror(cls, error: OSError) -> WriteFailure:
        """The failure for an error of the file system."""
        number = error.errno or 0
        return cls(_REASONS.get(number, "refused"), os.strerror(number) if number else "unknown error")

    @property
    def sentence(self) -> str:
        """One English sentence for the API, without a path: "not kept: …"."""
        return _SENTENCES[self.reason]
