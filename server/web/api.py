"""The JSON API of runs, actions and lessons; validation.py checks bodies, runs/run.py is a run."""

from __future__ import annotations

import asyncio
import hmac
import math
import re
import time
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.responses import JSONResponse

from ..lesson import Action, Lesson, catalog
from ..runs.queue import QueueFull
from ..runs.run import Run
from ..runs.submission import Submission
from ..text import lesson_text
from ..text.labels import LANGS
from . import requirements, validation
from .client_address import client_address
from .context import Context
from .problems import Problem, errors

_JSON = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)
NO_STORE = {"Cache-Control": "no-store"}


def router(context: Context) -> APIRouter:
    """All JSON routes but the downloads, and the two that say how the server is."""
    routes = APIRouter()
    _add_lessons(routes, context)
    _add_runs(routes, context)
    _add_acts(routes, context)
    _add_health(routes, context)
    return routes


def _takes(model: type[BaseModel]) -> dict[str, Any]:
    """OpenAPI request body: read and checked by hand, because stock checks are neither strict nor silent."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


async def body(request: Request) -> Any:
    """The JSON of a request whose size the guard has bounded; raises :class:`Problem` 415 or 400."""
    if not _JSON.fullmatch(request.headers.get("content-type", "")):
        raise Problem(415, "The body must be application/json in UTF-8.", headers={"Accept": "application/json"})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "The body must not be compressed.", headers={"Accept-Encoding": "identity"})
    try:
        return validation.parse(await request.body())
    except validation.Malformed as error:
        raise Problem(400, str(error)) from None


def authorise(request: Request, run: Run) -> None:
    """Whoever started a run holds its key: 401 without one, 403 with another one, compared in constant time."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Problem(401, "This needs the key of the run.", headers={"WWW-Authenticate": "Bearer"})
    if not run.key or not hmac.compare_digest(given.strip().encode(), run.key.encode()):
        raise Problem(403, "This is not the key of the run.")


def _add_lessons(routes: APIRouter, context: Context) -> None:
    @routes.get("/api/lessons", summary="All lessons in reading order")
    def lessons() -> JSONResponse:
        whole = {
            slug: lesson
            for slug, lesson in context.lessons.items()
            if all(lesson_text.has_text(slug, lang) for lang in LANGS)
        }
        return JSONResponse([about(slug, lesson) for slug, lesson in whole.items()])


def about(slug: str, lesson: Lesson) -> dict[str, Any]:
    """What the API says of a lesson: its words in both languages, and what it takes and shows."""
    fronts = {lang: lesson_text.text(slug, lang).front for lang in LANGS}
    return {
        "slug": slug,
        "order": catalog.lesson_number(slug),
        "title": {lang: front.title for lang, front in fronts.items()},
        "question": {lang: front.question for lang, front in fronts.items()},
        "summary": {lang: front.summary for lang, front in fronts.items()},
        "cores": lesson.cores,
        "params": validation.model_of(lesson.params).model_json_schema(),
        "presets": [{"name": each.name, "params": dict(each.params), "needs": each.needs} for each in lesson.presets],
        "actions": [
            {"name": each.name, "text": each.text, "params": validation.model_of(each.params).model_json_schema()}
            for each in lesson.actions
        ],
        "views": list(lesson.views),
        "claims": [{"name": each.name, "kind": each.kind, "presets": list(each.presets)} for each in lesson.claims],
    }


class AppendRateLimit:
    """How often text may be appended to one run: ``LINES`` in ``WITHIN_S`` seconds."""

    LINES, WITHIN_S = 5, 10.0

    def __init__(self) -> None:
        self._taken: deque[float] = deque(maxlen=self.LINES)

    def step(self, now_s: float) -> None:
        """Counts one line at this instant of a monotonic clock; raises :class:`Problem` 429 if it is too early."""
        wait_s = self._taken[0] + self.WITHIN_S - now_s if len(self._taken) == self.LINES else 0.0
        if wait_s > 0:
            detail = f"At most {self.LINES} lines in {self.WITHIN_S:.0f} seconds."
            raise Problem(429, detail, headers={"Retry-After": str(math.ceil(wait_s))})
        self._taken.append(now_s)


def _add_runs(routes: APIRouter, context: Context) -> None:
    @routes.post(
        "/api/runs", status_code=201, summary="Start a run", openapi_extra=_takes(validation.Start),
        responses={
            200: {"description": "the page waits for a run already, or has joined an equal one"},
            **errors(400, 403, 409, 413, 415, 422, 429, 503),
        },
    )  # fmt: skip
    async def create(request: Request) -> Response:
        request_body = validation.start(await body(request))
        submission = await submit(context, request_body, client_address(request))
        await asyncio.sleep(0)  # its launcher is forked while the answer is made
        run = submission.run
        headers = {"Location": f"{context.root}/api/runs/{run.id}", **NO_STORE}
        document = run_document(
            run, context.root, with_key=submission.grants_key(request_body.page), page=request_body.page
        )
        if submission.joined is None:
            return JSONResponse(document, 201, headers)
        return JSONResponse({**document, "joined": submission.joined}, 200, headers)

    @routes.get(
        "/api/runs/{run_id}", summary="A run: its status, and its summary once it has ended", responses=errors(404, 410)
    )
    async def read(request: Request, run_id: str) -> Response:
        run = await context.run(run_id)
        run.audience.polled(request.query_params.get("page"), time.monotonic())
        if run.damage is not None:
            raise damaged(run, context.root)
        return JSONResponse(run_document(run, context.root), headers=NO_STORE)


