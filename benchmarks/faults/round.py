"""One round: runs and their viewers, so that a fault has something to hit."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from benchmarks.faults.server_under_test import ENDED, ServerUnderTest
from benchmarks.faults.sse_client import SseClient

SHORT = ("calm", "threads", "crash", "program")
END_S = 15.0  # SIGTERM promises 5 s; this machine may be loaded
ENDLESS = ("daemon", "echo")  # of tests/lab: these are stopped by whoever started them


@dataclass(slots=True)
class Round:
    """What one fault is injected into."""

    sut: ServerUnderTest
    chance: random.Random
    made: list[dict[str, Any]] = field(default_factory=list)
    viewers: list[SseClient] = field(default_factory=list)
    failed_before: bool = False  # the fault is allowed to make a run fail
    restarted: bool = False  # the server of the runs is no longer the one that is there
    sampled: bool = False  # perf is refused: nobody may claim to have heard the kernel exactly

    def start(self, lesson: str, port: int | None = None, **how: Any) -> dict[str, Any] | None:
        """A run with a viewer; None if it was refused."""
        made = self.sut.start(lesson)
        if made is not None:
            self.made.append(made)
            watched = SseClient(port or self.sut.port, made["id"], random.Random(self.chance.random()), **how)
            self.viewers.append(watched)
        return made

    def started(self, lesson: str) -> dict[str, Any] | None:
        """The same, and it has a worker; None if it was refused or is over already."""
        made = self.start(lesson)
        if made is None or not self.sut.settle(lambda: bool(self.sut.roles()["worker"])):
            return None
        return made

    def pause(self, most_s: float) -> None:
        """A random instant."""
        self.sut.settle(lambda: False, self.chance.uniform(0.0, most_s))

    def stop(self, made: dict[str, Any]) -> int:
        """DELETE: 204 once everything of it is dead."""
        return self.sut.ask("DELETE", f"/api/runs/{made['id']}", key=made.get("key", "")).status

    def finish(self) -> None:
        """Every run is brought to its end: those that have none of their own are stopped."""
        for made in self.made:
            run = made["id"]
            if made["lesson"] in ENDLESS and self.sut.status(run) in ("queued", "running"):
                status = self.stop(made)
                if status not in (204, 401, 403):
                    self.sut.violations.append(f"DELETE of a {made['lesson']} answered {status}")
            if not self.sut.settle(lambda run=run: self.sut.status(run) in (*ENDED, "404", "410"), 45.0):
                self.sut.violations.append(f"2: a {made['lesson']} is still {self.sut.status(run)} after 45 s")
