"""Who is at a run: the pages that asked for it or joined it, and others who look on; the clock is the caller's."""

from __future__ import annotations

AWAY_S = 15.0  # a page that has been away for so long has left


class Audience:
    """Times are seconds of one monotonic clock."""

    def __init__(self, now_s: float, holder: str | None = None) -> None:
        """``holder`` is the page that made the run; None: whoever did is no page."""
        self.holder = holder
        self._streams: dict[str, int] = {}  # page → how many streams it has open
        self._away_s: dict[str, float] = {}  # page → since when it has none
        self._lookers = 0
        self._empty_s = now_s  # since when nobody has been here
        if holder is not None:
            self._away_s[holder] = now_s

    @property
    def pages(self) -> set[str]:
        """The pages that have not left."""
        return set(self._streams) | set(self._away_s)

    def join(self, page: str, now_s: float) -> None:
        """A page wants this run, too; it has a moment to open its stream."""
        if page not in self._streams:
            self._away_s[page] = now_s

    def arrive(self, page: str | None, now_s: float) -> None:
        """Somebody's stream opens; a page that is no page of this run looks on."""
        if page is None or page not in self.pages:
            self._lookers += 1
        else:
            self._streams[page] = self._streams.get(page, 0) + 1
            self._away_s.pop(page, None)
        self._empty_s = now_s

    def depart(self, page: str | None, now_s: float) -> None:
        """The same stream is closed."""
        if page is None or page not in self._streams:
            self._lookers = max(0, self._lookers - 1)
        elif self._streams[page] > 1:
            self._streams[page] -= 1
        else:
            del self._streams[page]
            self._away_s[page] = now_s
        self._empty_s = now_s

    def seen(self, page: str | None, now_s: float) -> None:
        """Somebody read the run without a stream: behind a proxy that holds streams up, that is what a page does."""
        if page is not None and page in self._away_s:
            self._away_s[page] = now_s
        self._empty_s = now_s

    def leave(self, page: str) -> None:
        """A page says that it does not want this run any more."""
        self._lookers += self._streams.pop(page, 0)
        self._away_s.pop(page, None)

    def forget_the_absent(self, now_s: float) -> bool:
        """Pages that have been away too long have left; True if any has."""
        gone = [page for page, since_s in self._away_s.items() if now_s - since_s >= AWAY_S]
        for page in gone:
            del self._away_s[page]
        return bool(gone)

    def empty_for_s(self, now_s: float) -> float:
        """For how long no stream has been open."""
        return 0.0 if self._streams or self._lookers else now_s - self._empty_s

    @property
    def others(self) -> int:
        """Pages beside the holder's that want this run."""
        return len(self.pages - {self.holder})
