"""Who may write: under which names this server knows itself, and whose pages may start runs; it knows no route.

A page of another site is told by its Origin (RFC 6454) or by Sec-Fetch-Site, which browsers send over TLS and to
this machine only. A page that has bent its own name to our address (DNS rebinding) is same-origin by both: it is told
by the Host header, which holds that name. An address instead of a name cannot be bent.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from ..settings import Settings
from . import links

UNKNOWN_HOST = (
    "This server does not know itself under the name in the Host header. "
    "Set TIMESLICE_PUBLIC_URL to the address that people open, or add it to TIMESLICE_ORIGINS."
)
UNKNOWN_ORIGIN = (
    "This origin may not start or change runs here. Behind a proxy, set TIMESLICE_PUBLIC_URL to the address that "
    "people open; TIMESLICE_ORIGINS names further origins that may."
)
_NAME = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d+)?")
_OWN_PAGE = (b"same-origin", b"none")  # none: the reader's own doing, such as a bookmark


class Origins:
    """What the settings say of names and origins."""

    def __init__(self, settings: Settings) -> None:
        given = (settings.public_url, *settings.origins)
        self._public = links.origin(settings.public_url)
        self._given = frozenset(filter(None, map(links.origin, given)))
        self._own = frozenset(own_names(settings.host))
        self._names = self._own | {urlsplit(each).hostname for each in self._given}

    def known(self, scheme: str, server: tuple[str, int | None] | None) -> frozenset[str]:
        """Origins that may start runs: the settings', and this very server's at its own ``server`` address."""
        address, port = server or ("", None)
        own = {
            links.origin(f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}")
            for name in (address, *self._own)
            if name and port
        }
        return self._given | own

    def names(self, host: str) -> bool:
        """Whether ``host`` (a Host header) can be meant for this server: an address, or one of our names."""
        found = _NAME.fullmatch(host)
        name = (found[1] or found[2].rstrip(".")) if found else ""
        return name in self._names or name.endswith(".localhost") or _is_address(name)

    def opened(self, scope: Scope) -> str:
        """The origin that a reader has opened, from the Host header; "" unless it can be meant for this server."""
        host = Headers(scope=scope).get("host", "").lower()
        return links.origin(f"{scope['scheme']}://{host}") if host and self.names(host) else ""

    def own(self, scope: Scope) -> list[str]:
        """The origins under which a reader may have this server's files: what was opened, and the public address, for
        a proxy may ask under another name."""
        return list(dict.fromkeys(filter(None, (self._public, self.opened(scope)))))

    def rejection_reason(
        self, host: str, origins: list[bytes], sites: list[bytes], known: frozenset[str]
    ) -> str | None:
        """Why a request may not write, as a sentence; None if it may. A request without Origin and Sec-Fetch-Site
        comes from no browser."""
        if host and not self.names(host):
            return UNKNOWN_HOST
        if len(origins) > 1 or len(sites) > 1 or not _may_write(host, origins, sites, known):
            return UNKNOWN_ORIGIN
        return None


def _may_write(host: str, origins: list[bytes], sites: list[bytes], known: frozenset[str]) -> bool:
    own_page = bool(sites) and sites[0] in _OWN_PAGE
    if not origins:
        return own_page or not sites
    origin = origins[0].decode("latin-1")
    if origin in known:
        return True
    if not origin or links.origin(origin) != origin:  # "null", or nothing a browser sends
        return False
    scheme = urlsplit(origin).scheme
    same = origin == links.origin(f"{scheme}://{host}")
    return same and (own_page or (not sites and scheme == "http"))  # over https there would be a Sec-Fetch-Site


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def own_names(host: str) -> Iterable[str]:
    """Names that lead to a server bound to ``host``: a page opened under one of them is its own page."""
    name = socket.gethostname().lower()
    local = ("localhost", "127.0.0.1", "::1")
    if host in local:
        return local
    return tuple({*local, host, name, f"{name}.local"} - {"0.0.0.0", "::", ""})  # noqa: S104 - removed, not bound
