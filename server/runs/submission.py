"""The result of a page's submission: a new run, or one it joined."""

from __future__ import annotations

from dataclasses import dataclass

from .run import Run


@dataclass(frozen=True, slots=True)
class Submission:
    """``joined``: how many other pages want the run that was joined; None for one of its own."""

    run: Run
    joined: int | None = None

    def grants_key(self, page: str | None) -> bool:
        """Whether this page gets the run's key: it started the run, now or with an earlier request."""
        return self.joined is None or (page is not None and self.run.audience.owner == page)
