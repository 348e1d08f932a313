"""What this lesson claims, each a fold over the log of one run, and what it measures; it draws and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ...events import ClaimBroken, ClaimHeld, ValueMeasured, WaitsFor
from ...lesson import Verdict
from .readings import Reading, Trial

MS = 1_000_000
ASLEEP_SHARE = 0.9  # of the time on a core or asleep: from here on the lesson says that the caller slept through it
CHEAP_SHARE = 0.1  # CPU time of a caller that naps between its questions, of the whole wait
BEFORE_NS = 100_000  # so long before the peer states that it answers, nobody has been woken by it yet
GIL_NS = 20 * MS  # who waits for the GIL looks again every 5 ms: a longer sleep is none of that kind
PIECES = 32  # reads of the file, as experiment.PIECES


class Each(Reading):
    """A claim about the trials of some styles: held if it held in all of them, settled by the first that breaks it."""

    name: ClassVar[str]
    styles: ClassVar[tuple[str, ...]]

    def __init__(self, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        self._settled: str | None = None

    def over(self, trial: Trial) -> Iterable[Verdict]:
        if trial.style not in self.styles or self._settled == "broken":
            return
        wrong, at_ns = self.wrong(trial), self.where(trial)
        if wrong is None and self._settled is None:
            self._settled = "held"
            yield ClaimHeld(self.name, task=trial.caller, at_ns=at_ns)
        elif wrong:
            self._settled = "broken"
            yield ClaimBroken(self.name, f"{trial.style}: {wrong}", task=trial.caller, at_ns=at_ns)

    def wrong(self, trial: Trial) -> str | None:
        """None if it holds, the figures that break it if not, "" if this trial cannot tell."""
        raise NotImplementedError

    def where(self, trial: Trial) -> int:
        """Where to look: half-way to the answer."""
        return (trial.from_ns + (trial.answered_ns or trial.end_ns)) // 2


def not_asleep(trial: Trial) -> str | None:
    """What speaks against "asleep until the answer was written, woken by who wrote it"; None if nothing does.

    Being ready counts for neither side: how soon a thread gets a core is not its own doing, and differs with the load.
    """
    asleep = trial.spent("blocked", trial.asked_ns, trial.answered_ns)
    running = trial.spent("running", trial.asked_ns, trial.answered_ns)
    last = trial.longest()
    if last is None or asleep < ASLEEP_SHARE * (asleep + running):
        return f"asleep for {asleep / MS:.1f} ms, on a core for {running / MS:.1f} ms"
    if last.to_ns + last.error_ns < trial.answered_ns:
        return f"woken {(trial.answered_ns - last.to_ns) / MS:.1f} ms before the answer was written"
    if trial.exact_wakes and last.by is not None and last.by not in trial.replies:
        return f"woken by task {last.by}, not by the peer"
    return None


def other_reason(trial: Trial, reason: WaitsFor) -> str | None:
    """What the longest sleep was for if it was not this; "" if nobody could see it, None if it was this."""
    last = trial.longest()
    if last is None or last.waits_for is None:
        return ""
    return None if last.waits_for == reason else f"it slept for {last.waits_for}"


class Asleep(Each):
    """Blocking recv: the caller sleeps, for the socket, until the peer writes; the peer's write wakes it."""

    name, styles = "asleep", ("blocking",)

    def wrong(self, trial: Trial) -> str | None:
        return not_asleep(trial) or other_reason(trial, "socket") or None


class SpinAwake(Each):
    """Asking all the time: while there is no data the caller does not sleep once."""

    name, styles = "spin_awake", ("spin",)

    def wrong(self, trial: Trial) -> str | None:
        sleeps = trial.sleeps(trial.asked_ns, trial.answered_ns)
        return f"{len(sleeps)} sleeps" if sleeps else None


