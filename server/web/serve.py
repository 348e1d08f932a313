"""`timeslice serve`: one server process on its own listening socket; what it serves is app.py's matter."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..runs.admission import Runs
from ..runs.rpc_channel import SpawnerError
from ..settings import Settings
from . import fd_limits, tcp
from .app import create_app


class StartError(Exception):
    """The server did not start; the text is one sentence."""


def serve(settings: Settings, browser: bool) -> None:
    """Serves until a signal ends it. Prints the address and the tier once it is ready; :class:`StartError` if not."""
    fd_limits.raise_soft_limit()
    try:
        listening = tcp.bind(settings)
    except OSError as error:
        raise StartError(
            f"cannot listen on {settings.host} port {settings.port}: {os.strerror(error.errno or 0)}; "
            "choose another with --port"
        ) from None
    tcp.tune(listening, settings)
    port = listening.getsockname()[1]  # not 0 any more, so that links lead here
    app = create_app(replace(settings, port=port))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 - shown, not bound

    runs, later = app.state.context.runs, set[asyncio.Task[None]]()

    def ready() -> None:
        _tell(f"Timeslice on {url}", runs)
        if runs.self_test_pending:
            later.add(asyncio.ensure_future(_tested(runs)))
        if browser and has_display():
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)

    announced = Announced(app, ready)
    logging.getLogger("uvicorn.error").addFilter(lambda record: "startup failed" not in record.getMessage())
    with listening, contextlib.suppress(KeyboardInterrupt, SystemExit):  # how uvicorn says that it did not start
        tcp.server(announced, settings).run(sockets=[listening])
    if announced.failure is not None:
        raise StartError(announced.failure)


def _tell(what: str, runs: Runs) -> None:
    finding = runs.client.finding
    print(f"{what} (tier {finding.tier}: {finding.reason})", flush=True)
    if finding.remedy:
        print(f"  {finding.remedy}", flush=True)


async def _tested(runs: Runs) -> None:
    """Once the self-test is over, what it has found; a standard output that is closed by then is nobody who reads."""
    with contextlib.suppress(OSError, SpawnerError):
        await runs.client.wait_self_test()
        _tell("The self-test is over", runs)


def has_display() -> bool:
    """Whether a browser could show a window here."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class Announced:
    """An application that says when its lifespan has started, and keeps the sentence if it could not."""

    def __init__(self, app: Any, ready: Callable[[], None]) -> None:
        self.state = app.state
        self.failure: str | None = None
        self._app, self._ready = app, ready

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Any scope; only the lifespan is listened to."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def heard(message: Any) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._ready()
            if message["type"] == "lifespan.startup.failed":
                message = {**message, "message": ""}  # a traceback; the exception itself comes out below
            await send(message)

        try:
            await self._app(scope, receive, heard)
        except Exception as error:
            self.failure = str(error) or type(error).__name__
