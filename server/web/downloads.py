"""What can be taken home: logs, traces, replays, and the shipped recordings; it starts and changes nothing."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from ..lesson import catalog
from ..log import export
from ..log.recording import Recording
from ..runs.run import Run
from ..text import labels
from ..text.labels import Lang
from . import negotiation, replay, validation
from .context import Context
from .problems import Problem, errors

NDJSON = "application/x-ndjson"
PIECE_BYTES = 16 * 1024  # of a log, and a line more: what a client that does not read may hold twice
_POSITION = re.compile(r"[0-9]{1,9}", re.ASCII)


def router(context: Context) -> APIRouter:
    """The log of a run in each of its forms, and the recordings that lessons ship."""
    made = APIRouter()
    _add_recordings(made, context)
    _add_log(made, context)
    _add_files(made, context)
    return made


def _add_recordings(made: APIRouter, context: Context) -> None:
    @made.get(
        "/api/lessons/{slug}/recordings/{preset}",
        summary="The shipped recording of a preset, NDJSON",
        responses=errors(404),
    )
    def recording(request: Request, slug: str, preset: str) -> Response:
        lesson = context.lessons.get(slug)
        names = {each.name for each in lesson.presets} if lesson else set()
        path = catalog.recording(slug, preset) if preset in names else None
        if path is None:
            raise Problem(404, "There is no such recording.")
        return _gzipped(request, path)


def _gzipped(request: Request, path: Path) -> Response:
    """A .gz file as the bytes it holds, packed where the client takes that."""
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    status = path.stat()
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, 304, {"ETag": etag, **headers})
    data = path.read_bytes()
    if negotiation.coding(request.headers.get("accept-encoding", ""), ["gzip"]):
        return Response(data, 200, {"ETag": etag, "Content-Encoding": "gzip", **headers}, NDJSON)
    return Response(gzip.decompress(data), 200, {"ETag": etag, **headers}, NDJSON)


def _add_log(made: APIRouter, context: Context) -> None:
    @made.get(
        "/api/runs/{run_id}/log", summary="The log as NDJSON, one entry a line, after position `after`",
        responses=errors(404, 422),
    )  # fmt: skip
    async def log(request: Request, run_id: str) -> Response:
        run = await context.run(run_id)
        run.audience.seen(request.query_params.get("page"), time.monotonic())
        given = request.query_params.getlist("after") or ["0"]
        if len(given) != 1 or not _POSITION.fullmatch(given[0]):
            raise validation.Refused(
                validation.Fault("after", "type", "be one position, an integer from 0", "another value")
            )
        headers = {**_named(run, "ndjson"), "Timeslice-Epoch": str(run.epoch)}
        return StreamingResponse(_lines(run, int(given[0])), 200, headers, NDJSON)


def _add_files(made: APIRouter, context: Context) -> None:
    @made.get(
        "/api/runs/{run_id}/trace.json", summary="The run as Chrome trace events; opens in Perfetto",
        responses=errors(404),
    )  # fmt: skip
    async def trace(run_id: str) -> Response:
        run = await context.run(run_id)
        data = await asyncio.to_thread(export.trace, run.log.tail())
        return Response(data, 200, _named(run, "trace.json"), "application/json")

    @made.get(
        "/api/runs/{run_id}/replay.html", summary="A run that is over as one HTML file that plays without a network",
        responses=errors(404, 409, 422),
    )  # fmt: skip
    async def file(request: Request, run_id: str) -> Response:
        run, lang = await context.run(run_id), _language(request)
        if not run.log.ended:
            raise Problem(409, "The run is not over.")
        found = Recording(list(run.log.tail()), list(run.log.encoded()), run.epoch, None)
        try:
            data = await asyncio.to_thread(replay.html, context.settings, run.id, found, lang)
        except replay.NoRun:
            raise Problem(404, "The run is of a lesson that has no page.") from None
        return Response(data, 200, _named(run, "html"), "text/html")


def _language(request: Request) -> Lang:
    """What ``?lang=`` asks for, else the reader's preference."""
    given = request.query_params.get("lang")
    if given is None:
        return negotiation.language(request)
    known = labels.known(given)
    if known is None:
        raise validation.Refused(
            validation.Fault("lang", "choice", "be zh or en", "another word", choices=labels.LANGS)
        )
    return known


def _named(run: Run, ending: str) -> dict[str, str]:
    """Headers of a download of ``run``."""
    return {"Content-Disposition": f'attachment; filename="timeslice-{run.id}.{ending}"', "Cache-Control": "no-store"}


async def _lines(run: Run, after: int) -> AsyncIterator[str]:
    """The lines after a position, as far as they are there now; a piece is made when the one before is on its way."""
    last = run.log.last
    while after < last:
        piece, size = [], 0
        for line in run.log.encoded(after)[: last - after]:
            piece.append(f"{line}\n")
            size += len(piece[-1])
            if size > PIECE_BYTES:
                break
        after += len(piece)
        yield "".join(piece)