def _add_acts(routes: APIRouter, context: Context) -> None:
    rate_limits: WeakKeyDictionary[Run, AppendRateLimit] = WeakKeyDictionary()

    @routes.post(
        "/api/runs/{run_id}/actions", status_code=202, summary="Act on a running run",
        openapi_extra=_takes(validation.Act),
        responses=errors(400, 401, 403, 404, 409, 413, 415, 422, 429),
    )  # fmt: skip
    async def act(request: Request, run_id: str) -> Response:
        run = await context.run(run_id)
        authorise(request, run)
        request_body = validation.act(await body(request))
        declared = _action(context.lessons.get(run.lesson), request_body.action)
        arguments = validation.action(declared, request_body)
        if run.status != "running":
            raise Problem(409, "The run is not running.")
        if declared.text:
            rate_limits.setdefault(run, AppendRateLimit()).step(time.monotonic())
        run.send_action(declared.name, **arguments)
        return Response(status_code=202)

    @routes.delete(
        "/api/runs/{run_id}", status_code=204,
        summary="Stop a run: everything of it is dead after this, unless pages that joined it still wait or watch. "
        "With ?page= and no key: this page leaves.",
        responses=errors(401, 403, 404),
    )  # fmt: skip
    async def delete(request: Request, run_id: str) -> Response:
        run, page = await context.run(run_id), request.query_params.get("page")
        if "authorization" not in request.headers and page in run.audience.pages:
            context.runs.remove_page(run, str(page))
            return Response(status_code=204)
        authorise(request, run)
        await context.runs.stop_run(run)
        return Response(status_code=204)


async def submit(context: Context, request_body: validation.Start, at: str) -> Submission:
    """Starts, queues or joins a run for a client ``at`` this address.

    Raises :class:`Problem` 409, 429 or 503 and :class:`validation.Refused`.
    """
    if context.closing:
        raise Problem(503, "The server is shutting down.", headers={"Retry-After": "5"})
    lesson = context.lessons.get(request_body.lesson)
    if lesson is None:
        slugs = tuple(context.lessons)
        raise validation.Refused(
            validation.FieldError("lesson", "choice", f"be one of {', '.join(slugs)}", "another word", choices=slugs)
        )
    params = validation.params(lesson, request_body.params, request_body.preset)
    await context.machine_known()
    if context.runs.tier == "recording":
        raise Problem(409, f"This machine cannot record runs: {context.runs.client.finding.reason}.")
    missing = requirements.unmet(lesson, params, context.runs.client.machine)
    if missing is not None:
        raise Problem(409, requirements.sentence(missing, lesson_text.text(request_body.lesson, "en"), "en"))
    try:
        if request_body.page is None:
            return Submission(context.runs.submit(request_body.lesson, params, request_body.preset, at=at))
        return context.runs.submit_from_page(
            request_body.lesson, params, request_body.preset, request_body.page, request_body.own, at
        )
    except QueueFull as busy:
        wait = str(max(1, math.ceil(busy.retry_after_s)))
        raise Problem(429, "All places are taken, and so is the queue.", headers={"Retry-After": wait}) from None


def _action(lesson: Lesson | None, name: str) -> Action:
    for declared in lesson.actions if lesson else ():
        if declared.name == name:
            return declared
    raise Problem(404, "This lesson has no such action.")


def run_document(run: Run, root: str, with_key: bool = False, page: str | None = None) -> dict[str, Any]:
    """The JSON of a run, with its addresses (below ``root``); a page is known by them as long as it is there."""
    at, mark = f"{root}/api/runs/{run.id}", f"?page={page}" if page else ""
    links = {name: f"{at}/{name}" for name in ("events", "log", "actions")}
    links |= {"trace": f"{at}/trace.json", "replay": f"{at}/replay.html"}
    links |= {"events": f"{at}/events{mark}", "log": f"{at}/log{mark}"} if mark else {}
    return {**run.to_json(with_key), "links": {"self": at, **links}}


def damaged(run: Run, root: str) -> Problem:
    """410 for a run whose recording is damaged; ``left`` says what plays: its log, its stream, its page."""
    known = run_document(run, root)
    left = {name: known[name] for name in ("id", "lesson", "preset", "params", "links")}
    detail = f"The recording of this run is damaged: {run.damage}."
    return Problem(410, detail, members={"left": left | {"entries": run.log.last - 1}})


def _add_health(routes: APIRouter, context: Context) -> None:
    @routes.get("/healthz", summary="The server is alive")
    async def alive() -> Response:
        return JSONResponse({"status": "alive"}, headers=NO_STORE)

    @routes.get("/readyz", summary="The server can admit a run now", responses=errors(503))
    async def ready() -> Response:
        runs = context.runs
        if context.closing or not runs.accepting:
            raise Problem(503, "No run can be admitted now.", headers={"Retry-After": "5"})
        document = {"status": "ready", "tier": runs.tier, "testing": runs.self_test_pending, "free": runs.free_capacity}
        if runs.not_kept is not None:
            document["not_kept"] = runs.not_kept.sentence
        return JSONResponse(document, headers=NO_STORE)
