"""Standard output as a file that may be full, closed, or read by somebody who leaves; it writes nothing itself."""

from __future__ import annotations

import contextlib
import errno
import os
import sys

#: What write(2) says of standard output; files that the command opens itself have their own sentences.
_FAULTS = frozenset({errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG, errno.EDQUOT})


def flush() -> None:
    """Hand on what has been printed; ``OSError`` if it is not taken."""
    if sys.stdout is not None:  # None: it was closed when we began
        sys.stdout.flush()


def met(error: OSError) -> bool:
    """Whether standard output, and no file, is what met this error."""
    return error.filename is None and error.errno in _FAULTS


def sentence(error: OSError) -> str:
    """What there is to say of it, once; what is left to print is dropped."""
    discard()
    return f"cannot write to standard output: {os.strerror(error.errno or 0)}"


def discard() -> None:
    """Send what is left for standard output nowhere, so that the interpreter's own flush at the end succeeds."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(name: str, what: object) -> None:
    """One line on standard error; if that is full as well, the exit status still says it."""
    with contextlib.suppress(OSError):
        print(f"{name}: {what}", file=sys.stderr)
