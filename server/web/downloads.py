"""What can be downloaded: logs, traces, replays, and the shipped recordings; it starts and changes nothing."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
from collections.abc import AsyncIterator, Callable, Hashable
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from ..lesson import catalog
from ..log import export, recording
from ..log.event_log import EventLog
from ..log.recording import Recording
from ..runs.run import Run
from ..text import labels
from ..text.labels import Lang
from . import compression, conditional, frames, negotiation, replay, validation
from .context import Context
from .problems import Problem, errors

NDJSON = "application/x-ndjson"
PIECE_BYTES = 16 * 1024  # of a log, and a line more: what a client that does not read may hold twice
FILES_BYTES = 64 * 2**20  # of files that are being taken, all together
MAKERS = 2  # files made at one time
_LOOK = 64  # lines of a log looked at together
_POSITION = re.compile(r"[0-9]{1,9}", re.ASCII)


def router(context: Context) -> APIRouter:
    """The log of a run in each of its forms, and the recordings that lessons ship."""
    made, files = APIRouter(), Files()
    _add_recordings(made, context, files)
    _add_log(made, context)
    _add_files(made, context, files)
    return made


class File:
    """What somebody takes; it lives as long as somebody does."""

    def __init__(self, made: asyncio.Future[bytes]) -> None:
        self.made = made

    @property
    def size(self) -> int:
        """Bytes; 0 while it is being made."""
        return len(self.made.result()) if self.made.done() and not self.made.exception() else 0

    async def pieces(self) -> AsyncIterator[memoryview]:
        """The next piece is taken when the one before is on its way; none is a copy."""
        data = memoryview(await self.made)
        for start in range(0, len(data), PIECE_BYTES):
            yield data[start : start + PIECE_BYTES]


class Files:
    """Each file is made once, in a thread, for all who take it at that time: a viewer who does not read costs a piece
    of it, not all of it, and the files of many runs together are bounded."""

    def __init__(self) -> None:
        self._taken: WeakValueDictionary[Hashable, File] = WeakValueDictionary()
        self._makers = asyncio.Semaphore(MAKERS)

    @property
    def taken(self) -> int:
        """How many there are."""
        return len(self._taken)

    async def answer(self, key: Hashable, make: Callable[[], bytes], headers: dict[str, str], kind: str) -> Response:
        """The file of this key; :class:`Problem` 503 where too much is being taken already, or what ``make`` raises."""
        file = self._taken.get(key)
        if file is None:
            if sum(each.size for each in self._taken.values()) > FILES_BYTES:
                raise Problem(503, "Too many files are being taken.", headers={"Retry-After": "20"})
            file = self._taken[key] = File(asyncio.ensure_future(self._make(make)))
        await asyncio.shield(file.made)
        return StreamingResponse(file.pieces(), 200, {**headers, "Content-Length": str(file.size)}, kind)

    async def _make(self, make: Callable[[], bytes]) -> bytes:
        async with self._makers:
            return await asyncio.to_thread(make)


def _add_recordings(made: APIRouter, context: Context, files: Files) -> None:
    @made.get(
        "/api/lessons/{slug}/recordings/{preset}",
        summary="The shipped recording of a preset, NDJSON",
        responses=errors(404),
    )
    async def recording_file(request: Request, slug: str, preset: str) -> Response:
        return await _gzipped(files, request, _shipped(context, slug, preset))

    @made.get(
        "/api/lessons/{slug}/recordings/{preset}/trace.json",
        summary="The shipped recording as Chrome trace events; opens in Perfetto",
        responses=errors(404),
    )
    async def trace(slug: str, preset: str) -> Response:
        path = _shipped(context, slug, preset)
        key = (path, "trace", path.stat().st_mtime_ns)
        make = lambda: export.chrome_trace(recording.read(path).entries)  # noqa: E731
        return await files.answer(key, make, _attached(f"{slug}-{preset}.trace.json"), "application/json")

    @made.get(
        "/api/lessons/{slug}/recordings/{preset}/replay.html",
        summary="The shipped recording as one HTML file that plays without a network",
        responses=errors(404, 422),
    )
    async def file(request: Request, slug: str, preset: str) -> Response:
        path, lang = _shipped(context, slug, preset), _language(request)
        key, name = (path, path.stat().st_mtime_ns), f"{slug}-{preset}.{lang}.html"
        return await _replay(context, files, request, key, lambda: ("local", recording.read(path)), lang, name)


def _shipped(context: Context, slug: str, preset: str) -> Path:
    """The recording that a lesson ships; :class:`Problem` 404."""
    lesson = context.lessons.get(slug)
    names = {each.name for each in lesson.presets} if lesson else set()
    path = catalog.recording_path(slug, preset) if preset in names else None
    if path is None:
        raise Problem(404, "There is no such recording.")
    return path


async def _replay(
    context: Context, files: Files, request: Request, key: Hashable, read: Callable[[], tuple[str, Recording]],
    lang: Lang, name: str,
) -> Response:  # fmt: skip
    """A recording as one file, in the coding the client takes; ``read`` gives it with the run's id."""
    how = negotiation.coding(request.headers.get("accept-encoding", ""))
    headers = {**_attached(name), "Vary": "Accept-Encoding"} | ({"Content-Encoding": how} if how else {})

    def make() -> bytes:
        run_id, found = read()
        data = replay.html(context.settings, run_id, found, lang)  # no address that only one reader opened
        return data if how is None else compression.pack(data, how, compression.QUALITY_NOW)

    try:
        return await files.answer((key, "replay", lang, how), make, headers, "text/html")
    except replay.NoRun:
        raise Problem(404, "The run is of a lesson that has no page.") from None


