"""While records are folded and snapshots taken, the rings are emptied: played without a kernel."""

from __future__ import annotations

from server.events import TaskState
from server.recorder import polling
from server.recorder.records import FORK, IN, OUT, RawRecord
from server.recorder.state_reconstructor import StateReconstructor

RECORDS = 5000


class Rings:
    """Gives what it has and notes in which order it is asked."""

    tier = "exact"
    period_ns = None

    def __init__(self, records: list[RawRecord]) -> None:
        self.records = records
        self.collected = 0

    def collect(self) -> None:
        self.collected += 1

    def collect_switches(self) -> list[RawRecord]:
        return []

    def drain(self) -> list[RawRecord]:
        records, self.records = self.records, []
        return records

    def lost_records(self) -> int:
        return 0

    def close_after_fork(self) -> None: ...
    def close(self) -> None: ...


def test_the_rings_are_emptied_while_many_records_are_folded_and_nothing_is_told_twice() -> None:
    records: list[RawRecord] = [(1, FORK, 0, 70, 70, 1, "")]
    records += [(n + 2, IN if n % 2 == 0 else OUT, 0, 70, 70, 0, "") for n in range(RECORDS)]
    rings, fold = Rings(records), StateReconstructor(1, 0, "exact", 0)
    entries = polling.poll_recorder(rings, fold, RECORDS + 2)
    told = [*entries, *fold.finish()]
    assert rings.collected >= RECORDS // 1000 - 1
    states = [entry.fact.state for entry in told if isinstance(entry.fact, TaskState)]
    assert states.count("running") == states.count("blocked") == RECORDS // 2


def test_a_few_records_cost_no_look_at_the_rings() -> None:
    rings = Rings([(1, FORK, 0, 70, 70, 1, "")])
    polling.poll_recorder(rings, StateReconstructor(1, 0, "exact", 0), 10)
    assert rings.collected == 0
