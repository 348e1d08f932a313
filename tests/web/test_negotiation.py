"""What a client prefers is read by one grammar, for languages and codings alike."""

import pytest

from server.web import negotiation


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", [""]), ("a", ["a"]), ("a;q=0.1, B ; Q=0.9", ["b", "a"]), ("a;q=0, b", ["b"]), ("a;q=loud, b", ["b"]),
        ("a;q=NaN", []), ("a, b", ["a", "b"]), (",".join("x" * 99), ["x"] * 32),
    ],
)  # fmt: skip
def test_members_come_in_the_order_of_their_quality_and_those_refused_do_not(header: str, names: list[str]) -> None:
    assert negotiation.accepted(header) == names


def test_a_file_that_is_kept_in_one_coding_is_given_only_to_whoever_takes_that() -> None:
    assert negotiation.coding("br, gzip;q=0.1", ["gzip"]) == "gzip"
    assert negotiation.coding("br, gzip;q=0", ["gzip"]) is None
