"""Whose turn of the queue a request takes: its client's address, an IPv6 one by its network of 64 bits."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request


def client_address(request: Request) -> str:
    """The address, as fair queueing counts it; "" where there is none.

    Behind a proxy it is the last one that the proxy's X-Forwarded-For names: uvicorn reads it from this machine's own
    addresses, and from those in FORWARDED_ALLOW_IPS. A host chooses the lower 64 bits of its IPv6 address as often as
    it likes (RFC 8981), so they do not make another client.
    """
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))
    return str(address)
