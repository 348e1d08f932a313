"""What this lesson claims, each a fold over the log of one run, and what it measures; it draws and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from ...events import ValueMeasured, WaitsFor
from ...lesson import ClaimResult
from ...lesson.claim_folds import SettlingClaim, counted_verdict
from .readings import Exchange, Exchanges

MS = 1_000_000
ASLEEP_SHARE = 0.9  # of the time on a core or asleep: from here on the lesson says that the caller slept through it
CHEAP_SHARE = 0.1  # CPU time of a caller that naps between its questions, of the whole wait
BEFORE_NS = 100_000  # so long before the peer states that it answers, nobody has been woken by it yet
GIL_NS = 20 * MS  # who waits for the GIL looks again every 5 ms: a longer sleep is none of that kind
ASKS_PER_MS = 10  # one recv that finds nothing takes microseconds
PIECES = 32  # reads of the file, as experiment.PIECES


class Each(SettlingClaim, Exchanges):
    """A claim about the trials of some styles: held if it held in all of them, settled by the first that breaks it."""

    styles: ClassVar[tuple[str, ...]]
    never: ClassVar[bool] = False  # "not once", "at most": what samples do not show may have been

    def exchanged(self, exchange: Exchange) -> Iterable[ClaimResult]:
        if exchange.style not in self.styles or (self.never and not self.timeline.exact):
            return ()
        at_ns, to_ns = self.where(exchange)
        return self.settle(self.wrong(exchange), exchange.caller, at_ns, exchange.style, to_ns)

    def wrong(self, exchange: Exchange) -> str | None:
        """None if it holds, the figures that break it if not, "" if this trial cannot tell."""
        raise NotImplementedError

    def where(self, exchange: Exchange) -> tuple[int, int | None]:
        """Where to look, from when to when: from the question to the answer."""
        return exchange.asked_ns, exchange.answered_ns or exchange.end_ns


def not_asleep(exchange: Exchange) -> str | None:
    """What speaks against "asleep until the answer was written, woken by who wrote it"; None if nothing does.

    Being ready counts for neither side: how soon a thread gets a core is not its own doing, and differs with the load.
    """
    asleep = exchange.spent("blocked", exchange.asked_ns, exchange.answered_ns)
    running = exchange.spent("running", exchange.asked_ns, exchange.answered_ns)
    last = exchange.longest()
    if last is None or asleep < ASLEEP_SHARE * (asleep + running):
        return f"asleep for {asleep / MS:.1f} ms, on a core for {running / MS:.1f} ms"
    if last.to_ns + last.to_error_ns < exchange.answered_ns:
        return f"woken {(exchange.answered_ns - last.to_ns) / MS:.1f} ms before the answer was written"
    if exchange.exact_wakes and last.woken_by is not None and last.woken_by not in exchange.replies:
        return f"woken by task {last.woken_by}, not by the peer"
    return None


def other_reason(exchange: Exchange, reason: WaitsFor) -> str | None:
    """What the longest sleep was for if it was not this; "" if nobody could see it, None if it was this."""
    last = exchange.longest()
    if last is None or last.waits_for is None:
        return ""
    return None if last.waits_for == reason else f"it slept for {last.waits_for}"


class Asleep(Each):
    """Blocking recv: the caller sleeps, for the socket, until the peer writes; the peer's write wakes it."""

    name, styles = "asleep", ("blocking",)

    def wrong(self, exchange: Exchange) -> str | None:
        return not_asleep(exchange) or other_reason(exchange, "socket") or None


class SpinAwake(Each):
    """Asking all the time: while there is no data the caller does not sleep once."""

    name, styles, never = "spin_awake", ("spin",), True

    def wrong(self, exchange: Exchange) -> str | None:
        sleeps = exchange.sleeps(exchange.asked_ns, exchange.answered_ns)
        return f"{len(sleeps)} sleeps" if sleeps else None


