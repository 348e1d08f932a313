"""The listening socket and uvicorn around an application, with our order of shutdown; it builds no application."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from ..settings import Settings

BACKLOG = 2048


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
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def tune(listening: socket.socket, settings: Settings) -> None:
    """Bounds what a viewer who does not read may cost: kernel memory (bytes) and time (milliseconds)."""
    options = {
        "TCP_NOTSENT_LOWAT": settings.viewer_buffer_bytes // 4,
        "TCP_USER_TIMEOUT": int(settings.stall_s * 750),  # the kernel's timer is coarse: within stall_s in all
    }
    for name, value in options.items():
        if hasattr(socket, name):  # neither exists everywhere
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
        lifespan="on",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=max(1, int(settings.shutdown_s) - 2),
    )
    return Server(config, app.state.begin_shutdown)
