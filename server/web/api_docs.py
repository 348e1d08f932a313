"""/api/docs: the OpenAPI document as a page for people, rendered here; no third-party script, nothing to fill in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import HTMLResponse

from . import assets, render

_METHODS = ("get", "post", "delete")
#: The streams stand outside FastAPI, which therefore does not know them.
EVENTS = {
    "get": {
        "summary": "The log as server-sent events (text/event-stream)",
        "description": "Each message is `event: facts` with `id: epoch.position` and one JSON array of entries and "
        "packed runs of state changes; `event: end` closes. `Last-Event-ID`, or `?last_event_id=`, resumes.",
        "responses": {
            "200": {"description": "the stream", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
            "204": {"description": "the end was seen already"},
            "404": {"description": "there is no such thing"},
        },
    }
}


def router() -> APIRouter:
    """The one route."""
    made = APIRouter()

    @made.get("/api/docs", include_in_schema=False)
    def docs(request: Request) -> Response:
        document = request.app.openapi()
        servers = document.get("servers")
        root = servers[0]["url"] if servers else ""
        values = {
            "info": document["info"], "operations": list(operations(document)), "root": root,
            "static": lambda path: f"{root}{assets.address(path)}",
        }  # fmt: skip
        html = render.environment().get_template("api.html").render(values)
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return made


def describe(site: FastAPI) -> None:
    """Makes the OpenAPI document once, all routes being there, and adds the streams to it."""
    site.openapi()["paths"]["/api/runs/{run_id}/events"] = EVENTS


def operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the page says of each operation of an OpenAPI 3.1 document, in its order."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield {"path": path, "method": method.upper(), **_operation(item[method])}


def _operation(said: Mapping[str, Any]) -> dict[str, Any]:
    schema = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "summary": said.get("summary", ""),
        "description": said.get("description", ""),
        "fields": [_field(name, each, schema) for name, each in schema.get("properties", {}).items()],
        "answers": [
            {"status": status, "description": answer.get("description", "")}
            for status, answer in said.get("responses", {}).items()
        ],
    }


def _field(name: str, said: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [each["type"] for each in said.get("anyOf", [said]) if "type" in each]
    return {
        "name": name,
        "type": " or ".join(kinds),
        "required": name in schema.get("required", ()),
        "description": said.get("description", ""),
    }
