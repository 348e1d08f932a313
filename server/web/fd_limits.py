"""Limits of file descriptors: RLIMIT_NOFILE, and its shares for connections, event streams and the backlog.

A connection is a descriptor. Some are kept back for what a server needs besides connections (runs, recordings, the
spawner), and some connections are kept back from streams, which are held for minutes, so that pages, /healthz and
DELETE are answered however many watch.
"""

from __future__ import annotations

import resource

RESERVE = 256  # for runs, their recordings and the event loop; at most a quarter of all there are
BACKLOG = 2048  # connections that may wait to be accepted; at most half of those there may be
SHORT = 64  # connections no stream may have; at most an eighth of them


def raise_soft_limit() -> tuple[int, int]:
    """Lifts the soft limit to the hard one (setrlimit(2)): any process may. Gives the limit before and now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return as_count(soft), as_count(hard)


def soft_limit() -> int:
    """How many descriptors this process may have now."""
    return as_count(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def max_connections(descriptors: int) -> int:
    """How many of them may be connections."""
    return descriptors - min(RESERVE, descriptors // 4)


def max_streams(descriptors: int) -> int:
    """How many connections may be event streams."""
    most = max_connections(descriptors)
    return most - min(SHORT, most // 8)


def listen_backlog(descriptors: int) -> int:
    """How many connections the kernel may keep waiting (listen(2)): an event loop accepts all of them at once, before
    it reads from the first."""
    return min(BACKLOG, max_connections(descriptors) // 2)


def as_count(given: int) -> int:
    """A limit of getrlimit(2) as a number that can be reckoned with."""
    return 2**31 - 1 if given == resource.RLIM_INFINITY else given