class SpinAsks(Each):
    """Asking all the time: more EAGAINs than the wait has milliseconds."""

    name, styles = "spin_asks", ("spin",)

    def wrong(self, trial: Trial) -> str | None:
        wait_ms = (trial.end_ns - trial.from_ns) / MS
        return None if (trial.count or 0) > wait_ms else f"{trial.count} EAGAINs in {wait_ms:.0f} ms"


class EpollAsleep(Each):
    """epoll: the thread sleeps too, in epoll_wait instead of recv."""

    name, styles = "epoll_asleep", ("epoll",)

    def wrong(self, trial: Trial) -> str | None:
        return not_asleep(trial) or other_reason(trial, "poll")


class TimeoutPolls(Each):
    """A recv with a timeout waits in poll(), not in recv."""

    name, styles = "timeout_polls", ("timeout",)

    def wrong(self, trial: Trial) -> str | None:
        return not_asleep(trial) or other_reason(trial, "poll")


class NobodyWakes(Each):
    """After EAGAIN nobody is waiting for the answer: when the peer writes it, the caller is not woken.

    Either the author of its wake-up was heard, or it sleeps on although the peer, after its write, has ended.
    """

    name, styles = "nobody_wakes", ("nap",)

    def wrong(self, trial: Trial) -> str | None:
        sleeps = trial.sleeps()
        woken = [span for span in sleeps if span.by in trial.replies]
        if woken:
            return f"the peer woke it {len(woken)} times"
        over = next((span for span in sleeps if span.from_ns < trial.answered_ns < span.to_ns - span.error_ns), None)
        if over is None:
            return ""  # the answer did not come while it slept
        slept_on = over.to_ns - over.error_ns > trial.gone_ns
        return None if slept_on or over.by is not None else ""

    def where(self, trial: Trial) -> int:
        return trial.answered_ns


class NapCheap(Each):
    """Asking now and then costs next to no CPU time: polling is not busy-waiting."""

    name, styles = "nap_cheap", ("nap",)

    def wrong(self, trial: Trial) -> str | None:
        share = trial.spent("running") / max(1, trial.end_ns - trial.from_ns)
        return None if share <= CHEAP_SHARE else f"on a core for {100 * share:.0f} % of the wait"


class HandleFirst(Each):
    """An asynchronous call returns before the peer has answered."""

    name, styles = "handle_first", ("handle",)

    def wrong(self, trial: Trial) -> str | None:
        late_ns = trial.returned_ns - trial.answered_ns
        return None if late_ns < 0 else f"it returned {late_ns / MS:.1f} ms after the answer"

    def where(self, trial: Trial) -> int:
        return trial.returned_ns


class HelperAsleep(Each):
    """Somebody does fetch: while the caller works, the pool's thread sleeps in the same recv until the answer."""

    name, styles = "helper_asleep", ("handle",)

    def wrong(self, trial: Trial) -> str | None:
        before = trial.answered_ns - BEFORE_NS
        others = (spans for task, spans in trial.spans.items() if task != trial.caller and task not in trial.replies)
        found = [s for spans in others for s in spans if s.from_ns <= before < s.to_ns + s.error_ns]
        asleep = next((span for span in found if span.state == "blocked"), None)
        if asleep is None and any(span.state == "running" for span in found):
            return "the pool's thread was on a core"
        if asleep is None:
            return ""  # it was ready, and had not come so far as to sleep in recv
        if asleep.waits_for in ("socket", None) or asleep.by in trial.replies or asleep.to_ns - asleep.from_ns > GIL_NS:
            return None
        return "" if asleep.waits_for == "gil" else f"it slept for {asleep.waits_for}"


class ThreeSleeps(Each):
    """One thread waits for three sockets in at most three sleeps."""

    name, styles = "three_sleeps", ("three", "awaited")

    def wrong(self, trial: Trial) -> str | None:
        sleeps = [each for each in trial.sleeps(trial.asked_ns, trial.end_ns) if each.waits_for in ("poll", None)]
        return None if len(sleeps) <= len(trial.replies) else f"{len(sleeps)} sleeps"


