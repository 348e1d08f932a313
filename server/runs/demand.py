"""Which pages asked for which run within the last minute, waiting or not: how much a start is wanted. Reads no clock.

A class presses one button for some seconds, and its first run starts in the middle of that: whoever presses after it
waits alone for the next run, but is no less one of thirty.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

DEMAND_S = 60.0  # for so long a page that asked counts, or for as long as it waits
_MAX_PAGES = 4096

StartKey = tuple[str, str | None, str]  # lesson, preset and parameters: equal for equal starts


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a run: a page, or a program (None), and from which address."""

    page: str | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class _Wish:
    key: StartKey
    asker: Asker
    at_s: float


class Demand:
    """The newest wish of each page; a page that wants something else does not count for what it wanted before."""

    def __init__(self) -> None:
        self._wishes: dict[str, _Wish] = {}  # by page, the oldest first
        self._pages: dict[StartKey, Counter[str]] = defaultdict(Counter)  # how many pages by address

    def note(self, key: StartKey, asker: Asker, now_s: float) -> None:
        """This page asks for such a run; of more than 4,096 pages the oldest is forgotten."""
        assert asker.page is not None
        self.forget(asker.page)
        if len(self._wishes) >= _MAX_PAGES:
            self.forget(next(iter(self._wishes)))
        self._wishes[asker.page] = _Wish(key, asker, now_s)
        self._pages[key][asker.address] += 1

    def forget(self, page: str) -> None:
        """This page wants nothing any more."""
        wish = self._wishes.pop(page, None)
        if wish is None:
            return
        pages = self._pages[wish.key]
        pages[wish.asker.address] -= 1
        if not pages[wish.asker.address]:
            del pages[wish.asker.address]
        if not pages:
            del self._pages[wish.key]

    def expire(self, now_s: float, is_waiting: Callable[[str], bool]) -> None:
        """Forgets pages that asked more than ``DEMAND_S`` ago, but for those that still wait."""
        old = itertools.takewhile(lambda each: now_s - each[1].at_s >= DEMAND_S, self._wishes.items())
        for page, wish in list(old):
            self.forget(page)
            if is_waiting(page):
                self.note(wish.key, wish.asker, now_s)

    def pages_by_address(self, key: StartKey) -> Mapping[str, int]:
        """How many pages want such a run, by their address."""
        return self._pages.get(key) or {}
