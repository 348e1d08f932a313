"""Ids and keys of runs: nobody guesses one, and none comes twice."""

import re

from server.runs.ids import random_id


def test_ids_are_26_characters_of_base32_and_do_not_repeat() -> None:
    many = [random_id() for _ in range(2000)]
    assert len(set(many)) == len(many)
    assert all(re.fullmatch(r"[a-z2-7]{26}", each) for each in many)
    assert {len({each[place] for each in many}) for place in range(26)} == {32}  # every place takes every value