class ThreeSlowest(Each):
    """One thread that waits for three sockets at once needs as long as the slowest peer, not as long as all together.

    Asserted so that it holds on a loaded machine: the time from the first question to the last answer is nearer to the
    slowest than to the sum. How soon the thread gets a core before and after is not the waiting's doing.
    """

    name, styles = "three_slowest", ("three", "awaited")

    def wrong(self, trial: Trial) -> str | None:
        total, slowest, together = trial.answered_ns - trial.asked_ns, max(trial.waits_ns), sum(trial.waits_ns)
        if 2 * total < slowest + together:
            return None
        return f"{total / MS:.0f} ms; the slowest took {slowest / MS:.0f} ms, all together {together / MS:.0f} ms"


class TurnsSum(Each):
    """Asking one after the other needs as long as all peers together."""

    name, styles = "turns_sum", ("turns",)

    def wrong(self, trial: Trial) -> str | None:
        total, together = trial.end_ns - trial.from_ns, sum(trial.waits_ns)
        return None if total >= together else f"{total / MS:.0f} ms; all together {together / MS:.0f} ms"


class CachedAwake(Each):
    """Reading what is in the cache: not one sleep."""

    name, styles = "cached_awake", ("cached",)

    def wrong(self, trial: Trial) -> str | None:
        sleeps = trial.sleeps()
        return f"{len(sleeps)} sleeps" if sleeps else None


class ColdSleeps(Reading):
    """Reading what is not in the cache. Counted: how many of the reads slept; some file systems never do."""

    def over(self, trial: Trial) -> Iterable[Verdict]:
        if trial.style != "cold":
            return
        sleeps = [each for each in trial.sleeps() if each.waits_for in ("disk", None)]
        count = min(len(sleeps), PIECES)
        at_ns = sleeps[0].from_ns if sleeps else trial.from_ns
        if count * 2 > PIECES:
            yield ClaimHeld("cold_sleeps", count=count, of=PIECES, task=trial.caller, at_ns=at_ns)
        else:
            reason = f"{count} of {PIECES} reads slept"
            yield ClaimBroken("cold_sleeps", reason, count=count, of=PIECES, task=trial.caller, at_ns=at_ns)


class Figures(Reading):
    """The numbers that the text shows: of each trial, and by the name of its style."""

    def over(self, trial: Trial) -> Iterable[Verdict]:
        wall_ns = trial.end_ns - trial.from_ns
        figures = [
            ValueMeasured("wall_ms", wall_ns / MS, "ms", trial.number),
            ValueMeasured("asleep_ms", trial.spent("blocked") / MS, "ms", trial.number),
            ValueMeasured("running_ms", trial.spent("running") / MS, "ms", trial.number),
            ValueMeasured("ready_ms", trial.spent("ready") / MS, "ms", trial.number),
            ValueMeasured("sleeps", len(trial.sleeps()), "count", trial.number),
            *self._more(trial, wall_ns),
        ]
        yield from figures
        yield from (ValueMeasured(f"{trial.style}_{each.name}", each.value, each.unit) for each in figures)

    def _more(self, trial: Trial, wall_ns: int) -> Iterable[ValueMeasured]:
        number = trial.number
        if trial.replies:
            yield ValueMeasured("slowest_ms", max(trial.waits_ns) / MS, "ms", number)
            yield ValueMeasured("together_ms", sum(trial.waits_ns) / MS, "ms", number)
            yield ValueMeasured("late_ms", (trial.end_ns - trial.answered_ns) / MS, "ms", number)
        if trial.style in ("nap", "handle"):
            yield ValueMeasured("returned_us", (trial.returned_ns - trial.from_ns) / 1000, "us", number)
        if trial.style in ("spin", "nap"):
            yield ValueMeasured("refused", trial.count or 0, "count", number)
        if trial.style in ("cold", "cached"):
            yield ValueMeasured("read_us", wall_ns / 1000 / PIECES, "us", number)
