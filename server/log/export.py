"""A run's log in other people's formats: the recording, and Chrome trace events; it reads entries and opens no file.

The trace follows the Trace Event Format (JSON object form), which Perfetto and chrome://tracing open. Times are
microseconds of the run with three decimals, so nothing of the nanoseconds is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import events
from ..events import (
    CallReturned,
    CallStarted,
    ClaimBroken,
    ClaimHeld,
    Entry,
    Fact,
    Output,
    PipeFilled,
    RunStarted,
    SignalSent,
    Step,
    TaskBorn,
    TaskDied,
    TaskReaped,
    TaskRenamed,
    TaskState,
    TrialEnded,
    TrialStarted,
    ValueMeasured,
)
from . import seals
from .timeline import Span, Task, Timeline, cpus, on_core, read

Event = dict[str, Any]
_TASKS, _CORES = 900_000, 1_000_000  # "processes" of the trace; a core is "thread" _CORES + 1 + its number
_RUN = 1_000_000_000  # "thread" of what concerns no task; task n is thread n


def ndjson(entries: Iterable[Entry], epoch: int = 1, gzip: bool = False) -> bytes:
    """The log in the format of the archive: NDJSON with seals, compressed if asked for."""
    data = seals.seal_all((events.encode(entry) for entry in entries), epoch)
    return seals.compress(data) if gzip else data


def chrome_trace(entries: Iterable[Entry]) -> bytes:
    """The log as one JSON object of Chrome trace events: a track per task and per core, an arrow per wake-up."""
    ordered = sorted(entries, key=lambda entry: entry.t_ns)  # stable: by (t_ns, position)
    timeline = read(ordered)
    trace = _Trace()
    for entry in ordered:
        trace.add(entry)
    trace.tasks(timeline)
    trace.cores(timeline)
    return json.dumps(
        {"traceEvents": [*_names(timeline), *trace.events], "displayTimeUnit": "ns", "otherData": trace.about},
        separators=(",", ":"), allow_nan=False,
    ).encode("ascii")  # fmt: skip


def _us(t_ns: int) -> float:
    return round(t_ns / 1000, 3)


@dataclass(slots=True)
class _Trace:
    """Trace events of one log: marks, calls and counters entry by entry, slices and arrows from its timeline."""

    events: list[Event] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    _spans: dict[str, str] = field(default_factory=dict)
    _arrows: int = 0

    def tasks(self, timeline: Timeline) -> None:
        """A slice for each span of a task, and an arrow from whoever woke it."""
        for task in timeline.tasks.values():
            for span in task.spans_until(timeline.end_ns):
                self._state(span)
                by = _waker(span)
                if by is not None and by in timeline.tasks and timeline.tasks[by].at(span.from_ns):
                    self._arrow(span.from_ns, by, task.number)

    def _state(self, span: Span) -> None:
        name = f"{span.state}: {span.waits_for}" if span.waits_for else span.state
        args = {**events.to_dict(span.entry)["fact"], "source": span.entry.source} if span.entry else {}
        for drop in ("kind", "task", "state"):
            args.pop(drop, None)
        self._slice(_TASKS, span.task, "state", name, (span.from_ns, span.to_ns), args)

    def cores(self, timeline: Timeline) -> None:
        """A slice for each stay on a core, until the task leaves it or another one is on it."""
        for cpu in cpus(timeline.tasks.values()):
            spans = on_core(timeline.tasks.values(), cpu)
            for span, after in zip(spans, [*spans[1:], None], strict=True):
                to_ns = min(span.to_ns, timeline.end_ns if after is None else after.from_ns)
                task = timeline.tasks[span.task]
                self._slice(_CORES, _CORES + 1 + cpu, "core", _label(task), (span.from_ns, to_ns), {"task": span.task})

    def _arrow(self, t_ns: int, by: int, to: int) -> None:
        self._arrows += 1
        shared = {"name": "wakes", "cat": "wake", "id": self._arrows, "ts": _us(t_ns), "pid": _TASKS}
        self.events += ({**shared, "ph": "s", "tid": by}, {**shared, "ph": "f", "bp": "e", "tid": to})

    def add(self, entry: Entry) -> None:
        """What is neither birth, name nor state: a slice, a counter or a mark."""
        t_ns = entry.t_ns
        match entry.fact:
            case RunStarted() as fact:
                self.about = {**events.to_dict(entry)["fact"]}
                self._instant(t_ns, _RUN, f"run {fact.lesson}", {})
            case TaskBorn() | TaskRenamed() | TaskState():
                pass  # the timeline has them
            case TaskReaped() as fact:
                self._instant(t_ns, fact.task, "reaped", {})
            case TaskDied() as fact:
                how = f"exit {fact.code}" if fact.signal is None else f"killed by signal {fact.signal}"
                self._instant(t_ns, fact.task, how, {})
            case _:
                self._instant_event(t_ns, entry.fact)

    def _instant_event(self, t_ns: int, fact: Fact) -> None:
        """What concerns no task's life: a slice, a counter or a mark."""
        match fact:
            case TrialStarted():
                self._begin(t_ns, f"trial{fact.trial}", f"trial {fact.trial}", _RUN, fact.params)
            case TrialEnded():
                self._span("e", t_ns, f"trial{fact.trial}", _RUN, {})
            case CallStarted():
                self._begin(t_ns, f"call{fact.call}", fact.style, fact.task, {})
            case CallReturned():
                self._span("e", t_ns, f"call{fact.call}", fact.task, {"result": fact.result})
            case PipeFilled():
                name = f"pipe {fact.pipe}" if fact.pipe else "pipe"
                values = {"bytes": fact.bytes, "free": fact.capacity - fact.bytes}
                self.events.append({"ph": "C", "name": name, "ts": _us(t_ns), "pid": _TASKS, "args": values})
            case Step() | Output():
                name = fact.label if isinstance(fact, Step) else fact.stream
                self._instant(t_ns, fact.task, name, {"text": fact.text} if isinstance(fact, Output) else {})
            case ValueMeasured():
                name = fact.key
                self.about.setdefault("values", {})[name] = f"{fact.value:g} {fact.unit}"
            case SignalSent():
                self._instant(t_ns, fact.to, f"signal {fact.signal}", {"by": fact.by})
            case ClaimHeld() | ClaimBroken():
                self._instant(t_ns, _RUN, f"{fact.kind}: {fact.claim}", {"count": fact.count, "of": fact.of})
            case _:
                said = events.to_dict(Entry(t_ns, "told", fact))["fact"]
                self._instant(t_ns, said.get("task", _RUN), said.pop("kind"), said)

    def _begin(self, t_ns: int, id: str, name: str, tid: int, args: Mapping[str, Any]) -> None:
        self._spans[id] = name
        self._span("b", t_ns, id, tid, args)

    def _span(self, phase: str, t_ns: int, id: str, tid: int, args: Mapping[str, Any]) -> None:
        """Beginning and end are matched by id, category and name; a local id makes it a track of its process."""
        shared = {"cat": id.rstrip("0123456789"), "name": self._spans.get(id, id), "id2": {"local": id}}
        where = {"ph": phase, "ts": _us(t_ns), "pid": _TASKS, "tid": tid}
        self.events.append({**shared, **where, "args": dict(args)})

    def _instant(self, t_ns: int, tid: int, name: str, args: Mapping[str, Any]) -> None:
        self.events.append(
            {"ph": "i", "s": "t", "name": name, "ts": _us(t_ns), "pid": _TASKS, "tid": tid, "args": dict(args)}
        )

    def _slice(
        self, pid: int, tid: int, cat: str, name: str, span_ns: tuple[int, int], args: Mapping[str, Any]
    ) -> None:
        ts, dur = _us(span_ns[0]), _us(span_ns[1] - span_ns[0])
        self.events.append(
            {"ph": "X", "cat": cat, "name": name, "ts": ts, "dur": dur, "pid": pid, "tid": tid, "args": dict(args)}
        )


