"""The second prediction of lesson multiprogramming is decided by the recording that is shipped for it."""

from __future__ import annotations

from server.log.timeline import read
from tests.lessons import module_of, slug_of
from tests.lessons.mutations import shipped

SLUG = slug_of(__package__)
sleeps = module_of(__package__, "claims").sleeps


def test_tasks_that_only_compute_lose_the_core_by_preemption_and_by_nothing_else() -> None:
    trials = read(shipped(SLUG, "slices")).trials.values()
    assert len(trials) == 3
    for trial in trials:
        assert not any(sleeps(trial).values())
        cut = [span for task in trial.tasks.values() for span in task.spans if span.cause == "preempted"]
        assert {span.task for span in cut} == set(trial.tasks)
