"""Entity tags: what an If-None-Match names, and what is answered then."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from server.web import conditional


@pytest.mark.parametrize("header", ['"a"', 'W/"a"', '"b", W/"a"', "*"])
@pytest.mark.parametrize("tag", ['"a"', 'W/"a"'])
def test_a_tag_is_named_in_a_list_weakly_or_by_a_star(header: str, tag: str) -> None:
    assert conditional.has(header, tag)


@pytest.mark.parametrize("header", ["", '"aa"', '"b", "c"', "a"])
def test_another_tag_is_not_named_though_it_holds_the_same_letters(header: str) -> None:
    assert not conditional.has(header, '"a"')


def test_whoever_has_it_gets_304_with_the_same_fields_and_no_body() -> None:
    first = conditional.answer(
        Request({"type": "http", "headers": []}), b"x", "text/plain", {"Cache-Control": "no-cache"}
    )
    asked = Request({"type": "http", "headers": [(b"if-none-match", first.headers["etag"].encode())]})
    again = conditional.answer(asked, b"x", "text/plain", {"Cache-Control": "no-cache"})
    assert (first.status_code, first.body, again.status_code, again.body) == (200, b"x", 304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "no-cache"
