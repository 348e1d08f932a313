"""create_app: one application out of its parts; this module wires and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import __version__
from ..lesson import catalog
from ..runs.admission import Runs
from ..settings import STATIC, Settings, load
from . import (
    api,
    api_docs,
    downloads,
    embed,
    error_responses,
    page_cache,
    pages,
    preview,
    slashes,
    still_svg,
    validation,
    well_known,
)
from .assets import Assets
from .compression import Pages
from .context import Context
from .problems import Problem
from .request_guard import RequestGuard
from .root_path import RootPath
from .stream import EventsApp


class Site(FastAPI):
    """FastAPI behind the guard, with the event streams beside both: nothing wraps a stream's ``send``."""

    events: EventsApp
    guarded: ASGIApp
    strip_root: RootPath

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's request."""
        scope = self.strip_root(scope)
        streams = (
            scope["type"] == "http"
            and scope["method"] not in ("OPTIONS", "HEAD")
            and self.events.matches(scope["path"])
        )
        await (self.events if streams else self.guarded)(scope, receive, send)


def create_app(settings: Settings | None = None, package: str = catalog.PACKAGE) -> FastAPI:
    """The web application; the settings come from the environment if none are given, the lessons from ``package``.

    ``app.state.begin_shutdown()`` has to be called before a server waits for open connections: it tells every
    viewer to come back and refuses new runs. ``app.state.context`` is what the routes were given.
    """
    settings = settings or load()
    context = Context(settings, catalog.discover(package), Runs(settings, package, stop_unwatched=True))
    events = EventsApp(context.runs, settings)

    def begin_shutdown() -> None:
        context.closing = True
        events.restart_all()

    site = _site(context, begin_shutdown)
    if context.root:
        site.servers = [{"url": context.root}]
    site.state.context, site.state.begin_shutdown = context, begin_shutdown

    def explain(scope: Scope, problem: Problem) -> Response:
        return error_responses.error_response(context, Request(scope), problem)

    site.strip_root = RootPath(context.root)
    every = super(Site, site).__call__
    site.events, site.guarded = (
        events,
        RequestGuard(page_cache.of_server(context, every, Pages(every)), settings, explain),
    )
    for part in (api, downloads, embed, pages, preview, slashes, still_svg, well_known):
        site.include_router(part.router(context))
    site.include_router(api_docs.router())
    site.mount("/static", Assets(directory=STATIC))
    _answer_errors(site, context)
    api_docs.describe(site)
    return site


def _site(context: Context, begin_shutdown: Callable[[], None]) -> Site:
    """The bare application, whose life is that of the runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await context.runs.start()
        try:
            yield
        finally:
            begin_shutdown()
            await context.runs.stop()

    return Site(
        title="Timeslice",
        version=__version__,
        description="Real processes, recorded by the kernel, replayed in slow motion.",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )


def _answer_errors(site: FastAPI, context: Context) -> None:
    """Every error becomes a problem document, or a page in the reader's language; none repeats the request."""

    async def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return error_responses.error_response(context, request, error)

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, validation.Refused)
        return Problem(422, str(error), [fault.public() for fault in error.faults]).response()

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return error_responses.error_response(context, request, Problem(error.status_code, headers=error.headers))

    async def invalid(_request: Request, _error: Exception) -> Response:
        return Problem(422, "A parameter of the address is not valid.").response()

    async def failed(request: Request, _error: Exception) -> Response:
        return error_responses.error_response(context, request, Problem(500))

    site.add_exception_handler(Problem, problem)
    site.add_exception_handler(validation.Refused, refused)
    site.add_exception_handler(HTTPException, http)
    site.add_exception_handler(RequestValidationError, invalid)
    site.add_exception_handler(Exception, failed)
