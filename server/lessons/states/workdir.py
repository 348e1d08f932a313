"""Where the log of a run lies: a folder of its own, and what a launcher that was killed left there; it writes no log.

The folder is in memory where there is such a place: on an overlay file system GNU tail would not be told of changes but
ask every second. Its name is needed only until tail has opened the log, a fraction of a second. A launcher that is
killed (SIGKILL) within it leaves the folder behind, and the next run of this lesson removes it once it is old.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .running import LOG

MEMORY = "/dev/shm"  # noqa: S108 - a place, not a name: the folder's name is mkdtemp's
PREFIX = "timeslice-states-"
OLD_S = 600  # far longer than a run of this lesson may last: such a folder is nobody's


def parent() -> str:
    """The directory in which folders are made: the user's runtime directory, shared memory, else that for temporaries.

    ``XDG_RUNTIME_DIR`` (XDG Base Directory Specification) is a memory file system of the user's own; a server run by
    root passes it over where other users may not enter it, since tail may run as another user.
    """
    for candidate in (os.environ.get("XDG_RUNTIME_DIR", ""), MEMORY):
        if os.access(candidate, os.W_OK | os.X_OK) and (os.geteuid() or os.stat(candidate).st_mode & 0o001):
            return candidate
    return tempfile.gettempdir()


@contextmanager
def folder() -> Iterator[None]:
    """The working directory is a new folder, in memory if that is possible; it is gone afterwards."""
    before = os.getcwd()
    made = tempfile.mkdtemp(prefix=PREFIX, dir=parent())
    try:
        os.chmod(made, 0o755)  # noqa: S103 - tail may run as another user
        os.chdir(made)
        yield
    finally:
        os.chdir(before)
        _remove(made)


def sweep() -> None:
    """Remove the folders of this user's earlier runs that were killed before they could do it themselves."""
    for path in Path(parent()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # somebody else was faster, or it holds what no run of ours has put there
            seen = path.lstat()
            if seen.st_uid == os.geteuid() and time.time() - seen.st_mtime > OLD_S:
                _remove(str(path))


def _remove(made: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(f"{made}/{LOG}")
    os.rmdir(made)
