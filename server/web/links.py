"""Addresses of this server: absolute ones for links and snippets, and the path under which a proxy shows it.

``TIMESLICE_PUBLIC_URL`` decides where it is set. Without it a link says the address that its reader has opened, if that
is one of this server's (origins.py); any other Host header enters no link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from html import escape
from urllib.parse import quote, urlencode, urlsplit

from ..settings import Settings

EMBED_WIDTH, EMBED_HEIGHT = 960, 600


def base(settings: Settings) -> str:
    """Where the world sees this server, without a slash at the end; by default ``http://host:port``."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = "127.0.0.1" if settings.host in ("", "0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def root(settings: Settings) -> str:
    """The path below which the world sees this server, such as ``/course/os``; "" where it has a name to itself."""
    return urlsplit(settings.public_url).path.rstrip("/")


def opened_under(settings: Settings, opened: str) -> Settings:
    """The settings for a reader who has opened the origin ``opened``, such as ``http://192.168.1.5:8000``; links built
    from them say that address. ``TIMESLICE_PUBLIC_URL``, where it is set, goes first."""
    return settings if settings.public_url or not opened else _opened_under(settings, opened)


@lru_cache(maxsize=64)
def _opened_under(settings: Settings, opened: str) -> Settings:
    return replace(settings, public_url=opened)


def origin(url: str) -> str:
    """Scheme and authority of an address, as a browser's Origin header says it; "" if it has none."""
    try:
        parts = urlsplit(url)
        port = {"http": 80, "https": 443}.get(parts.scheme)
        host = parts.hostname or ""
        shown = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{shown}{f':{parts.port}' if parts.port not in (None, port) else ''}" if host else ""
    except ValueError:
        return ""


def lesson(settings: Settings, lang: str, slug: str) -> str:
    """Address of a lesson's page."""
    return f"{base(settings)}/{quote(lang)}/lessons/{quote(slug)}"


def embed(settings: Settings, lang: str, slug: str, options: Mapping[str, str] | None = None) -> str:
    """Address of a lesson without chrome, with the options of its query."""
    query = urlencode(options or {})
    return f"{base(settings)}/embed/{quote(lang)}/{quote(slug)}{f'?{query}' if query else ''}"


def oembed(settings: Settings, page: str) -> str:
    """Address that answers oEmbed for a page of this server: what discovery links point to."""
    return f"{base(settings)}/oembed?{urlencode({'url': page, 'format': 'json'})}"


def iframe(url: str, title: str, width: int = EMBED_WIDTH, height: int = EMBED_HEIGHT) -> str:
    """The snippet that embeds an address, in pixels: it runs scripts, and its forms where those fail, as itself."""
    return (
        f'<iframe src="{escape(url)}" title="{escape(title)}" width="{width}" height="{height}" loading="lazy" '
        'style="border:0;max-width:100%" '
        'sandbox="allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox" '
        'allow="fullscreen"></iframe>'
    )
