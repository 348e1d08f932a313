"""The listening socket and uvicorn around an application, with our order of shutdown; it builds no application."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import uvicorn

from ..settings import Settings
from . import fd_limits
from .protocol import IDLE_S, Bounded, ConnectionTable


def bind(settings: Settings) -> socket.socket:
    """A listening TCP socket on the settings' host and port (0: any free one); ``OSError`` if it is taken.

    Linux sockets inherit options from the listening one (tcp(7)). TCP_NOTSENT_LOWAT keeps the kernel from queueing
    megabytes for a viewer who does not read; TCP_USER_TIMEOUT ends a connection whose other side is gone.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((settings.host, settings.port))
        made.listen(fd_limits.listen_backlog(fd_limits.soft_limit()))
    except OSError:
        made.close()
        raise
    return made


def tune(listening: socket.socket, settings: Settings) -> None:
    """Bounds what a viewer who does not read, or is gone, may cost: kernel memory (bytes) and time.

    The kernel's timers are coarse: three quarters of ``stall_s`` for them make ``stall_s`` in all. A connection over
    which nothing is sent is asked after every quarter (tcp(7): TCP_USER_TIMEOUT takes TCP_KEEPCNT's place).
    """
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    quarter_s = max(1, int(settings.stall_s / 4))
    options = {
        "TCP_NOTSENT_LOWAT": settings.viewer_buffer_bytes // 4,
        "TCP_USER_TIMEOUT": int(settings.stall_s * 750),  # milliseconds
        "TCP_KEEPIDLE": quarter_s,
        "TCP_KEEPINTVL": quarter_s,
    }
    for name, value in options.items():
        if hasattr(socket, name):  # none of them exists everywhere
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Server(uvicorn.Server):
    """uvicorn that tells the application first when it has to stop.

    uvicorn waits for open connections before the lifespan's shutdown; a stream would never end by itself.
    """

    def __init__(self, config: uvicorn.Config, begin_shutdown: Callable[[], None]) -> None:
        super().__init__(config)
        self._begin_shutdown = begin_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._begin_shutdown()
        await super().shutdown(sockets)


def server(app: Any, settings: Settings) -> Server:
    """A server for what ``app.create_app`` made; run it with ``.run(sockets=[bind(settings)])``."""
    config = uvicorn.Config(
        app,
        http=partial(Bounded, connection_table=ConnectionTable()),  # type: ignore[arg-type]  # called as the class is
        lifespan="on",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=fd_limits.listen_backlog(fd_limits.soft_limit()),
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=max(1, int(settings.shutdown_s) - 2),
    )
    return Server(config, app.state.begin_shutdown)