class SpinAsks(Each):
    """Asking all the time: more than ten EAGAINs for every millisecond on a core, so that it does little else there."""

    name, styles = "spin_asks", ("spin",)

    def wrong(self, exchange: Exchange) -> str | None:
        on_core_ms = exchange.spent("running") / MS
        asked = exchange.count or 0
        return None if asked > ASKS_PER_MS * on_core_ms > 0 else f"{asked} EAGAINs in {on_core_ms:.0f} ms on a core"


class EpollAsleep(Each):
    """epoll: the thread sleeps too, in epoll_wait instead of recv."""

    name, styles = "epoll_asleep", ("epoll",)

    def wrong(self, exchange: Exchange) -> str | None:
        return not_asleep(exchange) or other_reason(exchange, "poll")


class TimeoutPolls(Each):
    """A recv with a timeout waits in poll(), not in recv."""

    name, styles = "timeout_polls", ("timeout",)

    def wrong(self, exchange: Exchange) -> str | None:
        return not_asleep(exchange) or other_reason(exchange, "poll")


class NobodyWakes(Each):
    """After EAGAIN nobody is waiting for the answer: when the peer writes it, the caller is not woken.

    Either the author of its wake-up was heard, or it sleeps on although the peer, after its write, has ended.
    """

    name, styles = "nobody_wakes", ("nap",)

    def wrong(self, exchange: Exchange) -> str | None:
        sleeps = exchange.sleeps()
        woken = [span for span in sleeps if span.woken_by in exchange.replies]
        if woken:
            return f"the peer woke it {len(woken)} times"
        over = next(
            (span for span in sleeps if span.from_ns < exchange.answered_ns < span.to_ns - span.to_error_ns), None
        )
        if over is None:
            return ""  # the answer did not come while it slept
        slept_on = over.to_ns - over.to_error_ns > exchange.gone_ns
        return None if slept_on or over.woken_by is not None else ""

    def where(self, exchange: Exchange) -> tuple[int, int | None]:
        return exchange.answered_ns, None


class NapCheap(Each):
    """Asking now and then costs next to no CPU time: polling is not busy-waiting."""

    name, styles = "nap_cheap", ("nap",)

    def wrong(self, exchange: Exchange) -> str | None:
        share = exchange.spent("running") / max(1, exchange.end_ns - exchange.from_ns)
        return None if share <= CHEAP_SHARE else f"on a core for {100 * share:.0f} % of the wait"


class HandleFirst(Each):
    """An asynchronous call returns before the peer has answered."""

    name, styles = "handle_first", ("handle",)

    def wrong(self, exchange: Exchange) -> str | None:
        late_ns = exchange.returned_ns - exchange.answered_ns
        return None if late_ns < 0 else f"it returned {late_ns / MS:.1f} ms after the answer"

    def where(self, exchange: Exchange) -> tuple[int, int | None]:
        return exchange.returned_ns, None


class HelperAsleep(Each):
    """Somebody does fetch: while the caller works, the pool's thread sleeps in the same recv until the answer."""

    name, styles = "helper_asleep", ("handle",)

    def wrong(self, exchange: Exchange) -> str | None:
        found = exchange.others_at(exchange.answered_ns - BEFORE_NS)
        asleep = next((span for span in found if span.state == "blocked"), None)
        if asleep is None and any(span.state == "running" for span in found):
            return "the pool's thread was on a core"
        if asleep is None:
            return ""  # it was ready, and had not come so far as to sleep in recv
        if asleep.waits_for in ("socket", None) or asleep.woken_by in exchange.replies or asleep.length_ns > GIL_NS:
            return None
        return "" if asleep.waits_for == "gil" else f"it slept for {asleep.waits_for}"


class ThreeSleeps(Each):
    """One thread waits for three sockets in at most three sleeps."""

    name, styles, never = "three_sleeps", ("three", "awaited"), True

    def wrong(self, exchange: Exchange) -> str | None:
        sleeps = [
            each for each in exchange.sleeps(exchange.asked_ns, exchange.end_ns) if each.waits_for in ("poll", None)
        ]
        return None if len(sleeps) <= len(exchange.replies) else f"{len(sleeps)} sleeps"


