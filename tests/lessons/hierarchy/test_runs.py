"""Real runs of every preset: who is reached, and that the shell was given no other byte."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from server.events import ActionTaken, ClaimBroken, ClaimHeld, Entry, Output, RunEnded
from server.runs.once import run_once
from tests.lessons import module_of, slug_of

pytestmark = pytest.mark.real_processes

SLUG = slug_of(__package__)
LESSON = module_of(__package__).LESSON
session = module_of(__package__, "session")


def run(preset: str) -> list[Entry]:
    params = {each.name: each.default for each in LESSON.params} | {"kind": preset} | dict(LESSON.alone)
    return list(run_once(SLUG, params, preset).tail(0))


@pytest.mark.parametrize("preset", [each.name for each in LESSON.presets])
def test_every_asserted_claim_holds_and_every_process_is_proved(preset: str) -> None:
    log = run(preset)
    end = log[-1].fact
    assert isinstance(end, RunEnded)
    assert end.reason == "finished", end.message
    assert end.summary["proved"]
    last = {each.fact.claim: each.fact for each in log if isinstance(each.fact, (ClaimHeld, ClaimBroken))}
    owed = [each for each in LESSON.claims if not each.presets or preset in each.presets]
    for claim in (each for each in owed if each.kind == "asserted"):
        assert isinstance(last.get(claim.name), ClaimHeld), last.get(claim.name)


def test_the_shell_was_given_the_fixed_lines_and_nothing_else() -> None:
    log = run("bash")
    shown = "".join(each.fact.text for each in log if isinstance(each.fact, Output) and each.fact.stream == "terminal")
    asked = [each.fact.action for each in log if isinstance(each.fact, ActionTaken)]
    assert asked == list(session.SCRIPT)
    typed = [session.KEYS[action].rstrip() for action in asked if len(session.KEYS.get(action, "")) > 1]
    lines = re.findall(r"\$ ([^\r\n]+)", shown)
    assert set(lines) <= set(typed)


class LateOrphan:
    """A stage with three generations; the orphan says that it has worked only after so many looks."""

    def __init__(self, looks: int) -> None:
        self.left, self.done, self.asleep = looks, -1, 0
        self.positions = {11: (0, 0, 0, 0), 12: (11, 0, 0, 0), 13: (12, 0, 0, 0)}

    def spawn(self, _: object, done: int, **__: object) -> None:
        self.done = done

    def process_tree(self) -> LateOrphan:
        return self

    def until(self, come: Callable[[], bool], _: float) -> bool:
        while not come() and self.left:
            self.left -= 1
            if not self.left:
                os.write(self.done, b".")
        return come()

    def wait_until_asleep(self, pid: int) -> None:
        self.asleep = pid

    def kill(self, pid: int, _: int) -> None:
        assert pid == self.asleep == 12  # it was not killed before it had named its child
        self.positions[13] = (os.getpid(), 0, 0, 0)

    def __getattr__(self, _: str) -> Any:
        return lambda *_: nullcontext()  # the barrier, sleep, facts, polling


@pytest.mark.parametrize("looks", [1, 1000])
def test_the_run_ends_when_the_orphan_has_worked_and_not_at_some_time(
    monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    stage = LateOrphan(looks)
    monkeypatch.setattr(session.os, "kill", stage.kill)
    session._orphan(stage, SimpleNamespace(grandparent=None))
    assert stage.left == 0


def test_an_orphan_that_never_works_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = LateOrphan(0)
    monkeypatch.setattr(session.os, "kill", stage.kill)
    with pytest.raises(session.RunTerminated):
        session._orphan(stage, SimpleNamespace(grandparent=None))
