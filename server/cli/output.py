"""Where the command writes: standard output, which may be full, closed or left by its reader, and files."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

from .failures import Failure

#: What write(2) says of standard output; files that the command opens itself have their own sentences.
_FAULTS = frozenset({errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG, errno.EDQUOT})


def flush() -> None:
    """Hand on what has been printed; ``OSError`` if it is not taken."""
    if sys.stdout is not None:  # None: it was closed when we began
        sys.stdout.flush()


def write_error(error: OSError) -> Failure | None:
    """What there is to say, once, if standard output and no file is what met this error; the rest is dropped."""
    if error.filename is not None or error.errno not in _FAULTS:
        return None
    discard()
    return Failure("stdout", why=error)


def discard() -> None:
    """Send what is left for standard output nowhere, so that the interpreter's own flush at the end succeeds."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(line: str) -> None:
    """One line on standard error; if that is full as well, the exit status still says it."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr)


def create(path: str) -> int:
    """A file to write, empty, as a descriptor; :class:`Failure` if it cannot be made."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Failure("write", file=path, why=error) from None


def put(data: bytes, fd: int | None, path: str) -> None:
    """Writes to an open file, which is then closed, or to standard output (None); :class:`Failure` if it fails."""
    if fd is None:
        if sys.stdout is None:
            raise Failure("closed")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        with open(fd, "wb") as file:
            file.write(data)
    except OSError as error:
        raise Failure("write", file=path, why=error) from None
