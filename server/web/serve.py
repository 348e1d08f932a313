"""`timeslice serve`: one server process on its own listening socket; what it serves is app.py's matter."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import sys
import webbrowser
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..log.archive import DirectoryLocked
from ..runs.admission import Runs
from ..runs.rpc_channel import SpawnerError
from ..settings import Settings
from ..text import command_words, recorder_words
from ..text.command_words import LocalizedError
from ..text.labels import Lang
from . import fd_limits, tcp, warm_up
from .app import create_app


class StartError(LocalizedError):
    """The server did not start."""


def serve(settings: Settings, browser: bool, lang: Lang = "en") -> None:
    """Serves until a signal ends it. Prints its address once it is ready, and the tier once that is known, in this
    language; :class:`StartError` if it does not start."""
    fd_limits.raise_soft_limit()
    try:
        listening = tcp.bind(settings)
    except OSError as error:
        raise StartError("listen", host=settings.host, port=settings.port, why=error) from None
    tcp.tune(listening, settings)
    port = listening.getsockname()[1]  # not 0 any more, so that links lead here
    app = create_app(replace(settings, port=port))
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}/"  # noqa: S104 - shown, not bound

    words = command_words.words(lang)["serve"]
    runs, later = app.state.context.runs, set[asyncio.Future[None]]()

    def ready() -> None:
        gc.freeze()  # what is loaded stays: a run's facts would have all of it collected again and again (44 ms each)
        print(words["address"].format(url=url), flush=True)
        later.add(asyncio.ensure_future(_tell_tier(runs, lang)))
        later.add(asyncio.ensure_future(asyncio.to_thread(warm_up.prepare, app.state.context.lessons)))
        if browser and has_display():
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, url)

    announced = Announced(app, ready)
    logging.getLogger("uvicorn.error").addFilter(lambda record: "startup failed" not in record.getMessage())
    with listening, contextlib.suppress(KeyboardInterrupt, SystemExit):  # how uvicorn says that it did not start
        tcp.server(announced, settings).run(sockets=[listening])
    if announced.failure is not None:
        raise _start_error(announced.failure)


def _start_error(failure: Exception) -> StartError:
    if isinstance(failure, DirectoryLocked):
        return StartError("locked", directory=failure.directory)
    return StartError("server", why=str(failure) or type(failure).__name__)


async def _tell_tier(runs: Runs, lang: Lang) -> None:
    """Once the self-test is over, what it has found and the one remedy; a standard output that is closed by then is
    nobody who reads."""
    with contextlib.suppress(OSError, SpawnerError):
        if runs.self_test_pending:
            await runs.client.wait_self_test()
        finding = runs.client.finding
        reason = recorder_words.sentence(finding.reason, lang)
        print(command_words.words(lang)["serve"]["tier"].format(tier=finding.tier, reason=reason), flush=True)
        if finding.remedy:
            print(f"  {recorder_words.sentence(finding.remedy, lang)}", flush=True)


def has_display() -> bool:
    """Whether a browser could show a window here."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class Announced:
    """An application that says when its lifespan has started, and keeps the error if it could not."""

    def __init__(self, app: Any, ready: Callable[[], None]) -> None:
        self.state = app.state
        self.failure: Exception | None = None
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
            self.failure = error
