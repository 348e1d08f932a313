"""Whose turn a request takes: one client is one address, an IPv6 one its network."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from server.web.client_address import client_address


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (("192.0.2.7", 4711), "192.0.2.7"),
        (("::ffff:192.0.2.7", 4711), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 4711), "2001:db8:1:2::/64"),
        (("2001:db8:1:2::9", 4711), "2001:db8:1:2::/64"),
        (("2001:db8:1:3::9", 4711), "2001:db8:1:3::/64"),
        (("a socket's name", 0), "a socket's name"),
        (None, ""),
    ],
)
def test_a_client_is_its_address_and_an_ipv6_one_its_network(client: tuple[str, int] | None, expected: str) -> None:
    assert client_address(Request({"type": "http", "client": client})) == expected
