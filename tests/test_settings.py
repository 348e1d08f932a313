"""Settings come from the environment; what is none is named with its variable."""

from __future__ import annotations

import pytest

from server import settings
from server.settings import BadSetting, Bounds, Settings


def test_nothing_given_is_the_default_and_every_kind_is_read() -> None:
    assert settings.load({}) == Settings()
    env = {"PORT": "1", "TIMESLICE_STALL_S": "2.5", "TIMESLICE_ORIGINS": "http://a, http://b", "TIMESLICE_UID": "7"}
    given = settings.load(env)
    assert (given.port, given.stall_s, given.origins, given.uid) == (1, 2.5, ("http://a", "http://b"), 7)
    assert settings.load({"PORT": "1", "TIMESLICE_PORT": "2"}).port == 2


def test_bounds_of_a_run_are_settings_too() -> None:
    given = settings.load({"TIMESLICE_BOUNDS_FACTS": "12", "TIMESLICE_BOUNDS_WALL_S": "1.5", "TIMESLICE_FACTS": "7"})
    assert given == Settings(bounds=Bounds(facts=12, wall_s=1.5))


@pytest.mark.parametrize("name", ["TIMESLICE_PORT", "TIMESLICE_BOUNDS_FACTS", "TIMESLICE_STALL_S"])
def test_what_is_no_number_is_named(name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        settings.load({name: "many"})