class ThreeSlowest(Each):
    """One thread that waits for three sockets at once needs as long as the slowest peer, not as long as all together.

    Asserted so that it holds on a loaded machine: the thread's time asleep and on a core, from the call to the last
    answer, is nearer to the slowest than to the sum. How soon it gets a core to ask the next peer, or a peer one to
    read the question, is not the waiting's doing.
    """

    name, styles = "three_slowest", ("three", "awaited")

    def wrong(self, exchange: Exchange) -> str | None:
        call = exchange.from_ns, exchange.answered_ns
        total = exchange.spent("blocked", *call) + exchange.spent("running", *call)
        waits = [reply.answers_ns - reply.woken_ns for reply in exchange.replies.values()]
        slowest, together = max(waits), sum(waits)
        if 2 * total < slowest + together:
            return None
        return f"{total / MS:.0f} ms; the slowest took {slowest / MS:.0f} ms, all together {together / MS:.0f} ms"


class TurnsSum(Each):
    """Asking one after the other needs as long as all peers together."""

    name, styles = "turns_sum", ("turns",)

    def wrong(self, exchange: Exchange) -> str | None:
        total, together = exchange.end_ns - exchange.from_ns, sum(exchange.waits_ns)
        return None if total >= together else f"{total / MS:.0f} ms; all together {together / MS:.0f} ms"


class CachedAwake(Each):
    """Reading what is in the cache: not one sleep."""

    name, styles, never = "cached_awake", ("cached",), True

    def wrong(self, exchange: Exchange) -> str | None:
        sleeps = exchange.sleeps()
        return f"{len(sleeps)} sleeps" if sleeps else None


class ColdSleeps(Exchanges):
    """Reading what is not in the cache. Counted: how many of the reads slept; some file systems never do."""

    def exchanged(self, exchange: Exchange) -> Iterable[ClaimResult]:
        if exchange.style != "cold":
            return
        sleeps = [each for each in exchange.sleeps() if each.waits_for in ("disk", None)]
        count = min(len(sleeps), PIECES)
        at_ns = sleeps[0].from_ns if sleeps else exchange.from_ns
        holds, reason = count * 2 > PIECES, f"{count} of {PIECES} reads slept"
        yield from counted_verdict(
            "cold_sleeps", count, PIECES, holds=holds, reason=reason, task=exchange.caller, at_ns=at_ns
        )


class Figures(Exchanges):
    """The numbers that the text shows: of each trial, and by the name of its style."""

    def exchanged(self, exchange: Exchange) -> Iterable[ClaimResult]:
        wall_ns = exchange.end_ns - exchange.from_ns
        figures = [
            ValueMeasured("wall_ms", wall_ns / MS, "ms", exchange.number),
            ValueMeasured("asleep_ms", exchange.spent("blocked") / MS, "ms", exchange.number),
            ValueMeasured("running_ms", exchange.spent("running") / MS, "ms", exchange.number),
            ValueMeasured("ready_ms", exchange.spent("ready") / MS, "ms", exchange.number),
            ValueMeasured("sleeps", len(exchange.sleeps()), "count", exchange.number),
            ValueMeasured("running_share", 100 * exchange.running_share, "percent", exchange.number),
            *self._more(exchange, wall_ns),
        ]
        yield from figures
        yield from (ValueMeasured(f"{exchange.style}_{each.name}", each.value, each.unit) for each in figures)

    def _more(self, exchange: Exchange, wall_ns: int) -> Iterable[ValueMeasured]:
        number = exchange.number
        if exchange.replies:
            yield ValueMeasured("slowest_ms", max(exchange.waits_ns) / MS, "ms", number)
            yield ValueMeasured("together_ms", sum(exchange.waits_ns) / MS, "ms", number)
            yield ValueMeasured("late_ms", (exchange.end_ns - exchange.answered_ns) / MS, "ms", number)
        if exchange.style in ("nap", "handle"):
            yield ValueMeasured("returned_us", (exchange.returned_ns - exchange.from_ns) / 1000, "us", number)
        if exchange.style in ("spin", "nap"):
            yield ValueMeasured("refused", exchange.count or 0, "count", number)
        if exchange.style in ("cold", "cached"):
            yield ValueMeasured("read_us", wall_ns / 1000 / PIECES, "us", number)