def _waker(span: Span) -> int | None:
    fact = span.entry.fact if span.entry else None
    woken = isinstance(fact, TaskState) and fact.state == "ready" and fact.cause == "woken"
    return fact.by if woken and isinstance(fact, TaskState) else None


def _label(task: Task) -> str:
    return f"{task.name} ({task.born.type} {task.born.tid})" if task.born else task.name


def _names(timeline: Timeline) -> Iterator[Event]:
    """Metadata: what the tracks are called, and their order."""
    for pid, name in ((_CORES, "Cores"), (_TASKS, "Tasks")):
        yield _meta("process_name", pid, 0, name=name)
        yield _meta("process_sort_index", pid, 0, sort_index=int(pid != _CORES))
    for cpu in cpus(timeline.tasks.values()):
        yield _meta("thread_name", _CORES, _CORES + 1 + cpu, name=f"CPU {cpu}")
        yield _meta("thread_sort_index", _CORES, _CORES + 1 + cpu, sort_index=cpu)
    yield _meta("thread_name", _TASKS, _RUN, name="the run")
    for number, task in timeline.tasks.items():
        yield _meta("thread_name", _TASKS, number, name=_label(task))
        yield _meta("thread_sort_index", _TASKS, number, sort_index=number)


def _meta(what: str, pid: int, tid: int, **args: object) -> Event:
    return {"ph": "M", "name": what, "pid": pid, "tid": tid, "args": args}