async def _gzipped(files: Files, request: Request, path: Path) -> Response:
    """A .gz file as the bytes it holds, packed where the client takes that."""
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    status = path.stat()
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    if conditional.has(request.headers.get("if-none-match", ""), etag):
        return Response(None, 304, {"ETag": etag, **headers})
    headers["ETag"] = etag
    if negotiation.coding(request.headers.get("accept-encoding", ""), ["gzip"]):
        return await files.answer((path, etag), path.read_bytes, {"Content-Encoding": "gzip", **headers}, NDJSON)
    return await files.answer((path, etag, "plain"), lambda: gzip.decompress(path.read_bytes()), headers, NDJSON)


def _add_log(made: APIRouter, context: Context) -> None:
    @made.get(
        "/api/runs/{run_id}/log", summary="The log as NDJSON, one entry a line, after position `after`",
        responses=errors(404, 422),
    )  # fmt: skip
    async def log(request: Request, run_id: str) -> Response:
        run = await context.run(run_id)
        run.audience.polled(request.query_params.get("page"), time.monotonic())
        given = request.query_params.getlist("after") or ["0"]
        if len(given) != 1 or not _POSITION.fullmatch(given[0]):
            raise validation.Refused(
                validation.FieldError("after", "type", "be one position, an integer from 0", "another value")
            )
        headers = {**_named(run, "ndjson"), "Timeslice-Epoch": str(run.epoch)}
        if (at := run.queue_position) is not None:  # what a stream says of it, for a page that polls
            headers["Timeslice-Queue"] = frames.queue_text(at.number, at.estimate_s, at.pages, at.reason)
        return StreamingResponse(_lines(run, int(given[0])), 200, headers, NDJSON)


def _add_files(made: APIRouter, context: Context, files: Files) -> None:
    @made.get(
        "/api/runs/{run_id}/trace.json", summary="The run as Chrome trace events; opens in Perfetto",
        responses=errors(404),
    )  # fmt: skip
    async def trace(run_id: str) -> Response:
        run = await context.run(run_id)
        key = (run.id, "trace", run.epoch, run.log.last)
        make = partial(export.chrome_trace, run.log.tail())
        return await files.answer(key, make, _named(run, "trace.json"), "application/json")

    @made.get(
        "/api/runs/{run_id}/replay.html", summary="A run that is over as one HTML file that plays without a network",
        responses=errors(404, 409, 422),
    )  # fmt: skip
    async def file(request: Request, run_id: str) -> Response:
        run, lang = await context.run(run_id), _language(request)
        if not run.log.ended:
            raise Problem(409, "The run is not over.")

        def read() -> tuple[str, Recording]:
            return run.id, Recording(list(run.log.tail()), list(run.log.encoded()), run.epoch, None)

        return await _replay(context, files, request, (run.id, run.epoch), read, lang, f"timeslice-{run.id}.html")


def _language(request: Request) -> Lang:
    """What ``?lang=`` asks for, else the reader's preference."""
    given = request.query_params.get("lang")
    if given is None:
        return negotiation.language(request)
    known = labels.known(given)
    if known is None:
        raise validation.Refused(
            validation.FieldError("lang", "choice", "be zh or en", "another word", choices=labels.LANGS)
        )
    return known


def _named(run: Run, ending: str) -> dict[str, str]:
    """Headers of a download of ``run``."""
    return _attached(f"timeslice-{run.id}.{ending}")


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


async def _lines(run: Run, after: int) -> AsyncIterator[bytes]:
    """The lines after a position, as far as they are there now; a piece is made when the one before is on its way.

    Nothing of a piece but its bytes is held while it waits: a viewer who does not read costs it, and no copy of it.
    """
    last = run.log.last
    while after < last:
        after, piece = _piece(run.log, after, last)
        yield piece


def _piece(log: EventLog, after: int, last: int) -> tuple[int, bytes]:
    """Lines after ``after`` and not beyond ``last``, PIECE_BYTES and a line at most; the position of the last one."""
    piece = bytearray()
    while after < last and len(piece) <= PIECE_BYTES:
        for line in log.encoded(after, min(_LOOK, last - after)):
            piece += line.encode() + b"\n"
            after += 1
            if len(piece) > PIECE_BYTES:
                break
    return after, bytes(piece)
