"""The audience of a run: the pages that started or joined it, and anonymous viewers; the clock is the caller's."""

from __future__ import annotations

ABSENT_TIMEOUT_S = 15.0  # a page without an open stream for so long has left


class Audience:
    """Counts open streams by page. Times are seconds of one monotonic clock."""

    def __init__(self, now_s: float, owner: str | None = None) -> None:
        """``owner`` is the page that started the run; None: a program did."""
        self.owner = owner
        self._streams: dict[str, int] = {}  # page → how many streams it has open
        self._absent_since_s: dict[str, float] = {}  # page → since when it has none
        self._anonymous_streams = 0
        self._unwatched_since_s = now_s
        if owner is not None:
            self._absent_since_s[owner] = now_s

    @property
    def pages(self) -> set[str]:
        """The pages that have not left."""
        return set(self._streams) | set(self._absent_since_s)

    def join(self, page: str, now_s: float) -> None:
        """Adds a page; it has ``ABSENT_TIMEOUT_S`` to open its stream."""
        if page not in self._streams:
            self._absent_since_s[page] = now_s

    def stream_opened(self, page: str | None, now_s: float) -> None:
        """A stream was opened; of a page that has not joined this run it counts as anonymous."""
        if page is None or page not in self.pages:
            self._anonymous_streams += 1
        else:
            self._streams[page] = self._streams.get(page, 0) + 1
            self._absent_since_s.pop(page, None)
        self._unwatched_since_s = now_s

    def stream_closed(self, page: str | None, now_s: float) -> None:
        """The same stream was closed."""
        if page is None or page not in self._streams:
            self._anonymous_streams = max(0, self._anonymous_streams - 1)
        elif self._streams[page] > 1:
            self._streams[page] -= 1
        else:
            del self._streams[page]
            self._absent_since_s[page] = now_s
        self._unwatched_since_s = now_s

    def polled(self, page: str | None, now_s: float) -> None:
        """Somebody read the run without a stream: behind a proxy that buffers streams, a page polls."""
        if page is not None and page in self._absent_since_s:
            self._absent_since_s[page] = now_s
        self._unwatched_since_s = now_s

    def leave(self, page: str) -> None:
        """Removes a page that does not want this run any more."""
        self._anonymous_streams += self._streams.pop(page, 0)
        self._absent_since_s.pop(page, None)

    def expire_absent(self, now_s: float) -> bool:
        """Removes the pages that have been absent for ``ABSENT_TIMEOUT_S``; True if there were any."""
        expired = [page for page, since_s in self._absent_since_s.items() if now_s - since_s >= ABSENT_TIMEOUT_S]
        for page in expired:
            del self._absent_since_s[page]
        return bool(expired)

    def unwatched_s(self, now_s: float) -> float:
        """For how many seconds no stream has been open."""
        return 0.0 if self._streams or self._anonymous_streams else now_s - self._unwatched_since_s

    @property
    def other_pages(self) -> int:
        """How many pages beside the owner's want this run."""
        return len(self.pages - {self.owner})
