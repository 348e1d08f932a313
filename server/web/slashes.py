"""Addresses of pages with a slash at their end lead to the page without it, as people and other sites write both."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse

from ..text.labels import LANGS
from .context import Context


def router(context: Context) -> APIRouter:
    """308 for every kind of page; the query goes along."""
    made = APIRouter(include_in_schema=False)
    pages = ("lessons/{slug}", "about", "about/tutorial")
    for path in [f"/{lang}/{page}" for lang in LANGS for page in pages] + ["/embed/{lang}/{slug}"]:
        _add(made, context, path)
    return made


def _add(made: APIRouter, context: Context, path: str) -> None:
    @made.get(f"{path}/")
    def without_slash(request: Request) -> RedirectResponse:
        query = f"?{request.url.query}" if request.url.query else ""
        target = path.format(**request.path_params)
        return RedirectResponse(f"{context.root}{target}{query}", 308)
