"""Some hundred requests made by chance; ``python -m benchmarks.api_cases`` sends ten thousand, and other seeds."""

from __future__ import annotations

import pytest

from tests.conftest import Served
from tests.web.api_cases import Known, Maker, fault, new_run, routes, send, stop

pytestmark = pytest.mark.real_processes
SEED, CASES, PARTS = 20261130, 400, 4


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_asked_the_answer_is_no_fault_of_the_servers(part: int, served: Served) -> None:
    port = int(served.url.rstrip("/").rpartition(":")[2])
    maker, found, statuses = Maker(SEED, Known(port, [])), [], set()
    for number in range(part, CASES, PARTS):
        case = maker.case(number)
        answer = send(port, case)
        statuses.add(answer.status)
        if wrong := fault(case, answer):
            found.append(f"{SEED}:{number} {case.method} {case.path[:80]!r}: {wrong}")
        if (run := new_run(answer)) is not None:
            stop(port, run)
    assert found == []
    assert {200, 404, 405} <= statuses, "the cases reach what there is"


def test_every_kind_of_address_is_among_the_routes_and_a_case_is_the_same_for_the_same_seed() -> None:
    paths = {path for path, _ in routes()}
    assert {"/api/runs", "/api/runs/{run_id}/events", "/healthz", "/oembed", "/en/lessons/{slug}/run"} <= paths
    one, two = (Maker(3, Known(1, [])) for _ in range(2))
    assert [one.case(number).data for number in range(50)] == [two.case(number).data for number in range(50)]
