"""One run without a server: it waits for the recorder's self-test, however long that takes."""

from __future__ import annotations

import pytest

from server.events import RunEnded, RunStarted
from server.runs import spawner_lifecycle
from server.runs.once import run_once
from tests.spawners import spawner

pytestmark = pytest.mark.real_processes

PACKAGE = "tests.lab"


def test_a_self_test_that_takes_long_costs_time_and_not_the_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    with spawner((PACKAGE,)) as known:
        best = known.finding.tier
    monkeypatch.setattr(spawner_lifecycle, "SELF_TEST_TIMEOUT_S", 0.0)  # it is always too late for this
    first, *_, last = [entry.fact for entry in run_once("calm", {}, package=PACKAGE).tail()]
    assert isinstance(first, RunStarted)
    assert isinstance(last, RunEnded)
    assert (first.tier, last.reason) == (best, "finished")
