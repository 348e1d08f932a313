"""One task of a log on the timeline: its spans by state and core, its names, steps, birth and end; ns of the run.

Facts are ordered by (t_ns, position), whenever they were heard. Standard library only, as :mod:`.timeline`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from ..events import Cause, Entry, State, Step, TaskBorn, TaskState, WaitsFor

OPEN_NS = 1 << 62  # the end of a span that has not ended: after every instant

Edge = tuple[int, int, Entry]  # t_ns, position, an entry with TaskState or TaskReaped
_begin = attrgetter("from_ns")


class Span(NamedTuple):
    """One task in one state, from an edge to the next one of the task."""

    from_ns: int
    to_ns: int  # OPEN_NS while it lasts
    task: int = 0
    state: State = "running"
    cause: Cause = "dispatched"  # why it entered the state
    cpu: int | None = None  # of a running one: the core
    waits_for: WaitsFor | None = None  # of a blocked one: the reason, if it is known
    from_error_ns: int = 0  # how far its beginning may be off
    to_error_ns: int = 0  # … and its end
    woken_by: int | None = None  # of a blocked one: the task that ended it (TaskState.by), if it was heard
    entry: Entry | None = None  # the edge it began with

    @property
    def length_ns(self) -> int:
        """How long it lasts."""
        return self.to_ns - self.from_ns

    def within(self, from_ns: int, to_ns: int) -> int:
        """How much of it lies between two instants."""
        return max(0, min(self.to_ns, to_ns) - max(self.from_ns, from_ns))


@dataclass(slots=True)
class Task:
    """One process or thread, from its birth to its reaping."""

    number: int
    born: TaskBorn | None = None  # None: states of it were heard, its birth was not (yet)
    born_ns: int | None = None
    died_ns: int | None = None  # task.died …
    code: int | None = None  # … with its exit status
    signal: int | None = None  # … or the signal that ended it
    reaped_ns: int | None = None
    steps: list[tuple[int, int, Step]] = field(default_factory=list)  # t_ns, position, what it said
    allowed: list[tuple[int, list[int]]] = field(default_factory=list)  # from when on it may use which cores, as told
    _edges: list[Edge] = field(default_factory=list)
    _spans: list[Span] = field(default_factory=list)
    _spanned: int = 0  # so many edges have become spans
    _zombie_ns: int | None = None  # when it became a zombie first
    _names: list[tuple[int, int, str]] = field(default_factory=list)  # t_ns, position, name

    @property
    def name(self) -> str:
        """Its newest name, "#n" as long as it has none."""
        return self._names[-1][2] if self._names else f"#{self.number}"

    @property
    def spans(self) -> list[Span]:
        """Its spans in order; the last one may be open. Made when they are asked for: while a run goes on, hardly any
        edge is looked at alone."""
        if self._spanned < len(self._edges):
            first = max(0, self._spanned - 1)  # the edge that the open one began with
            if self._spans and self._spans[-1].to_ns == OPEN_NS:
                self._spans.pop()
            elif self._spanned:
                first += 1
            self._spans += [_span(each, after) for each, after in _pairs(self._edges[first:]) if _is_state(each)]
            self._spanned = len(self._edges)
        return self._spans

    @property
    def role(self) -> str | None:
        """What it is in the lesson."""
        return self.born.role if self.born else None

    @property
    def now(self) -> Span | None:
        """The span that lasts; None before the first and once it is reaped."""
        return self.spans[-1] if self.spans and self.spans[-1].to_ns == OPEN_NS else None

    @property
    def state(self) -> State:
        """Its newest state: "ready" before the first, "zombie" also when it is reaped."""
        return self.spans[-1].state if self.spans else "ready"

    @property
    def since_ns(self) -> int:
        """Since when it is in it; 0 before the first."""
        return self.spans[-1].from_ns if self.spans else 0

    def asleep(self, reason: WaitsFor, back: int = 1) -> bool:
        """Whether its newest span (``back`` 2: the one before, …) is a sleep for this reason."""
        span = self.spans[-back] if len(self.spans) >= back else None
        return span is not None and span.state == "blocked" and span.waits_for == reason

    @property
    def ended_ns(self) -> int | None:
        """When it became a zombie, or else died; None while it lives."""
        return self.died_ns if self._zombie_ns is None else self._zombie_ns

    def spans_until(self, end_ns: int) -> list[Span]:
        """Its spans, the open one cut off at an instant."""
        open_span = self.now
        return self.spans if open_span is None else [*self.spans[:-1], open_span._replace(to_ns=end_ns)]

    def spans_between(self, from_ns: int, to_ns: int, end_ns: int) -> list[Span]:
        """Those of :meth:`spans_until` an instant that have something in common with ``from_ns … to_ns``, whole."""
        spans = self.spans
        first = max(0, bisect_right(spans, from_ns, key=_begin) - 1)
        found = spans[first : bisect_left(spans, to_ns, key=_begin)]
        if found and found[-1].to_ns == OPEN_NS:
            found[-1] = found[-1]._replace(to_ns=end_ns)
        return [span for span in found if span.to_ns > from_ns]

    def spans_begun(self, from_ns: int, to_ns: int) -> list[Span]:
        """Those that began in ``from_ns … to_ns``, the latter not included."""
        spans = self.spans
        return spans[bisect_left(spans, from_ns, key=_begin) : bisect_left(spans, to_ns, key=_begin)]

    def next_on_core(self, cpu: int, from_ns: int) -> Span | None:
        """Its first stay on a core that began at an instant or later."""
        spans = self.spans
        later = islice(spans, bisect_left(spans, from_ns, key=_begin), None)
        return next((span for span in later if span.cpu == cpu), None)

    def at(self, t_ns: int) -> Span | None:
        """The span it is in at an instant."""
        spans = self.spans
        index = bisect_right(spans, t_ns, key=_begin) - 1
        return spans[index] if index >= 0 and t_ns < spans[index].to_ns else None

    def closed_at(self, t_ns: int) -> list[Span]:
        """The spans that are over and begin or end at an instant: what an edge of that instant has settled."""
        spans = self.spans
        near = spans[max(0, bisect_left(spans, t_ns, key=_begin) - 1) : bisect_right(spans, t_ns, key=_begin)]
        return [span for span in near if span.to_ns < OPEN_NS and t_ns in (span.from_ns, span.to_ns)]

    def total_ns(self, state: State, from_ns: int, to_ns: int) -> int:
        """Time it spent in a state between two instants."""
        spans = self.spans_between(from_ns, to_ns, OPEN_NS)
        return sum(span.within(from_ns, to_ns) for span in spans if span.state == state)

    def first_step_ns(self, label: str | None = None) -> int | None:
        """When it first said that it is at a step (None: at any)."""
        return next((t_ns for t_ns, _, step in self.steps if label in (None, step.label)), None)

    def add_edge(self, t_ns: int, position: int, entry: Entry) -> None:
        """A change of its state, or its reaping, heard in whatever order."""
        edges, edge = self._edges, (t_ns, position, entry)
        if edges and edges[-1] > edge:  # late: it cuts a span that was known
            insort(edges, edge)
            self._spans, self._spanned = [], 0
        else:
            edges.append(edge)
        if _enters_zombie(entry) and (self._zombie_ns is None or t_ns < self._zombie_ns):
            self._zombie_ns = t_ns

    def add_name(self, t_ns: int, position: int, name: str) -> None:
        """A name that it has from an instant on, heard in whatever order."""
        insort(self._names, (t_ns, position, name))


def _is_state(edge: Edge) -> bool:
    return isinstance(edge[2].fact, TaskState)


def _enters_zombie(entry: Entry) -> bool:
    return isinstance(entry.fact, TaskState) and entry.fact.state == "zombie"


def _pairs(edges: list[Edge]) -> Iterator[tuple[Edge, Edge | None]]:
    return zip(edges, [*edges[1:], None], strict=True)


def _span(edge: Edge, after: Edge | None) -> Span:
    from_ns, _, entry = edge
    fact = entry.fact
    assert isinstance(fact, TaskState)
    to_ns, to_error_ns, woken_by = OPEN_NS, 0, None
    if after is not None:
        to_ns, end = after[0], after[2].fact
        if isinstance(end, TaskState):
            to_error_ns, woken_by = end.error_ns or 0, end.by
    cpu = fact.cpu if fact.state == "running" else None
    return Span(
        from_ns, to_ns, fact.task, fact.state, fact.cause, cpu, fact.waits_for, fact.error_ns or 0, to_error_ns,
        woken_by, entry,
    )  # fmt: skip


def cpus(tasks: Iterable[Task]) -> list[int]:
    """The cores the tasks ran on."""
    return sorted({span.cpu for task in tasks for span in task.spans if span.cpu is not None})


def on_core(tasks: Iterable[Task], cpu: int) -> list[Span]:
    """Who ran on a core, in order."""
    return sorted((span for task in tasks for span in task.spans if span.cpu == cpu), key=_begin)


def next_on_core(tasks: Iterable[Task], cpu: int, from_ns: int) -> Span | None:
    """The first of :func:`on_core` that began at an instant or later."""
    after = (span for task in tasks if (span := task.next_on_core(cpu, from_ns)) is not None)
    return min(after, key=_begin, default=None)
